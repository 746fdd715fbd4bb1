"""Shapes of single values: text, one of a few words, a flag, a number, a day, plain data."""

from __future__ import annotations

import re
from datetime import date

from promptops.diagnostic import Place
from promptops.patterns import later
from promptops.source.shape import (
    MAX_DEPTH,
    NULL,
    WRONG,
    Log,
    Shape,
    is_map,
    is_null,
    is_scalar,
    keys,
    name_of,
    nearest,
    what_is,
)

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

MAX_DIGITS = 18
MAX_NUMBER = 10**15
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = later(r"[+-]?(?:0|[1-9][0-9_]*)\Z")  # 010 is 8 to some readers, 10 to others
_NUMBER = later(r"[+-]?(?:(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_DIGITS = later(r"[+-]?[0-9][0-9_]*\Z")
_NOT_TEXT = later(  # what another YAML reader would not read as text
    r"(?:[+-]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|0x[0-9a-fA-F]+|0o?[0-7]+|0b[01]+|[+-]?\.(?:inf|Inf|INF|nan|NaN|NAN)"
    r"|[+-]?[0-9][0-9_]*(?::[0-5]?[0-9])+"  # 12:30 is 750 to a reader of YAML 1.1
    r"|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE)\Z"
)
_NOT_TEXT_STARTS = frozenset("0123456789+-.yYnNoOtTfF")
_DAY = later(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class Text(Shape):
    """A string. `pattern` must match all of it; `says` is what the pattern wants, in words.

    The pattern goes into the JSON Schema too: it may use only what JavaScript also reads so.
    """

    noun = "text"

    def __init__(self, says: str = "", pattern: str = "", empty: bool = True) -> None:
        self.says = says
        self.pattern = pattern
        self.empty = empty

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = node.value
        if not isinstance(value, str):
            return self.wrong(node, place, log)
        if not node.style and value[:1] in _NOT_TEXT_STARTS and _NOT_TEXT.match(value):
            if node.id == "number":
                return self.wrong(node, place, log)
            self._unquoted(value, place, log)
        elif not node.style and value in NULL:
            return self.wrong(node, place, log)
        if not self.empty and not value.strip():
            return log.add(
                "invalid-value", place, f"{name_of(place)} is empty", "write it, or delete the key"
            )
        if self.pattern and not re.fullmatch(self.pattern, value):
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
            replacement=value,
        )

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "string"}
        if self.pattern:
            made["pattern"] = f"^(?:{self.pattern})$"
        elif not self.empty:
            made["pattern"] = r"\S"
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
    """A number from `least` to 10^15, whole unless `whole` is False; `1_000` is allowed."""

    def __init__(self, least: int = 0, whole: bool = True) -> None:
        self.least = least
        self.whole = whole
        self.noun = f"a {'whole ' if whole else ''}number, {least} or more"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = node.value
        pattern = _INTEGER if self.whole else _NUMBER
        if isinstance(value, str) and len(value) > MAX_DIGITS and _DIGITS.match(value):
            return log.add(
                "refused-value", place, "number too large", "write a number one can read"
            )
        if not isinstance(value, str) or node.style or not pattern.match(value):
            return self.wrong(node, place, log)
        number = int(value.replace("_", "")) if self.whole else float(value.replace("_", ""))
        if not self.least <= number <= MAX_NUMBER:
            shown = what_is(node)
            return log.add(
                "invalid-value", place, f"{shown} is not {self.noun}", f"write {self.noun}"
            )
        return number

    def schema(self) -> dict[str, Any]:
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.least, "maximum": MAX_NUMBER}


class Day(Shape):
    """A date, YYYY-MM-DD."""

    noun = "a date (YYYY-MM-DD)"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_scalar(node) or is_null(node):
            return self.wrong(node, place, log)
        if _DAY.match(node.value):
            try:
                return date.fromisoformat(node.value)
            except ValueError:
                pass
        return log.add(
            "invalid-value", place, f"{what_is(node)} is not {self.noun}", f"write {self.noun}"
        )

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


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
        if node.style:
            return value
        if value in NULL:
            return None
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        if not _NUMBER.match(value):
            return value
        if len(value) > MAX_DIGITS:
            return log.add("refused-value", place, "number too large", "quote it if it is text")
        plain = value.replace("_", "")
        number = int(plain) if _INTEGER.match(value) else float(plain)
        if number in (float("inf"), float("-inf")):
            return log.add("refused-value", place, "number too large", "quote it if it is text")
        return number

    def schema(self) -> dict[str, Any]:
        return {}
