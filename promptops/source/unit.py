"""A text on its way to being units: its lines, and what was found so far."""

from __future__ import annotations

from itertools import accumulate

from promptops.patterns import later
from promptops.source.markup import STARTERS, interrupts, is_delimiter
from promptops.values import NamedTuple

FRONT_MATTER = "front-matter"
HEADING = "heading"
ITEM = "item"
PROSE = "prose"
CODE = "code"
TABLE = "table"
QUOTE = "quote"
HTML = "html"
BREAK = "break"

LINES = later(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Unit(NamedTuple):
    """One stretch of a text, in the order of the file.

    kind: front-matter, heading, item (the first paragraph of a list item), prose (any other
        paragraph), code (a block), table (a row; the first also holds the delimiter row), quote (a
        paragraph or item of a block quote), html (a comment, tag or template line) or break.
    text: `file[start:end]` as it stands, inner line ends and indentation included, without
        marker, fences, heading marks and outer white space.
    outer_start, outer_end: the lines it stands on, marker and last line end included. Outer ranges
        never overlap; between them is nothing but white space (and a BOM before the first).
    line, end_line: of the outer range, 1-based, inclusive.
    section: texts of the headings above, outermost first.
    depth: 0 outside lists, 1 in a top-level item, and so on.
    marker: what was left out before the text: `-`, `3.`, `- [ ]`, `##`, ```` ```python ````, `>`.
    """

    kind: str
    text: str
    start: int
    end: int
    outer_start: int
    outer_end: int
    line: int
    end_line: int
    section: tuple[str, ...]
    depth: int
    marker: str


def _split(text: str) -> tuple[list[str], list[int]]:
    """Lines without their ends (a CR may stay) and where each starts; one start more than lines."""
    if "\r" in text and "\r" in text.replace("\r\n", ""):
        kept = LINES.findall(text)  # a CR alone ends a line, too
        return [line.rstrip("\r\n") for line in kept], [0, *accumulate(map(len, kept))]
    lines = text.split("\n")
    starts = [0, *accumulate([len(line) + 1 for line in lines])]
    starts[-1] = len(text)
    return lines, starts


class Pieces:
    """The lines of a text and the units found in them so far; what a block function works on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines, self.starts = _split(text)
        if text.startswith("\ufeff"):
            self.lines[0], self.starts[0] = self.lines[0][1:], 1
        self.units: list[Unit] = []
        self.section: tuple[str, ...] = ()
        self.levels: list[int] = []
        self.open: list[tuple[int, int]] = []  # list items around: (column of marker, of content)
        self.tags: list[str] = []
        self.hopeless: set[str] = set()  # ends of comments that do not occur further on
        self.wrapper = 0  # the line that closes a fence around the whole text

    def emit(self, kind: str, start: int, end: int, at: int, after: int, marker: str = "") -> int:
        """Add the unit of the lines [at, after) with the text [start, end); returns `after`.

        A comment at the end says something about a paragraph or item and is no part of its text.
        """
        if self.text.endswith("-->", start, end) and kind in {ITEM, PROSE, QUOTE}:
            comment = self.text.rfind("<!--", start, end)
            end = start + len(self.text[start:comment].rstrip()) if comment > start else end
        self.units.append(
            Unit(
                kind,
                self.text[start:end],
                start,
                end,
                self.starts[at],
                self.starts[after],
                at + 1,
                after,
                self.section,
                len(self.open),
                marker,
            )
        )
        return after

    def end_of(self, at: int) -> int:
        """Where the text of line `at` ends, white space left out."""
        return self.starts[at] + len(self.lines[at].rstrip())

    def paragraph_end(self, at: int, in_item: bool = False) -> int:
        """The first line from `at` on that does not continue the paragraph before it."""
        lines = self.lines
        while at < len(lines):
            body = lines[at].lstrip()
            if not body:
                break
            if body[0] in STARTERS and interrupts(body.rstrip(), in_item):
                break
            if "|" in body and self.delimiter_follows(at):
                break
            at += 1
        return at

    def delimiter_follows(self, at: int) -> bool:
        """True if line `at` is the head of a table."""
        return at + 1 < len(self.lines) and is_delimiter(self.lines[at + 1].strip())
