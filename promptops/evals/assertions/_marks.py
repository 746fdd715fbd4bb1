"""Marks that IFEval counts, found in one pass where its patterns take quadratic time."""

from __future__ import annotations

import re

_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE = re.compile(r"\*\*[^\n*]*\*\*")
_WORDS = re.compile(r"\S")


def placeholders(text: str) -> int:
    """Brackets [ … ], each closed on its own line."""
    found = 0
    for line in text.split("\n"):
        start = line.find("[")
        while start >= 0:
            end = line.find("]", start + 1)
            if end < 0:
                break
            found += 1
            start = line.find("[", end + 1)
    return found


def titles(text: str) -> list[tuple[int, int]]:
    """(start, end) of << … >>, the longest on each line."""
    found, at = [], 0
    for line in text.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start <= end - 3:
            found.append((at + start, at + end + 2))
        at += len(line) + 1
    return found


def highlighted(text: str) -> int:
    """Texts between asterisks, and texts between double asterisks, that hold a word."""
    single = sum(1 for it in _HIGHLIGHT.finditer(text) if it[0].strip("*").strip())
    return single + sum(1 for it in _DOUBLE.finditer(text) if it[0][2:-2].strip())


def bullets(text: str) -> int:
    """Lines that begin with `*`, and lines that begin with `-`."""
    return _lines_from(text, "*") + _lines_from(text, "-")


def _lines_from(text: str, mark: str) -> int:
    r"""Matches of `^\s*\*[^*].*$` or `^\s*-.*$` over several lines.

    White space may be line feeds, so all line starts before the same word have the same answer; and
    what stands after `*` may be a line feed, which takes the next line along.
    """
    found = at = 0
    while word := _WORDS.search(text, at):
        start = word.start()
        if text[start] == mark and (mark == "-" or text[start + 1 : start + 2] not in ("", "*")):
            found += 1
            start += 2 if mark == "*" else 1
        end = text.find("\n", start)
        if end < 0:
            break
        at = end + 1
    return found
