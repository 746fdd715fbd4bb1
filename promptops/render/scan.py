"""Where the tags of a template are: text, expressions, statements, comments, by offset.

Jinja's own lexer keeps line numbers only, and importing it costs more than a whole check. This
scanner finds the same tags at the same places, and knows the few that need no Jinja at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache

from promptops.values import dataclass

TEXT, NAME, LIST, RULE = "text", "name", "list", "rule"
EXPRESSION, STATEMENT, COMMENT, RAW = "expression", "statement", "comment", "raw"

_OPEN = re.compile(r"\{[{%#]")
_PLAIN = re.compile(
    r"""\{\{ ([-+]?) \s* (?:
          (?P<list> rules ) (?: \s* \| \s* section \s* \( \s* (?P<section> "[^"\\\n]*" | '[^'\\\n]*' ) \s* \) )?
        | rule \s* \( \s* (?P<rule> "[^"\\\n]*" | '[^'\\\n]*' ) \s* \)
        | (?P<name> [A-Za-z_][A-Za-z0-9_]* )
        ) \s* (-?) \}\}""",
    re.X,
)
_NOT_PLAIN = frozenset(
    {"true", "false", "none", "True", "False", "None", "not", "rule", "loop", "range"}
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a template: the characters [start, end) of its source.

    value: of a NAME the variable, of a RULE the rule's id, of a LIST its section ("" is all rules).
    plain: True if rendering it takes no Jinja.
    """

    kind: str
    start: int
    end: int
    value: str = ""
    plain: bool = False


def named(source: str, segment: Segment) -> tuple[int, int]:
    """The characters of the variable, id or section that a plain tag names; `rules` where it lists all."""
    value = segment.value or "rules"
    start = source.rfind(value, segment.start, segment.end)
    return start, start + len(value)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a string with its quotes or another character of a tag, at an offset of the source."""

    text: str
    start: int


@lru_cache(maxsize=1024)
def scan(source: str) -> tuple[Segment, ...]:
    """The segments of a template; their texts joined are `source`.

    A tag that is never closed runs to the end: Jinja then says what is wrong with it.
    """
    found: list[Segment] = []
    position = 0
    while match := _OPEN.search(source, position):
        if match.start() > position:
            found.append(Segment(TEXT, position, match.start(), plain=True))
        segment = _tag(source, match.start())
        found.append(segment)
        position = segment.end
    if position < len(source):
        found.append(Segment(TEXT, position, len(source), plain=True))
    return tuple(found)


def _tag(source: str, start: int) -> Segment:
    match source[start + 1]:
        case "{":
            return _plain(source, start) or Segment(EXPRESSION, start, _tag_end(source, start))
        case "#":
            end = source.find("#}", start + 2)
            return Segment(COMMENT, start, end + 2 if end >= 0 else len(source))
    raw = _raw().match(source, start)
    if raw is None:
        return Segment(STATEMENT, start, _tag_end(source, start))
    end_raw = _end_raw().search(source, raw.end())
    return Segment(RAW, start, end_raw.end() if end_raw else len(source))


def _plain(source: str, start: int) -> Segment | None:
    match = _PLAIN.match(source, start)
    if match is None:
        return None
    name, rule, section = match["name"], match["rule"], match["section"]
    plain = not match[1] and not match[match.re.groups] and "\r" not in match[0]
    if rule is not None:
        return Segment(RULE, start, match.end(), rule[1:-1], plain)
    if match["list"] and name is None:
        return Segment(LIST, start, match.end(), section[1:-1] if section else "", plain)
    if name in _NOT_PLAIN:
        return None
    return Segment(NAME, start, match.end(), name, plain)


def _tag_end(source: str, start: int) -> int:
    closing = "}}" if source[start + 1] == "{" else "%}"
    depth = 0
    for match in _token().finditer(source, start + 2):
        if depth == 0 and source.startswith(closing, match.start()):
            return match.start() + 2
        depth += (match[0] in "([{") - (match[0] in ")]}")
    return len(source)


def tokens(source: str, segment: Segment) -> Sequence[Token]:
    """The words, strings and signs inside an expression or a statement."""
    inner = _token().finditer(source, segment.start + 2, max(segment.end - 2, segment.start + 2))
    return [Token(match[0], match.start()) for match in inner if not match[0].isspace()]


def word(source: str, segment: Segment) -> str:
    """The first word of a statement: `if`, `endfor`, …"""
    return next((t.text for t in tokens(source, segment) if t.text not in "-+"), "")


def rules_in(source: str, segment: Segment) -> tuple[str, ...]:
    """The ids of the rules that a tag places one by one, `rule("id")`."""
    if segment.kind == RULE:
        return (segment.value,)
    if segment.kind not in (EXPRESSION, STATEMENT):
        return ()
    inner = [token.text for token in tokens(source, segment)]
    return tuple(
        inner[i + 2][1:-1]
        for i in range(len(inner) - 3)
        if inner[i] == "rule" and inner[i + 1] == "(" and inner[i + 3] == ")"
    )


class Words:
    """Where the words and strings of a template's tags stand, found by line as Jinja counts them."""

    def __init__(self, source: str) -> None:
        self.lines = [0, *(match.end() for match in re.finditer("\n", source))]
        self.tags = [s for s in scan(source) if s.kind not in (TEXT, COMMENT, RAW)]
        self.length = len(source)
        self.starts: dict[str, list[tuple[int, int]]] = {}
        for segment in self.tags:
            for token in tokens(source, segment):
                inner = token.text.strip("\"'")
                start = token.start + token.text.find(inner)
                self.starts.setdefault(inner, []).append((start, start + len(inner)))

    def place(self, word: str, line: int) -> tuple[int, int]:
        """The characters of the first `word`, bare or in quotes, at or after a 1-based line.

        Where there is none: the first tag that ends there or later, or the template's end.
        """
        start = self.lines[min(line, len(self.lines)) - 1]
        known = self.starts.get(word, ())
        at = bisect_left(known, (start, 0))
        if at < len(known):
            return known[at]
        at = bisect_right(self.tags, start, key=lambda segment: segment.end)
        if at == len(self.tags):
            return self.length, self.length
        return self.tags[at].start, self.tags[at].end


@cache
def _raw() -> re.Pattern[str]:
    return re.compile(r"\{%[-+]?\s*raw\s*-?%\}")


@cache
def _end_raw() -> re.Pattern[str]:
    return re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")


@cache
def _token() -> re.Pattern[str]:
    return re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\w+)|\s+|.""", re.S)
