"""A version of a file as units: what a rule is before it has an id, and what is compared.

Markdown and text are cut by `promptops.source.units`. Programs and JSON, in which many a prompt
was born, are cut here: paragraphs and items inside string literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

PROSE, HEADING, CODE = "prose", "heading", "code"

_KINDS = {"heading": HEADING, "code": CODE, "html": CODE, "break": CODE}
_SPOKEN_FENCES = frozenset({"md", "markdown", "mdc", "text", "txt", "prompt", "xml", "jinja"})
_SPEAKS = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)]|#{1,4})\s+\S+ \S+", re.MULTILINE)

_STARTS = re.compile(r"\s*(?:(?:[-*+•]|\d{1,9}[.)])\s+\S|\|.*\|\s*$)")
_ENDS = re.compile(r"""(?:\"{3}|'{3}|`;?)\s*$""")
_PLACEHOLDER = re.compile(r"\s*\$?\{[^{}]*\}\s*$|\s*</?[A-Za-z][\w:.-]*>\s*$")
_QUOTED_BREAK = re.compile(r"(?:\\r)?\\n")

_MARKS = str.maketrans("", "", "*`\\")
_UNDERLINED = re.compile(r"(?<!\w)_+|_+(?!\w)")
_FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\$\{[^{}]*\}", re.DOTALL)
_LITERAL = re.compile(r"""^(?:\w+\s*[:=]\s*)?[rbuf]{0,2}(?:\"{3}|'{3})|(?:\"{3}|'{3})\s*$""")
_MARKER = re.compile(r"(?:\s*(?:[-*+•>]|\d{1,9}[.)]|#{1,6}|\[[ xX]\])\s+)+|\s*#{1,6}\s*$")


class Unit(NamedTuple):
    """One rule-like piece of a file: 1-based lines, both ends included.

    text: as written, on one line unless it is code. norm: for comparison only; two texts with
    equal norms differ in decoration at most. section: norm of the nearest heading above.
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


def text_units(text: str, first_line: int = 1) -> list[Unit]:
    """The units of Markdown or plain text; `first_line` is the number of its first line."""
    if text.lstrip()[:1] in ("{", "["):
        return source_units(text)
    return list(_text_units(text, first_line - 1))


def _text_units(text: str, above: int) -> Iterator[Unit]:
    from promptops.source.units import read_units  # what is kept needs no parser

    for unit in read_units(text):
        if unit.kind == "code" and _speaks(unit.marker, unit.text):
            yield from _text_units(unit.text, above + unit.line)
            continue
        kind = _KINDS.get(unit.kind, PROSE)
        said = unit.text if kind == CODE else " ".join(unit.text.split())
        section = normalised(unit.section[-1]) if unit.section else ""
        span = above + unit.line, above + unit.end_line
        yield Unit(kind, said, normalised(said), *span, section)


def _speaks(fence: str, body: str) -> bool:
    """A fence is code, unless it quotes prose: many prompts live in documentation."""
    language = fence.lstrip("`~ ").partition(" ")[0].casefold()
    if not fence.startswith(("`", "~")):
        return False
    return language in _SPOKEN_FENCES or (not language and _SPEAKS.search(body) is not None)


def source_units(text: str) -> list[Unit]:
    """The units of a program or a JSON file: paragraphs, and items inside string literals."""
    rows = text.lstrip()[:1] in ("{", "[")  # JSON: no sentence runs over two lines
    found: list[Unit] = []
    open_lines: list[str] = []
    first = last = 0

    def close() -> None:
        if open_lines:
            said = " ".join(" ".join(open_lines).split())
            found.append(Unit(PROSE, said, normalised(said), first, last))
            open_lines.clear()

    for number, line in _pieces(text):
        bare = line.strip()
        alone = not bare or (bare[0] in "{$<" and _PLACEHOLDER.match(line) is not None)
        if alone or rows or (not bare[0].isalpha() and _STARTS.match(line)):
            close()
        if not alone:
            first = first if open_lines else number
            open_lines.append(bare)
            last = number
            if bare[-1] in "\"'`;" and _ENDS.search(line):
                close()
    close()
    return found


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines; the `\\n` of a string literal breaks a line too."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.count("\\n") > 1:
            for piece in _QUOTED_BREAK.split(line):
                yield number, piece
        else:
            yield number, line
