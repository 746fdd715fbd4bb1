"""What a report is made of. The package loads this when one of these names is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from promptops.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptops.diagnostic import Diagnostic

STYLES: Mapping[str, str] = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "frame": "1;34",
    "strong": "1",
    "good": "32",
    "bad": "31",
    "warn": "33",
    "quiet": "2",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 is the page's."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `tone` is "", "good", "bad", "warn" or "quiet"; `verbatim` keeps white space."""

    text: str
    tone: str = ""
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A bulleted list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; `align` has one of "l", "r" a column ("" is all left)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A word-level difference: runs of ("=", text), ("-", text), ("+", text)."""

    runs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Detail that a page or a comment may fold away; text shows it all.

    open: a page shows it at once.
    """

    summary: str
    blocks: tuple[Block, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Findings with the lines they stand in: `sources` maps a path to the file's text.

    rules: code -> (name, harm) of the checks that ran, for formats that describe them.
    files: how many files were looked at, 0 where that says nothing.
    """

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    rules: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    files: int = 0


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart: (label, value, note) each, values in `unit`; `limit` draws a line, or None."""

    rows: tuple[tuple[str, float, str], ...]
    unit: str
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart and what it says: in words, and as figures where no picture can be shown.

    svg: markup of `promptops.report.charts`; narrow: another one that a narrow screen shows in its
    place. drawn: lines for a terminal, at most 80 columns wide;
    without them a terminal shows the figures.
    """

    title: str
    summary: str
    svg: str
    figures: Table
    drawn: tuple[str, ...] = ()
    narrow: str = ""


Block = Heading | Text | Items | Table | Words | Fold | Diagnostics | Bars | Picture


class Late(Sequence[Block]):
    """Blocks that are made when a format first looks at them: JSON never does."""

    def __init__(self, make: Callable[[], Iterable[Block]]) -> None:
        self._make = make
        self._made: tuple[Block, ...] | None = None

    def _all(self) -> tuple[Block, ...]:
        if self._made is None:
            self._made = tuple(self._make())
        return self._made

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, at: Any) -> Any:
        return self._all()[at]

    def __iter__(self) -> Iterator[Block]:
        return iter(self._all())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What measuring says of one thing. passed: None where nobody can tell. parts: lines that show
    it."""

    name: str
    of: str
    passed: bool | None
    said: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a command has to say.

    result: plain JSON data, written under the schema `promptops/<command>/<version>`.
    exit_code: of the process once this is printed.
    raw: what goes out instead of the blocks, to the byte, where no terminal shows it: the content
        of a file. The blocks then say the same for eyes.
    lines: told the format, what goes out instead of all else, line by line: what nobody has to hold
        whole.
    marker: letters and hyphens by which a comment on a pull request is found again, "" for none.
    sheet: the result as one table, for spreadsheets. verdicts: for CI servers.
    long: a page to move about in: with contents, and tables that sort and filter.
    paths: of files of the repository that the blocks name: text shows them from where the reader stands.
    """

    command: str
    result: Any
    blocks: Sequence[Block] = ()
    exit_code: int = 0
    version: int = 1
    raw: str | None = None
    lines: Callable[[str], Iterator[str]] | None = None
    marker: str = ""
    sheet: Table | None = None
    verdicts: tuple[Verdict, ...] = ()
    long: bool = False
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a text will be read: handed in by the command line, which alone asks the terminal.

    width: columns. colour: SGR colours are understood. unicode: the marks and lines we draw may
    leave ASCII. links: OSC 8 hyperlinks are understood. root: absolute path of the repository,
    that links to files start from; "" for none. below: the folder in it where the reader stands.
    """

    width: int = 80
    colour: bool = False
    unicode: bool = True
    links: bool = False
    root: str = ""
    below: str = ""

    def paint(self, text: str, style: str) -> str:
        """`text` in one of `STYLES`, unchanged where there is no colour or no such style."""
        if not self.colour or style not in STYLES:
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    def shown(self, path: str) -> str:
        """A path of the repository as somebody types it who stands in `below`."""
        if not self.below:
            return path
        from posixpath import relpath

        return relpath(f"/{path}", f"/{self.below}")

    def link(self, text: str, path: str) -> str:
        """`text` as a link to a file of the repository where the terminal takes links."""
        if not (self.links and self.root):
            return text
        from promptops.report.safe import percent

        target = percent(f"{self.root.rstrip('/')}/{path}")
        return f"\x1b]8;;file://{target}\x1b\\{text}\x1b]8;;\x1b\\"

    def mark(self, drawn: str, plain: str) -> str:
        """`drawn` where Unicode may be used, else its ASCII stand-in."""
        return drawn if self.unicode else plain
