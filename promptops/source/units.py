"""Markdown and plain text cut into units: what history follows, checks read and import splits.

A line splitter, no Markdown parser: CommonMark's blocks as far as instruction files use them, and
kinder than CommonMark where models and authors are. A tag (`<rules>`) or template line
(`{% if x %}`) alone on its line is a unit of its own, so that what stands between is read as text.
A bullet two columns in is nested. A fence in an item may close further left. Unicode bullets count.
Three lines or more that each look like a sentence are as many paragraphs: lists without bullets.
Time is linear in the text.
"""

from __future__ import annotations

from promptops.source import blocks
from promptops.source.markup import (
    BULLETS,
    ITEM_START,
    column_of,
    indent_of,
    is_break,
    is_line_by_line,
)
from promptops.source.unit import BREAK, HEADING, ITEM, PROSE, Pieces, Unit


def read_units(text: str) -> tuple[Unit, ...]:
    """The units of a Markdown or plain text file. Never fails: any text is some Markdown."""
    return tuple(Splitter(text).run())


class Splitter(Pieces):
    """Walks the lines of a text once and collects its units.

    A block function takes the number of its first line, where in the text its content begins and
    the content of that line; it emits units and returns the number of the line after the block, or
    0 where it is no such block.
    """

    def run(self) -> list[Unit]:
        lines, at, after_blank = self.lines, blocks.front_matter(self), True
        while at < len(lines):
            line = lines[at]
            body = line.strip()
            if not body:
                at, after_blank = at + 1, True
                continue
            indent = indent_of(line)
            column = column_of(line[:indent]) if indent else 0
            while self.open and column < self.open[-1][0] + 2:
                self.open.pop()
            begin = self.starts[at] + indent
            at = (
                (after_blank and column >= 4 and blocks.indented_code(self, at, column, body))
                or self.block(at, begin, body)
                or self._paragraph(at, begin)
            )
            after_blank = False
        return self.units

    def block(self, at: int, begin: int, body: str) -> int:
        """The block that the first character of the line may begin; 0 if it does not."""
        read = BLOCKS.get(body[0])
        return read(self, at, begin, body) if read else 0

    def _paragraph(self, at: int, begin: int) -> int:
        if "|" in self.lines[at] and self.delimiter_follows(at):
            return blocks.table(self, at, begin, "")
        if self._underlined(at):
            mark = self.lines[at + 1].strip()
            self._enter(1 if mark[0] == "=" else 2)
            self.emit(HEADING, begin, self.end_of(at), at, at + 2, mark)
            return self._under(at + 2)
        after = self.paragraph_end(at + 1)
        if after - at >= 3 and is_line_by_line(self.lines[at:after]):
            for line in range(at, after):
                begin = self.starts[line] + indent_of(self.lines[line])
                self.emit(PROSE, begin, self.end_of(line), line, line + 1)
            return after
        return self.emit(PROSE, begin, self.end_of(after - 1), at, after)

    def _underlined(self, at: int) -> bool:
        """True if the next line makes a heading of line `at`.

        A whole sentence over `---` is a sentence and a break: who meant a heading ends no sentence.
        """
        mark = self.lines[at + 1].strip() if at + 1 < len(self.lines) else ""
        if not mark or (mark.strip("=") and mark.strip("-")) or mark == "-":
            return False
        return self.lines[at].rstrip()[-1] not in ".!?:;,。！？："

    def heading(self, at: int, begin: int, body: str) -> int:
        """`## Title ##`."""
        text = body.lstrip("#")
        level = len(body) - len(text)
        if level > 6 or (text and not text[0].isspace()):
            return 0
        start = begin + len(body) - len(text.lstrip())
        bare = text.rstrip("#")
        if bare != text and (not bare or bare[-1].isspace()):
            text = bare
        self._enter(level)
        self.emit(HEADING, start, start + len(text.strip()), at, at + 1, "#" * level)
        return self._under(at + 1)

    def _enter(self, level: int) -> None:
        while self.levels and self.levels[-1] >= level:
            self.levels.pop()
        self.section = self.section[: len(self.levels)]
        self.levels.append(level)

    def _under(self, after: int) -> int:
        self.section = (*self.section, self.units[-1].text.strip("*_ "))
        return after

    def line_break(self, at: int, begin: int, body: str) -> int:
        """`---`."""
        return self.emit(BREAK, begin, begin + len(body), at, at + 1) if is_break(body) else 0

    def item(self, at: int, begin: int, body: str) -> int:
        """A list item up to its first blank line or nested block."""
        if is_break(body):
            return self.line_break(at, begin, body)
        start, end, marker = begin, begin + len(body), ""
        column = column_of(self.text[self.starts[at] : begin])
        while match := ITEM_START.match(self.text, start, end):
            self.open.append((column, column + match.end() - start))
            column, start, marker = column + 2, match.end(), match[0].strip()
        if not marker:
            return 0
        if start < end and self.text[start] in "`~>":
            after = self.block(at, start, self.text[start:end])
            if after:
                return after
        after = self.paragraph_end(at + 1, in_item=True)
        if start == end and after > at + 1:
            start = self.starts[at + 1] + indent_of(self.lines[at + 1])
        return self.emit(ITEM, start, max(start, self.end_of(after - 1)), at, after, marker)


BLOCKS = {
    **dict.fromkeys("#", Splitter.heading),
    **dict.fromkeys(BULLETS + "0123456789", Splitter.item),
    **dict.fromkeys("_", Splitter.line_break),
    **dict.fromkeys("`~", blocks.fence),
    **dict.fromkeys("|", blocks.table),
    **dict.fromkeys("<", blocks.tags),
    **dict.fromkeys("{", blocks.template),
    **dict.fromkeys("[", blocks.data),
    **dict.fromkeys(">", blocks.quote),
}
