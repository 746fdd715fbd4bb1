"""Where the characters of a YAML scalar's value are written.

The source of a scalar is cut into pieces, each with the text it stands for: a run of characters, an
escape, a folded line break, an indentation that stands for nothing. If the pieces make up the value,
their places are the answer; if not, there is none. Rules: YAML 1.2 chapters 7.3 and 8.1, line breaks
as libyaml reads them. Time is linear in the source.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby

MAX_INDENT = 1 << 7
Piece = tuple[str, int, int]  # what it stands for, and its half-open range in the source

_MARKS = r"\n\r\x85\u2028\u2029"
_BREAK = rf"(?:\r\n|[{_MARKS}])"
_BREAKS = re.compile(_BREAK)
_FOLD = rf"(?P<fold>[ \t]*{_BREAK}(?:[ \t]*{_BREAK})*[ \t]*)|[ \t]+"
_PLAIN = re.compile(rf"{_FOLD}|[^ \t{_MARKS}]+")
_SINGLE = re.compile(rf"{_FOLD}|(?P<quote>'')|[^' \t{_MARKS}]+")
_DOUBLE = re.compile(
    rf"(?P<joined>\\{_BREAK}(?P<blank>(?:[ \t]*{_BREAK})*)[ \t]*)"
    rf"|\\(?:x(?P<x>..)|u(?P<u>.{{4}})|U(?P<U>.{{8}})|(?P<escape>.))|{_FOLD}|[^\\ \t{_MARKS}]+",
    re.DOTALL,
)
_ESCAPES = {
    **{"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"},
    **{"e": "\x1b", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"},
}


class Offsets:
    """Ranges of a value's characters in its source."""

    def __init__(self, value: str, raw: str, style: str | None) -> None:
        self._starts: list[int] = []  # in the value, of each piece
        self._pieces: list[Piece] = []
        self.raw = raw
        self.size = len(value)
        self.known = any(self._fits(value, pieces) for pieces in _readings(raw, style))

    def range(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the characters [start, end) of the value stand in the source; None if unknown."""
        if not self.known or not 0 <= start <= end <= self.size or not self.size:
            return None
        if start == end:
            here = self._of(min(start, self.size - 1))[start == self.size]
            return here, here
        return self._of(start)[0], self._of(end - 1)[1]

    def _of(self, index: int) -> tuple[int, int]:
        found = bisect_right(self._starts, index) - 1
        text, start, end = self._pieces[found]
        if len(text) != end - start:
            return start, end
        start += index - self._starts[found]
        return start, start + 1

    def _fits(self, value: str, pieces: Iterable[Piece]) -> bool:
        """True if the pieces make up the value, but for line breaks that chomping took at the end."""
        self._starts, self._pieces, at = [], [], 0
        for piece in pieces:
            if at == len(value) and not piece[0].strip(" \t" + _FEEDS):
                continue
            if not value.startswith(piece[0], at):
                return False
            if piece[0]:
                self._starts.append(at)
                self._pieces.append(piece)
                at += len(piece[0])
        return at == len(value)


def reads_as(value: str, raw: str, style: str | None) -> bool:
    """True if a scalar of that style, written `raw`, certainly has that value. `raw` is made of one
    that was read: only what an edit may have brought about is looked at."""
    if not Offsets(value, raw, style).known:
        return False
    return bool(style) or _HARMLESS.fullmatch(raw) is not None


# A plain scalar: no mark of something else at its start, nothing that would end it.
_HARMLESS = re.compile(
    r"(?!~|null|Null|NULL)[^\s\-?:,\[\]{}#&*!|>'\"%@`](?!.*(?::\s|\s#|[\s:]\Z)).*", re.DOTALL
)
_FEEDS = "\n\u2028\u2029"


def _readings(raw: str, style: str | None) -> Iterator[Iterable[Piece]]:
    """The ways in which the source may be meant."""
    if style in ("|", ">"):
        yield from _block(raw, style == ">")
    elif style in ("'", '"'):
        if len(raw) > 1 and raw[0] == raw[-1] == style:
            yield _flow(_SINGLE if style == "'" else _DOUBLE, raw, 1, len(raw) - 1)
    else:
        yield _flow(_PLAIN, raw, 0, len(raw))


def _flow(pattern: re.Pattern[str], raw: str, start: int, end: int) -> Iterator[Piece]:
    for found in pattern.finditer(raw, start, end):
        yield _meaning(found), found.start(), found.end()


def _meaning(found: re.Match[str]) -> str:
    match found.lastgroup:
        case None:
            return found[0]
        case "fold":
            return _folded(_BREAKS.findall(found[0]))
        case "quote":
            return "'"
        case "joined":
            return "".join(map(_feed, _BREAKS.findall(found["blank"])))
        case "escape":
            return _ESCAPES.get(found["escape"], found["escape"])
        case group:
            return chr(int(found[group], 16))  # libyaml has accepted it


def _feed(mark: str) -> str:
    return mark if mark in "\u2028\u2029" else "\n"


def _folded(breaks: list[str]) -> str:
    first, *more = map(_feed, breaks)
    rest = "".join(more)
    return first + rest if first != "\n" else rest or " "


def _block(raw: str, folds: bool) -> Iterator[Iterable[Piece]]:
    header = _BREAKS.search(raw)
    lines = list(_lines(raw, header.end())) if header else []
    for indent in _indents(raw[: header.end()] if header else "", raw, lines):
        pieces = list(_unfolded(raw, lines, indent))
        yield _fold(pieces) if folds else pieces


def _indents(header: str, raw: str, lines: list[tuple[int, int, int]]) -> Iterable[int]:
    """How far the text of a block scalar may be indented: an indicator leaves it open."""
    if any(digit in "123456789" for digit in header.partition("#")[0]):
        deepest = max(_indent(raw, a, b) for a, b, _ in lines)
        return range(min(deepest, MAX_INDENT), -1, -1)
    shown = (_indent(raw, a, b) for a, b, _ in lines if raw[a:b].strip(" "))
    return (next(shown, MAX_INDENT),)


def _lines(raw: str, at: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, end with its line break) of each line from `at`."""
    for found in _BREAKS.finditer(raw, at):
        yield at, found.start(), found.end()
        at = found.end()
    yield at, len(raw), len(raw)


def _indent(raw: str, start: int, end: int) -> int:
    return end - start - len(raw[start:end].lstrip(" "))


def _unfolded(raw: str, lines: Iterable[tuple[int, int, int]], indent: int) -> Iterator[Piece]:
    """A piece for what a line says and one for its break; an empty line has only the second."""
    for start, end, after in lines:
        if end > start + indent:
            yield raw[start + indent : end], start + indent, end
        if after > end:
            yield _feed(raw[end:after]), end, after


def _fold(pieces: list[Piece]) -> Iterator[Piece]:
    """Of the breaks between two lines that begin with no blank, one is a space, the first of more nothing."""
    runs = [list(run) for _, run in groupby(pieces, _is_break)]
    for at, run in enumerate(runs):
        if 0 < at < len(runs) - 1 and run[0][0] == "\n" and _is_break(run[0]):
            around = runs[at - 1][0][0][0] + runs[at + 1][0][0][0]
            if not set(around) & set(" \t"):
                run[0] = (" " if len(run) == 1 else "", *run[0][1:])
        yield from run


def _is_break(piece: Piece) -> bool:
    return piece[0] in tuple(_FEEDS)
