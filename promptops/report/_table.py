"""Tables and bar charts for a terminal."""

from __future__ import annotations

from itertools import zip_longest
from math import isfinite

from promptops.report._width import cut, pad, width, wrap
from promptops.report.safe import one_line, safe

TYPE_CHECKING = False  # drawing needs their attributes, not their classes
if TYPE_CHECKING:
    from promptops.report import Bars, Screen, Table

GAP = "  "
LEAST = 8  # columns below which text in a cell cannot be read
PROSE = 20  # columns in which a sentence reads well enough
EIGHTHS = " ▏▎▍▌▋▊▉"


def table(block: Table, screen: Screen) -> list[str]:
    """A table that fits the screen: wide columns wrap, numbers stay whole.

    Where even narrow columns do not fit, each row becomes lines of `column: value`.
    """
    align = block.align.ljust(len(block.columns), "l")
    head = [one_line(column) for column in block.columns]
    body = [
        [safe(cell).replace("\t", " ") for cell in row[: len(head)]] + [""] * (len(head) - len(row))
        for row in block.rows
    ]
    sizes = fitted(head, body, align, screen.width)
    if sizes is None:
        return _stacked(head, body, screen)
    drawn = [screen.paint(line, "strong") for line in _row(head, sizes, align)]
    drawn.append(GAP.join(screen.mark("─", "-") * size for size in sizes))
    for row in body:
        drawn += _row(row, sizes, align)
    return drawn


def fitted(head: list[str], body: list[list[str]], align: str, room: int) -> list[int] | None:
    """Columns for each column of a table, or None where it cannot fit into `room`."""
    wants = [
        max(width(line) for cell in column for line in cell.split("\n"))
        for column in zip(head, *body, strict=True)
    ]
    least = [
        want if side == "r" else min(want, max(LEAST, width(max(title.split(" "), key=width))))
        for want, side, title in zip(wants, align, head, strict=True)
    ]
    room -= len(GAP) * (len(head) - 1)
    if sum(least) > room:
        return None
    whole = [
        max(low, max(_unbroken(cell) for cell in column))
        for low, column in zip(least, zip(head, *body, strict=True), strict=True)
    ]
    sizes = _capped(least, whole, room)
    spare = room - sum(sizes)
    needy = sorted(range(len(head)), key=lambda i: wants[i] - sizes[i])
    for left, index in zip(range(len(needy), 0, -1), needy, strict=True):
        given = min(wants[index] - sizes[index], spare // left)
        sizes[index] += given
        spare -= given
    return sizes


def _unbroken(cell: str) -> int:
    """Columns that keep a path, a name or an address whole, and sentences from falling to pieces."""
    words = cell.split()
    return width(cell) if len(words) < 2 else min(max(map(width, words)), PROSE)


def _capped(least: list[int], whole: list[int], room: int) -> list[int]:
    """`whole` where it fits into `room`, else with its widest columns cut to one width, above `least`."""
    for cap in range(max(whole), 0, -1):
        sizes = [max(low, min(size, cap)) for low, size in zip(least, whole, strict=True)]
        if sum(sizes) <= room:
            return sizes
    return least


def _row(cells: list[str], sizes: list[int], align: str) -> list[str]:
    """One row of a table: as many lines as its highest cell."""
    columns = [wrap(cell, size) for cell, size in zip(cells, sizes, strict=True)]
    return [
        GAP.join(map(pad, line, sizes, align)).rstrip(" ")
        for line in zip_longest(*columns, fillvalue="")
    ]


def _stacked(head: list[str], body: list[list[str]], screen: Screen) -> list[str]:
    from promptops.report._lines import hung

    drawn: list[str] = []
    for row in body:
        drawn += [""] if drawn else []
        for title, cell in zip(head, row, strict=True):
            first, *more = hung(f"{title}: ", cell, screen)
            drawn += [screen.paint(f"{title}:", "strong") + first[len(title) + 1 :].rstrip(), *more]
    return drawn


def bars(block: Bars, screen: Screen) -> list[str]:
    """A bar a row on one scale from 0, its number beside it; the limit is a line across."""
    labels = [one_line(label) for label, _, _ in block.rows]
    numbers = [amount(value, block.unit) for _, value, _ in block.rows]
    notes = [one_line(note) for _, _, note in block.rows]
    label_size = min(max(map(width, labels), default=0), max(screen.width // 3, LEAST))
    number_size = max(map(width, numbers), default=0)
    note_size = min(max(map(width, notes), default=0), screen.width // 3)
    room = screen.width - label_size - number_size - note_size - 3 * len(GAP)
    room = min(max(room, LEAST), 60)
    scale = scale_of(block)
    drawn = []
    for label, (_, value, _), number, note in zip(labels, block.rows, numbers, notes, strict=True):
        bar = bar_of(value, scale, room, block.limit, screen)
        cells = (
            pad(cut(label, label_size, screen.mark("…", "...")), label_size),
            screen.paint(bar, "bad" if over(value, block.limit) else ""),
            pad(number, number_size, "r"),
            note,
        )
        drawn.append(GAP.join(cells).rstrip(" "))
    if drawn and block.limit is not None:
        line = screen.mark("│", "|")
        drawn.append(f"{' ' * label_size}{GAP}{line} limit {amount(block.limit, block.unit)}")
    return drawn


def over(value: float, limit: float | None) -> bool:
    """True if a limit is given and passed."""
    return limit is not None and value > limit


def scale_of(block: Bars) -> float:
    """The value that fills a bar: the largest one, or a limit not far above it."""
    values = [value for _, value, _ in block.rows if isfinite(value)]
    if block.limit is not None and isfinite(block.limit):
        values.append(block.limit)
    return max(values, default=0.0)


def bar_of(value: float, scale: float, room: int, limit: float | None, screen: Screen) -> str:
    """A bar of `room` columns, with the limit as a line across it where one is given."""
    share = value / scale if isfinite(value) and scale > 0 else 0.0
    eighths = round(min(max(share, 0.0), 1.0) * room * 8)
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (EIGHTHS[rest] if rest else "")
    if not screen.unicode:
        drawn = "#" * round(eighths / 8)
    drawn = drawn.ljust(room)
    if limit is not None and isfinite(limit) and 0 <= limit < scale:
        at = min(int(limit / scale * room), room - 1)
        drawn = drawn[:at] + screen.mark("│", "|") + drawn[at + 1 :]
    return drawn


def amount(value: float, unit: str) -> str:
    """A number with its unit: `1,234 tokens`, `$0.012`; no finite number is `undefined`."""
    if not isfinite(value):
        return "undefined"
    if value == int(value) and abs(value) < 1e15:
        number = f"{int(value):,}"
    else:
        number = f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
    unit = one_line(unit)
    if unit == "$":
        return f"-${number[1:]}" if number.startswith("-") else f"${number}"
    if unit == "%":
        return number + unit
    return f"{number} {unit}".rstrip(" ")
