"""Sentences of a unit, as character ranges.

A full stop ends a sentence where white space and no lower-case letter follow, and neither an
abbreviation nor a list number stands before it. Code spans and bracketed remarks are
never cut; CJK full stops need no space after them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptops.source.unit import Unit

_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_`]*+(?=\s|$)|[。！？]++[\"'”’」』）)\]*_]*+")
_BRACKETS = re.compile(r"[()（）]")
_TICKS = re.compile(r"`+")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“„*_]*$")
_SKIPPED = " \t\r\n\"'“„‘«([*_`>"
_NEVER = re.compile(
    r"(?:e\.g|i\.e|eg|ie|cf|vs|viz|mrs?|ms|dr|prof|st|fig|sec|approx|resp|incl|excl|ca|z\.b|d\.h|bzw"
    r"|u\.a|p\.ej|p\.ex|inkl|ggf|vgl)\.",
    re.I,
)
_BEFORE_NUMBER = re.compile(r"(?:no|nr|pp?|vol|ch|art|n)\.", re.I)


def sentences(unit: Unit) -> tuple[tuple[int, int], ...]:
    """Half-open ranges in `unit.text`, in order, without the white space between; () if empty."""
    return tuple(sentence_ranges(unit.text))


def sentence_ranges(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of any text, as half-open ranges, found one by one."""
    masked = mask_code(text) if "`" in text else text
    inside = _bracketed(masked)
    start = _skip(masked, 0)
    for end in _END.finditer(masked):
        if not inside[end.start()] and _ends(masked, start, end):
            yield start, end.end()
            start = _skip(masked, end.end())
    last = len(masked.rstrip())
    if start < last:
        yield start, last


def mask_code(text: str) -> str:
    """The text with every code span, backticks included, as that many times `X`."""
    runs = [(run.start(), run.end()) for run in _TICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for start, end in reversed(runs):
        later.setdefault(end - start, []).append(end)
    pieces, done = [], 0
    for start, end in runs:
        same = later[end - start]
        same.pop()
        if start >= done and same:
            pieces += [text[done:start], "X" * (same[-1] - start)]
            done = same[-1]
    return "".join(pieces) + text[done:]


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _bracketed(text: str) -> bytearray:
    """1 for every character inside a closed pair of round brackets, else 0."""
    inside = bytearray(len(text))
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(text):
        if bracket[0] in "(（":
            opened.append(bracket.end())
        elif opened:
            start = opened.pop()
            if not opened:
                inside[start : bracket.start()] = b"\1" * (bracket.start() - start)
    return inside


def _ends(text: str, start: int, end: re.Match[str]) -> bool:
    mark = end[0][0]
    if mark in "。！？":
        return True
    following = text[end.end() : end.end() + 40].lstrip(_SKIPPED)
    if following and following[0].islower():
        return False
    if mark != "." or end[0].startswith(".."):
        return True
    word = _WORD_BEFORE.search(text, max(start, end.start() - 30), end.start())
    before = (word[0] if word else "") + "."
    if _NEVER.fullmatch(before) or (_BEFORE_NUMBER.fullmatch(before) and following[:1].isdigit()):
        return False
    at_start = end.start() - len(before) + 1 <= start
    return not (at_start and before[:-1].isdigit())
