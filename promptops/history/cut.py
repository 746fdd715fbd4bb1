"""A version of a file cut into units.

Markdown and text are cut by `promptops.source.units`. Programs and JSON, in which many a prompt
was born, are cut here: paragraphs and items inside string literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptops.history.units import CODE, HEADING, PROSE, Unit, is_block, normalised
from promptops.patterns import later
from promptops.source.units import read_units

_KINDS = {"heading": HEADING, "code": CODE, "html": CODE, "break": CODE}
_SPOKEN_FENCES = frozenset({"md", "markdown", "mdc", "text", "txt", "prompt", "xml", "jinja"})
_SPEAKS = later(r"\s{0,3}(?:[-*+]|\d{1,3}[.)]|#{1,4})\s+\S+ \S+", re.MULTILINE)
_STARTS = later(r"\s*(?:(?:[-*+•]|\d{1,9}[.)])\s+\S|\|.*\|\s*$)")
_ENDS = later(r"""(?:\"{3}|'{3}|`;?)\s*$""")
_PLACEHOLDER = later(r"\s*\$?\{[^{}]*\}\s*$|\s*</?[A-Za-z][\w:.-]*>\s*$")
_QUOTED_BREAK = later(r"(?:\\r)?\\n")


def text_units(text: str, first_line: int = 1) -> list[Unit]:
    """The units of Markdown or plain text; `first_line` is the number of its first line."""
    if text.lstrip()[:1] in ("{", "["):
        return source_units(text)
    return list(_text_units(text, first_line - 1))


def code_lines(text: str, units: list[Unit]) -> list[Unit]:
    """The units of the text with every line of a block as a unit of its own."""
    lines = text.splitlines()
    found: list[Unit] = []
    for unit in units:
        if not is_block(unit, text):
            found.append(unit)
            continue
        for number in range(unit.line, unit.end_line + 1):
            said = lines[number - 1].strip() if number <= len(lines) else ""
            if any(map(str.isalnum, said)) and not said.startswith(("```", "~~~")):
                where = number, number, unit.section
                found.append(Unit(PROSE, said, normalised(said), *where))
    return found


def _text_units(text: str, above: int) -> Iterator[Unit]:
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
