"""A file that remembers positions: places and character ranges become lines and columns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from promptops.diagnostic import Edit, Place, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class Document(Protocol):
    """What every reader of a file format gives back beside the data."""

    path: str
    text: str

    @property
    def lines(self) -> Lines:
        """Line starts."""
        ...

    def locate(
        self, place: Place, within: tuple[int, int] | None = None, *, key: bool = False
    ) -> tuple[int, int]:
        """Character offsets [start, end) in `text` of `place`, or of its nearest existing ancestor.

        `within` narrows it to a character range of the value's text; `key` means the key's name.
        """
        ...

    def edit(
        self, place: Place, within: tuple[int, int] | None, replacement: str
    ) -> Sequence[Edit]:
        """The splice that makes `within` of the value at `place` read `replacement`.

        Empty where that cannot be done without touching anything else.
        """
        ...


class Lines:
    """Line starts of a text; offsets to spans. Lines end at `\\n`, `\\r\\n` or `\\r`."""

    __slots__ = ("starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        position = 0
        # Not splitlines: it also ends lines at form feeds, U+0085, U+2028 …
        for line in text.replace("\r\n", " \n").replace("\r", "\n").split("\n"):
            position += len(line) + 1
            self.starts.append(position)

    def span(self, start: int, end: int) -> Span:
        """The 1-based lines and columns of the characters [start, end)."""
        line, column = self.position(start)
        end_line, end_column = self.position(max(start, end))
        return Span(line, column, end_line, end_column)

    def position(self, offset: int) -> tuple[int, int]:
        """1-based line and column of a character offset; past the end is the end."""
        offset = min(max(offset, 0), len(self.text))
        index = bisect_right(self.starts, offset) - 1
        index = min(index, max(len(self.starts) - 2, 0))
        return index + 1, offset - self.starts[index] + 1

    def line(self, number: int) -> str:
        """The text of a 1-based line without its line end; "" past the end."""
        if not 1 <= number < len(self.starts):
            return ""
        return self.text[self.starts[number - 1] : self.starts[number]].rstrip("\r\n")
