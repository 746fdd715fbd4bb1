"""CSV for spreadsheets: the report's sheet, else its tables and findings one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptops.report import Block, Diagnostics, Fold, Report, Screen, Table
from promptops.report._collect import in_order
from promptops.report.safe import one_line, powerless

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes the rest for a program after


def render(report: Report, _screen: Screen) -> str:
    """Rows as RFC 4180 has them, but that they end in a line feed.

    A text that a spreadsheet would run as a formula has a `'` before it; numbers stay as they are.
    """
    tables = [report.sheet] if report.sheet else list(_tables(report.blocks))
    parts = ["".join(map(_row, (table.columns, *table.rows))) for table in tables]
    return powerless("\n".join(parts))


def _tables(blocks: Iterable[Block]) -> Iterator[Table]:
    for block in blocks:
        match block:
            case Table():
                yield block
            case Diagnostics():
                yield _found(block)
            case Fold():
                yield from _tables(block.blocks)
            case _:
                pass


def _found(block: Diagnostics) -> Table:
    rows = (
        (d.path, str(d.span.line), str(d.span.column), d.code, d.severity.value, d.message, d.help)
        for d in in_order(block.diagnostics)
    )
    return Table(("path", "line", "column", "code", "severity", "message", "help"), tuple(rows))


def _row(cells: Sequence[str]) -> str:
    return ",".join(map(_cell, cells)) + "\n"


def _cell(text: str) -> str:
    text = one_line(text)
    if text.startswith(FORMULA) and not _number(text):
        text = f"'{text}"
    if any(mark in text for mark in ',"') or text != text.strip():
        text = '"' + text.replace('"', '""') + '"'
    return text


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
