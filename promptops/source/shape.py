"""Shapes: one description that reads a YAML node, names every error, and prints its JSON Schema.

A shape reads strictly and goes on after an error, so that all errors of a file come at once. What
the shape calls text is read as text, whatever YAML would make of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from promptops.diagnostic import Finding, Place

WRONG = object()  # what `read` gives where there is an error; a caller's default takes its place

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[+-]?[0-9][0-9_]*\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_NOT_TEXT = re.compile(  # what another YAML reader would not read as text
    r"(?:[+-]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|0x[0-9a-fA-F]+|0o?[0-7]+|[+-]?\.(?:inf|nan)"
    r"|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|[Tt]rue|[Ff]alse)\Z"
)
_NOT_TEXT_STARTS = frozenset("0123456789+-.yYnNoOtTfF")
MAX_DIGITS = 18
MAX_DEPTH = 50  # of nested lists and mappings


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file's form; `kind` is the name of the PO0 check that reports it."""

    kind: str
    finding: Finding


class Log:
    """Where shapes put their problems."""

    __slots__ = ("problems",)

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, kind: str, place: Place, message: str, help: str = "", **rest: Any) -> Any:
        """Note a problem; gives `WRONG`, so that a reader can return it."""
        self.problems.append(Problem(kind, Finding(place, message, help, **rest)))
        return WRONG


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
        """Log that something else stands here."""
        if is_scalar(node) and _INTEGER.match(node.value) and len(node.value) > MAX_DIGITS:
            return log.add(
                "refused-value", place, "number too large", "write a number one can read"
            )
        return log.add(
            "wrong-type",
            place,
            f"expected {self.noun}, found {what_is(node)}",
            f"write {self.noun}",
        )


def is_scalar(node: Any) -> bool:
    """True for a scalar node."""
    return isinstance(node.value, str)


def is_null(node: Any) -> bool:
    """True for an empty plain scalar, `~` or `null`."""
    return node.id == "scalar" and not node.style and node.value in _NULL


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


class Text(Shape):
    """A string. `pattern` must match all of it; `says` is what the pattern wants, in words."""

    noun = "text"

    def __init__(self, says: str = "", pattern: str = "", empty: bool = True) -> None:
        self.says = says
        self.source = pattern
        self.pattern = re.compile(pattern + r"\Z") if pattern else None
        self.empty = empty

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = node.value
        if not isinstance(value, str):
            return self.wrong(node, place, log)
        if not self.empty and not value.strip():
            return log.add(
                "invalid-value", place, f"{_name(place)} is empty", "write it, or delete the key"
            )
        if not node.style and value[:1] in _NOT_TEXT_STARTS and _NOT_TEXT.match(value):
            self._unquoted(value, place, log)
        if self.pattern is not None and not self.pattern.match(value):
            return log.add(
                "invalid-value", place, f"{what_is(node)} is not {self.says}", f"write {self.says}"
            )
        return value

    def _unquoted(self, value: str, place: Place, log: Log) -> None:
        if len(value) > MAX_DIGITS * 2:
            log.add("refused-value", place, "number too large", "quote it if it is text")
            return
        log.add(
            "unquoted-text",
            place,
            f"`{value}` is text here, but other YAML readers take it for something else",
            f'quote it: "{value}"',
            replacement=f'"{value}"',
        )

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "string"}
        if self.source:
            made["pattern"] = f"^(?:{self.source})$"
        if not self.empty:
            made["minLength"] = 1
        return made


class Choice(Shape):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.noun = "one of " + ", ".join(f"`{word}`" for word in words)

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_scalar(node) or is_null(node):
            return self.wrong(node, place, log)
        if node.value in self.words:
            return node.value
        guess = nearest(node.value, self.words)
        return log.add(
            "invalid-value",
            place,
            f"{what_is(node)} is not {self.noun}",
            f"did you mean `{guess}`?" if guess else f"write {self.noun}",
        )

    def schema(self) -> dict[str, Any]:
        return {"enum": [*(int(word) for word in self.words if word.isdigit()), *self.words]}


class Flag(Shape):
    """true or false."""

    noun = "`true` or `false`"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if is_scalar(node) and not node.style:
            if node.value in _TRUE:
                return True
            if node.value in _FALSE:
                return False
        return self.wrong(node, place, log)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Number(Shape):
    """A number from `least`, whole unless `whole` is False; `1_000` is allowed."""

    def __init__(self, least: int = 0, whole: bool = True) -> None:
        self.least = least
        self.whole = whole
        self.noun = f"a {'whole ' if whole else ''}number, {least} or more"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = node.value
        pattern = _INTEGER if self.whole else _NUMBER
        if not isinstance(value, str) or node.style or not pattern.match(value):
            return self.wrong(node, place, log)
        if len(value) > MAX_DIGITS:
            return log.add(
                "refused-value", place, "number too large", "write a number one can read"
            )
        number = int(value.replace("_", "")) if self.whole else float(value.replace("_", ""))
        if not self.least <= number <= 10**15:
            return log.add(
                "invalid-value", place, f"{value} is not {self.noun}", f"write {self.noun}"
            )
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "integer" if self.whole else "number", "minimum": self.least}


class Day(Shape):
    """A date, YYYY-MM-DD."""

    noun = "a date (YYYY-MM-DD)"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_scalar(node) or is_null(node):
            return self.wrong(node, place, log)
        if len(node.value) == 10:
            try:
                return date.fromisoformat(node.value)
            except ValueError:
                pass
        return log.add(
            "invalid-value", place, f"{what_is(node)} is not {self.noun}", f"write {self.noun}"
        )

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


class ListOf(Shape):
    """A list; with `lone`, a single value stands for a list of one."""

    def __init__(self, item: Shape, lone: bool = False, least: int = 0) -> None:
        self.item = item
        self.lone = lone
        self.least = least
        self.noun = "a list" if not lone else f"{item.noun} or a list"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if node.id != "sequence":
            if not self.lone:
                return self.wrong(node, place, log)
            value = self.item.read(node, place, log)
            return value if value is WRONG else (value,)
        values = [self.item.read(child, (*place, i), log) for i, child in enumerate(node.value)]
        if len(values) < self.least:
            return log.add("invalid-value", place, f"{_name(place)} is empty", "add an entry")
        return tuple(value for value in values if value is not WRONG)

    def schema(self) -> dict[str, Any]:
        many: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.least:
            many["minItems"] = self.least
        return {"anyOf": [self.item.schema(), many]} if self.lone else many


class MapOf(Shape):
    """A mapping from names to one shape."""

    noun = "a mapping"

    def __init__(
        self, item: Shape, build: Callable[[str, Any], Any] | None = None, names: str = ""
    ) -> None:
        self.item = item
        self.build = build
        self.names = re.compile(names + r"\Z") if names else None

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_map(node):
            return self.wrong(node, place, log)
        values = {}
        for name, child in keys(node, place, log):
            if self.names is not None and not self.names.match(name):
                log.add(
                    "invalid-value",
                    (*place, name),
                    f"`{name}` is not a name",
                    "use letters, digits and _",
                    key=True,
                )
                continue
            value = self.item.read(child, (*place, name), log)
            if value is not WRONG:
                values[name] = value if self.build is None else self.build(name, value)
        return values

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.schema()}


class Anything(Shape):
    """Plain JSON data, by YAML 1.2's core schema."""

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if is_scalar(node):
            return self._scalar(node, place, log)
        if len(place) > MAX_DEPTH:
            return log.add(
                "refused-value",
                place,
                f"nested deeper than {MAX_DEPTH}",
                "no part of a prompt nests that deep",
            )
        if is_map(node):
            read = ((k, self.read(v, (*place, k), log)) for k, v in keys(node, place, log))
            return {k: v for k, v in read if v is not WRONG}
        values = [self.read(child, (*place, i), log) for i, child in enumerate(node.value)]
        return [value for value in values if value is not WRONG]

    def _scalar(self, node: Any, place: Place, log: Log) -> Any:
        value = node.value
        if node.style or not value:
            return value if node.style else None
        if value in _NULL:
            return None
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        if not _NUMBER.match(value):
            return value
        if len(value) > MAX_DIGITS:
            return log.add("refused-value", place, "number too large", "quote it if it is text")
        plain = value.replace("_", "")
        return int(plain) if _INTEGER.match(value) else float(plain)

    def schema(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record: its shape, whether it must be there, what it is for."""

    shape: Shape
    says: str
    required: bool = False


class Record(Shape):
    """A mapping with known keys. `build` gets the values that were read, by key."""

    noun = "a mapping"

    def __init__(
        self,
        fields: Mapping[str, Field],
        build: Callable[[dict[str, Any]], Any] = dict,
        shorthand: str = "",
    ) -> None:
        self.fields = fields
        self.required = tuple(name for name, field in fields.items() if field.required)
        self.build = build
        self.shorthand = shorthand  # a bare value stands for {shorthand: value}

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_map(node):
            if self.shorthand and is_scalar(node) and not is_null(node):
                value = self.fields[self.shorthand].shape.read(node, place, log)
                return value if value is WRONG else self.build({self.shorthand: value})
            return self.wrong(node, place, log)
        values: dict[str, Any] = {}
        wrong = False
        for name, child in keys(node, place, log):
            field = self.fields.get(name)
            if field is None:
                self._unknown(name, place, log)
            elif child.id != "scalar" or child.style or child.value not in _NULL:
                value = field.shape.read(child, (*place, name), log)
                if value is WRONG:
                    wrong = True
                else:
                    values[name] = value
        return self._built(values, wrong, place, log)

    def _built(self, values: dict[str, Any], wrong: bool, place: Place, log: Log) -> Any:
        missing = [name for name in self.required if name not in values]
        for name in missing:
            if not wrong or not _logged((*place, name), log):
                says = self.fields[name].says
                log.add(
                    "missing-key", (*place, name), f"`{name}` is missing", f"add `{name}:` — {says}"
                )
        return WRONG if missing else self.build(values)

    def _unknown(self, name: str, place: Place, log: Log) -> None:
        guess = nearest(name, list(self.fields))
        help = f"did you mean `{guess}`?" if guess else "known here: " + ", ".join(self.fields)
        shown = name if len(name) <= 60 else name[:57] + "…"
        log.add("unknown-key", (*place, name), f"unknown key `{shown}`", help, key=True)

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {"description": field.says, **field.shape.schema()}
                for name, field in self.fields.items()
            },
        }
        if self.required:
            made["required"] = list(self.required)
        return made


def _logged(place: Place, log: Log) -> bool:
    return any(problem.finding.path[: len(place)] == place for problem in log.problems)


def keys(node: Any, place: Place, log: Log) -> list[tuple[str, Any]]:
    """(name, value node) of a mapping; duplicate keys and keys that are not text are refused."""
    pairs = [(key.value, child) for key, child in node.value]
    try:
        names = {name for name, _ in pairs}
        if len(names) == len(pairs) and names.isdisjoint(_NULL):
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


def _name(place: Place) -> str:
    words = [part for part in place if isinstance(part, str)]
    return f"`{words[-1]}`" if words else "the file"
