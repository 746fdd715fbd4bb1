"""A command's answer and its parts. Commands answer, reporters speak.

A command returns a `Report`; the reporters of this folder (file name = format) turn it into text,
JSON, Markdown … Blocks are few on purpose: one command more must not cost five renderers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptops.diagnostic import Diagnostic


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
    """Detail that a page or a comment may fold away; text shows it all."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Findings with the lines they stand in: `sources` maps a path to the file's text."""

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart: (label, value, note) each, values in `unit`; `limit` draws a line, or None."""

    rows: tuple[tuple[str, float, str], ...]
    unit: str
    limit: float | None = None


Block = Heading | Text | Items | Table | Words | Fold | Diagnostics | Bars


@dataclass(frozen=True, slots=True)
class Report:
    """What a command has to say.

    result: plain JSON data, written under the schema `promptops/<command>/<version>`.
    exit_code: of the process once this is printed.
    """

    command: str
    result: Any
    blocks: Sequence[Block] = ()
    exit_code: int = 0
    version: int = 1
