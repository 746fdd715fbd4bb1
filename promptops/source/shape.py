"""Shapes: one description that reads a YAML node, names every error, and prints its JSON Schema.

A shape reads strictly and goes on after an error, so that all errors of a file come at once. What
the shape calls text is read as text, whatever YAML would make of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from promptops.diagnostic import Finding, Place
from promptops.values import dataclass

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

WRONG = object()  # what `read` gives where there is an error; a caller's default takes its place

NULL = frozenset({"", "~", "null", "Null", "NULL"})
MOST_PROBLEMS = 1000  # of one file: nobody reads more of them at once
MAX_DEPTH = 50  # of nested lists and mappings


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file's form; `kind` is the name of the PO0 check that reports it."""

    kind: str
    finding: Finding


class Log:
    """Where shapes put their problems.

    kept: for each list that lost entries because they were wrong, the indices that are left.
    more: how many problems were left out beyond `MOST_PROBLEMS`.
    """

    __slots__ = ("kept", "more", "problems")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.kept: dict[Place, tuple[int, ...]] = {}
        self.more = 0

    def add(self, kind: str, place: Place, message: str, help: str = "", **rest: Any) -> Any:
        """Note a problem; gives `WRONG`, so that a reader can return it."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(kind, Finding(place, message, help, **rest)))
        else:
            self.more += 1
        return WRONG

    def all(self) -> list[Problem]:
        """The problems, and a last one that says how many were left out."""
        if not self.more:
            return self.problems
        message = f"{self.more:,} more errors"
        last = Finding((), message, "mend those above first", within=(0, 0))
        return [*self.problems, Problem("unreadable-file", last)]


class Shape:
    """What a node must look like. `noun` names it in messages, with its article."""

    noun = "a value"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        """The value, or `WRONG` with a problem logged."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of what `read` takes."""
        raise NotImplementedError

    def wrong(self, node: Any, place: Place, log: Log) -> Any:
        """Log that something else stands here; thousands of digits are an accident or an attack."""
        if is_scalar(node) and len(node.value) > 100 and node.value.isdecimal():
            return log.add("refused-value", place, "number too large", f"write {self.noun}")
        return log.add(
            "wrong-type",
            place,
            f"expected {self.noun}, found {what_is(node)}",
            f"write {self.noun}" + (", or delete the key" if is_null(node) else ""),
        )


def is_scalar(node: Any) -> bool:
    """True for a scalar node."""
    return isinstance(node.value, str)


def is_null(node: Any) -> bool:
    """True for an empty plain scalar, `~` or `null`."""
    return node.id == "scalar" and not node.style and node.value in NULL


def is_map(node: Any) -> bool:
    """True for a mapping node, an empty one included."""
    return bool(node.id == "mapping")


def what_is(node: Any) -> str:
    """What stands at a node, for a message: at most 60 characters of it."""
    if not is_scalar(node):
        return "a mapping" if is_map(node) else "a list"
    if is_null(node):
        return "nothing"
    text = " ".join(node.value.split())
    return f"`{text[:57]}…`" if len(text) > 60 else f"`{text}`"


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word that `word` most likely means, or ""."""
    from difflib import get_close_matches

    found = get_close_matches(word.lower(), known, 1, 0.6)
    return found[0] if found else ""


def keys(node: Any, place: Place, log: Log) -> list[tuple[str, Any]]:
    """(name, value node) of a mapping; duplicate keys and keys that are not text are refused."""
    pairs = [(key.value, child) for key, child in node.value]
    try:
        names = {name for name, _ in pairs}
        if len(names) == len(pairs) and names.isdisjoint(NULL):
            return pairs
    except TypeError:  # a list or a mapping as a key
        pass
    return _careful_keys(node, place, log)


def _careful_keys(node: Any, place: Place, log: Log) -> list[tuple[str, Any]]:
    seen: dict[str, Any] = {}
    for key, child in node.value:
        if not is_scalar(key) or is_null(key):
            log.add(
                "refused-value",
                place,
                "a key that is not text",
                "write a plain word before the `:`",
            )
        elif key.value in seen:
            first, again = _line(seen[key.value][0]), _line(key)
            log.add(
                "duplicate-key",
                (*place, key.value),
                f"`{key.value[:60]}` is written twice, on lines {first} and {again}",
                "delete one of them",
                key=True,
            )
        else:
            seen[key.value] = (key, child)
    return [(name, child) for name, (_, child) in seen.items()]


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def name_of(place: Place) -> str:
    words = [part for part in place if isinstance(part, str)]
    return f"`{words[-1]}`" if words else "the file"
