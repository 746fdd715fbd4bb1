"""Pictures for a terminal of 80 columns: who breaks whom, and how compliance falls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promptops.report import Screen
from promptops.report._width import cut, pad
from promptops.report.charts.interference import shown_rules

LABEL = 24  # columns of a rule's name
SHADES = ((30.0, "██", "##"), (20.0, "▓▓", "%%"), (10.0, "▒▒", "++"), (-1e9, "░░", ".."))
HEIGHT = 11  # lines of a curve: a tenth each
FRAME = 8  # columns left of a curve


def matrix(result: Mapping[str, Any], screen: Screen) -> str:
    """Rows break columns: the darker, the more; `··` cleared, `?` suspected, blank undecided.

    Where not all rules fit, those with most to see are shown.
    """
    shown = shown_rules(result, (screen.width - LABEL - 5) // 2)
    cells = {(p["source"], p["target"]): p for p in result["interference"]}
    numbers = {rule: result["rules"].index(rule) + 1 for rule in shown}
    lines = [" " * (LABEL + 4) + row for row in _heads([numbers[rule] for rule in shown])]
    for source in shown:
        name = pad(cut(source, LABEL), LABEL, "l")
        row = "".join(_cell(source, target, cells, result, screen) for target in shown)
        lines.append(f"{numbers[source]:>3} {name}{row}".rstrip())
    left = len(result["rules"]) - len(shown)
    legend = legend_text(screen)
    if left > 0:
        legend.append(f"{left} rules without a finding are not shown; --format json has every pair")
    return "\n".join([*lines, "", *legend])


def _heads(numbers: Sequence[int]) -> list[str]:
    """The columns' numbers from top to bottom, one digit a line."""
    digits = len(str(max(numbers, default=0)))
    texts = [str(number).rjust(digits) for number in numbers]
    return ["".join(f" {text[k]}" for text in texts).rstrip() for k in range(digits)]


def legend_text(screen: Screen) -> list[str]:
    """What the marks of the matrix mean, in lines of less than 80 columns."""
    dark, mid, light, weak = (screen.mark(*shade[1:]) for shade in SHADES)
    return [
        f"a row breaks a column: {dark} 30 points or more, {mid} 20, {light} 10, {weak} less",
        f"{screen.mark('··', '- ')} cleared   ?  suspected, not confirmed   blank: open or not tested",
    ]


def _cell(
    source: str,
    target: str,
    cells: Mapping[tuple[str, str], Mapping[str, Any]],
    result: Mapping[str, Any],
    screen: Screen,
) -> str:
    if source == target:
        return screen.mark(" ╲", " \\")
    pair = cells.get((source, target))
    if pair is None or pair["effect_pp"] is None:
        return "  "
    if pair["confirmed"]:
        return next(screen.mark(*marks) for least, *marks in SHADES if pair["effect_pp"] >= least)
    if pair["verdict"] == "cleared":
        return screen.mark(" ·", " -")
    return " ?" if pair["effect_pp"] >= result["settings"]["delta_pp"] else "  "


def curve(capacity: Mapping[str, Any], screen: Screen) -> str:
    """Compliance (●, with its interval) and the share of calls with every rule kept (×).

    The break point's interval is drawn on the axis.
    """
    points = capacity["curve"]
    width = max(20, min(screen.width, 80) - FRAME - 2)
    low, high = points[0]["rules"], points[-1]["rules"]
    column = _scale(low, high, width)
    grid = [[" "] * width for _ in range(HEIGHT)]
    for point in points:
        x = column(point["rules"])
        if point["all_kept"] is not None:
            grid[_line(point["all_kept"])][x] = screen.mark("×", "x")
        bottom, top = (_line(value) for value in point["interval"])
        for y in range(top, bottom + 1):
            grid[y][x] = screen.mark("│", "|")
        grid[_line(point["rate"])][x] = screen.mark("●", "o")
    lines = [
        f"{100 - 10 * y:>4} % {screen.mark('┤', '|')}" + "".join(row).rstrip()
        for y, row in enumerate(grid)
    ]
    lines.append(" " * 7 + screen.mark("└", "+") + _axis(capacity, column, width, screen))
    lines.append(" " * FRAME + _numbers([point["rules"] for point in points], column, width))
    lines.append(" " * FRAME + "rules in the prompt")
    return "\n".join(lines)


def _scale(low: int, high: int, width: int) -> Any:
    span = max(high - low, 1)
    return lambda x: min(max(round((x - low) / span * (width - 1)), 0), width - 1)


def _line(rate: float) -> int:
    return round((1 - min(max(rate, 0.0), 1.0)) * (HEIGHT - 1))


def _axis(capacity: Mapping[str, Any], column: Any, width: int, screen: Screen) -> str:
    cells = [screen.mark("─", "-")] * width
    if capacity["interval"]:
        low, high = (column(x) for x in capacity["interval"])
        for x in range(low, high + 1):
            cells[x] = screen.mark("━", "=")
        cells[column(capacity["break_point"])] = screen.mark("▲", "^")
    return "".join(cells)


def _numbers(sizes: Sequence[int], column: Any, width: int) -> str:
    cells = [" "] * (width + 4)
    free = 0
    for size in sizes:
        text = str(size)
        start = max(0, column(size) - len(text) // 2)
        if start >= free:
            cells[start : start + len(text)] = text
            free = start + len(text) + 1
    return "".join(cells).rstrip()
