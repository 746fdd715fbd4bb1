"""A file as units: list items, paragraphs, headings, code. What a rule is, before it has an id.

A line splitter is enough for history: it takes Markdown, plain text, Jinja, XML-ish prompts and
source code as they come, a hundred times faster than a parser, and never fails. YAML is parsed:
one unit a rule, for a splitter would swallow its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

PROSE, HEADING, CODE = "prose", "heading", "code"

_FENCE = re.compile(r"\s*(?:>\s*)*(?:[-*+]\s+)?(`{3,}|~{3,})")
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"(\s*)(?:[-*+•]|\d{1,9}[.)])\s+(?=\S)")
_ROW = re.compile(r"\s*\|.*\|\s*$")
_TAG = re.compile(r"\s*</?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>\s*$")
_ELEMENT = re.compile(r"\s*<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>.*</\1>\s*$")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}$")
_MARKER = re.compile(r"(?:\s*(?:[-*+•>]|\d{1,9}[.)]|#{1,6}|\[[ xX]\])\s+)+|\s*#{1,6}\s*$")
_FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\$\{[^{}]*\}", re.DOTALL)
_MARKS = str.maketrans("", "", "*`\\")
_SPOKEN_FENCES = frozenset({"md", "markdown", "mdc", "text", "txt", "prompt", "xml", "jinja"})
_SPEAKS = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)]|#{1,4})\s+\S+ \S+")
_ENDS = re.compile(r"""(?:\"{3}|'{3}|`;?)\s*$""")
_PLACEHOLDER = re.compile(r"\s*\$?\{[^{}]*\}\s*$|\s*\{\{.*\}\}\s*$|\s*\{%.*%\}\s*$")
_LITERAL = re.compile(r"""^(?:\w+\s*[:=]\s*)?[rbuf]{0,2}(?:\"{3}|'{3})|(?:\"{3}|'{3})\s*$""")
_QUOTED_BREAK = re.compile(r"\\r?\\?n")
_UNDERLINED = re.compile(r"(?<!\w)_+|_+(?!\w)")


@dataclass(frozen=True, slots=True)
class Unit:
    """One rule-like piece of a file: 1-based lines, both ends included.

    text: as written, without indentation and line breaks. norm: for comparison only; two texts
    with equal norms differ in decoration at most. section: norm of the nearest heading above.
    """

    kind: str
    text: str
    norm: str
    line: int
    end_line: int
    section: str = ""
    id: str = ""


@lru_cache(maxsize=1 << 14)
def normalised(text: str) -> str:
    """Markers, emphasis, what is filled in, white space and case taken out of the comparison."""
    plain = text.translate(_MARKS)
    if "_" in plain:
        plain = _UNDERLINED.sub("", plain)
    if '"""' in plain or "'''" in plain:
        plain = _LITERAL.sub("", plain)
    if "{" in plain:
        plain = _FILLED_IN.sub(" ", plain)
    marker = _MARKER.match(plain)
    return " ".join((plain[marker.end() :] if marker else plain).split()).casefold()


def split_units(text: str, first_line: int = 1, source: bool = False) -> list[Unit]:
    """The units of a text in order; `first_line` is the number its first line has in its file.

    source: it is a program, where `#` starts no heading.
    """
    return list(_Splitter(text, first_line, source).units())


class _Splitter:
    """Line by line; what a line is decides whether it starts, continues or ends a unit."""

    def __init__(self, text: str, first_line: int, source: bool) -> None:
        self.lines, self.numbers = _lines(text.removeprefix("\ufeff"), first_line)
        self.source = source
        self.rows = text.lstrip()[:1] in ("{", "[")  # JSON: every line is a unit of its own
        self.section = ""
        self.open: list[str] = []
        self.start = 0

    def units(self) -> Iterator[Unit]:
        number = 0
        while number < len(self.lines):
            line = self.lines[number]
            if (fence := _FENCE.match(line)) is not None:
                yield from self._close(number)
                end = self._fence_end(number, fence[1])
                yield from self._fenced(number, end, line[fence.end() :].strip().casefold())
                number = end
                continue
            yield from self._line(line, number)
            number += 1
        yield from self._close(number)

    def _fenced(self, start: int, end: int, language: str) -> Iterator[Unit]:
        """A fence is code, unless it quotes prose: many prompts live in documentation."""
        body = self.lines[start + 1 : end - 1]
        speaks = language in _SPOKEN_FENCES or (not language and any(map(_SPEAKS.match, body)))
        if speaks and self.numbers[start] < self.numbers[end - 1]:
            yield from split_units("\n".join(body), self.numbers[start] + 1)
        else:
            yield self._unit(CODE, self.lines[start:end], start, end)

    def _line(self, line: str, number: int) -> Iterator[Unit]:
        if not line.strip() or _RULE.match(line):
            yield from self._close(number)
        elif not self.source and (heading := _HEADING.match(line)) is not None:
            yield from self._close(number)
            self.section = normalised(heading[2])
            yield self._unit(HEADING, [line], number, number + 1)
        elif _TAG.match(line) or _PLACEHOLDER.match(line):
            yield from self._close(number)
            yield self._unit(CODE, [line], number, number + 1)
        elif self.rows or _ROW.match(line) or _ITEM.match(line) or _ELEMENT.match(line):
            yield from self._close(number)
            self.open, self.start = [line], number
        else:
            if not self.open:
                self.start = number
            self.open.append(line)
            if _ENDS.search(line):
                yield from self._close(number + 1)

    def _fence_end(self, start: int, mark: str) -> int:
        for number in range(start + 1, len(self.lines)):
            bare = self.lines[number].strip().lstrip("> ")
            if bare.startswith(mark) and not bare.strip(mark[0]):
                return number + 1
        return len(self.lines)

    def _close(self, end: int) -> Iterator[Unit]:
        if self.open:
            yield self._unit(PROSE, self.open, self.start, end)
            self.open = []

    def _unit(self, kind: str, lines: list[str], start: int, end: int) -> Unit:
        joined = "\n".join(lines) if kind == CODE else " ".join(line.strip() for line in lines)
        span = self.numbers[start], self.numbers[end - 1]
        return Unit(kind, joined.strip(), normalised(joined), *span, self.section)


def _lines(text: str, first: int) -> tuple[list[str], list[int]]:
    """The lines and their numbers. A string literal's `\\n` (JSON, source code) breaks lines too."""
    lines: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(text.splitlines(), first):
        parts = _QUOTED_BREAK.split(line) if line.count("\\n") > 1 else [line]
        lines += parts
        numbers += [number] * len(parts)
    return lines, numbers
