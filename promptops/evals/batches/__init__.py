"""Calls that a provider answers overnight, at half the price: files of requests, known by an id.

A batch is written to the answer store before its file goes up, again before it is ordered, and once
more with the id that came back. So a run that is killed in between leaves word of what was perhaps
ordered, and nothing is ordered twice unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from promptops.evals import Request
from promptops.evals.keys import canonical

ENDED = ("completed", "failed", "expired", "cancelled")
PREFIX = "batch-"  # of the store's keys: digests, which all others are, hold no `t`


@dataclass(frozen=True, slots=True)
class Status:
    """What the provider says of a batch: counts of requests, ids of its files, what is wrong.

    state: validating, in_progress, finalizing, cancelling, or one of `ENDED`.
    """

    id: str
    state: str
    total: int = 0
    done: int = 0
    failed: int = 0
    output: str = ""
    errors: str = ""
    problem: str = ""

    @property
    def ended(self) -> bool:
        """True once nothing more will come."""
        return self.state in ENDED


class UnsureError(Exception):
    """The order went out and its end was never seen: there may be a batch, and it may cost."""


class UnlistedError(Exception):
    """The provider does not say which batches there are."""


class Desk(Protocol):
    """Where batches are ordered. What cannot be done is a ProviderError.

    version: of the adapter whose live calls these answers stand for.
    """

    version: int

    def body(self, request: Request) -> Mapping[str, Any]:
        """What a live call would send."""
        ...

    async def upload(self, name: str, lines: bytes) -> str:
        """The id of a new file of requests; costs nothing."""
        ...

    async def order(self, file: str, name: str) -> Status:
        """Order the batch of a file. UnsureError where it may have been ordered."""
        ...

    async def look(self, batch: str) -> Status:
        """How far a batch is."""
        ...

    async def find(self, file: str) -> Status | None:
        """The batch of a file; None where there is none. UnlistedError where nobody can tell."""
        ...

    async def read(self, file: str) -> bytes:
        """A file as it is."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """What the store keeps of a batch. name: our own; file, batch: the provider's, "" before they
    are known. keys: of the calls in it whose outcome is not known yet."""

    name: str
    provider: str
    model: str
    base_url: str
    keys: tuple[str, ...]
    file: str = ""
    batch: str = ""

    @property
    def service(self) -> tuple[str, str, str]:
        """Who was asked."""
        return self.provider, self.model, self.base_url

    def text(self) -> str:
        """As JSON."""
        names = ("name", "provider", "model", "base_url", "keys", "file", "batch")
        return canonical({name: getattr(self, name) for name in names})


def record_of(text: str) -> Record:
    """The record that `Record.text` wrote."""
    data = json.loads(text)
    return Record(**{**data, "keys": tuple(data["keys"])})
