"""A row of the answer store, what may be wrong with it, and where rows can lie.

A call is leased before it goes out, and a row when its answer is here. Each row has its own digest:
databases pass altered content without complaint. Time is never compared: a lease belongs to a living
owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from promptops.errors import IncompleteError, PromptopsError
from promptops.evals import Answer
from promptops.evals.keys import answer_of, row_digest

DONE = "done"

Row = tuple[str, str, str]  # key, request, answer
Kept = Sequence[str]  # a row as it was read: its digest comes last


class DamagedError(PromptopsError):
    """The store does not hold what was written to it."""

    def __init__(self, what: str, path: str) -> None:
        hint = "`promptops store salvage` moves it aside and keeps every answer whose digest holds"
        super().__init__(f"the answer store is damaged: {what}", hint, path=path)


class StoreError(IncompleteError):
    """The store cannot be written: a full disk, no permission, an input or output error."""

    def __init__(self, what: str, path: str) -> None:
        hint = "every answer acknowledged so far is kept: make room and run the same command again"
        super().__init__(f"cannot write the answer store: {what}", hint, path=path)


class BusyError(StoreError):
    """Somebody else writes to the store just now."""


class NewerError(PromptopsError):
    """The store was written by a version to come."""

    def __init__(self, path: str) -> None:
        super().__init__("the answer store is of a newer promptops", "update it", path=path)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim found. answer: it is there already. mine: nobody else asks, so ask now;
    neither: another run has the call in flight, claim again later."""

    mine: bool = False
    answer: Answer | None = None


class Shelf(Protocol):
    """One database of rows. `known`, `sync` and `complaints` serve any thread; the rest is the writer's.

    path: how messages name it, without a password. owner: our own id in leases. at_once: writing
    takes no time worth speaking of: where it would, since somebody else writes, BusyError is raised,
    and nothing is written.
    """

    path: str
    owner: str
    at_once: bool

    def known(self, keys: Sequence[str]) -> list[Kept]:
        """The rows of these keys."""
        ...

    def put(self, rows: Sequence[Row]) -> None:
        """Write all rows with their digests, or none; they survive this process at its end once this
        returns. Their leases are over."""
        ...

    def sync(self) -> None:
        """What was put before survives the machine's end too, or StoreError. For one thread, any."""
        ...

    def claiming(self) -> AbstractContextManager[None]:
        """Nobody else claims meanwhile. What is done within survives this process at its end."""
        ...

    def patient(self) -> AbstractContextManager[None]:
        """Within, others who write are waited for, up to a minute."""
        ...

    def rows(self, keys: Sequence[str]) -> list[Kept]:
        """The rows of these keys, whoever wrote them just now."""
        ...

    def leases(self, keys: Sequence[str]) -> dict[str, str]:
        """The owner of each key that is leased."""
        ...

    def lease(self, keys: Sequence[str]) -> None:
        """Take leases, those of others too."""
        ...

    def give_back(self, keys: Sequence[str]) -> None:
        """Give up those leases of these keys that are ours."""
        ...

    def alive(self, owner: str) -> bool:
        """True while the owner of that id lives."""
        ...

    def complaints(self) -> AbstractContextManager[None]:
        """What the database complains of, as StoreError or DamagedError."""
        ...

    def close(self) -> None:
        """Give up all leases and connections."""
        ...


def digest_of(key: str, request: str, answer: str) -> str:
    """What a row's digest has to be."""
    return row_digest(key, DONE, "", request, answer)


def whole(row: Kept) -> bool:
    """True if the row is what was written."""
    return digest_of(*row[:3]) == row[3]


def checked(row: Kept, path: str) -> Answer:
    """The answer of a row; DamagedError where the row is not what was written."""
    if not whole(row):
        raise DamagedError(f"the digest of row {row[0][:12]} does not hold", path)
    return answer_of(row[2])
