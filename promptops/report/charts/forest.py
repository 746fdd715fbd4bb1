"""Rates with their intervals, a line each: how sure one is shows before the rate does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptops.excerpt import excerpt
from promptops.report._page import Markup
from promptops.report.charts import Scale, across, chart, line, point, text

ROW, TOP, WIDTH, LABELS, RIGHT = 26.0, 12.0, 720.0, 190.0, 150.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """rate and interval are fractions; tone: "", "bad" or "warn"; note stands at the right."""

    label: str
    rate: float
    interval: tuple[float, float]
    note: str = ""
    tone: str = ""


def forest(title: str, estimates: Sequence[Estimate]) -> Markup:
    """The chart: 0 to 100 %, one row an estimate in the order given."""
    bottom = TOP + ROW * len(estimates)
    scale = Scale(0.0, 1.0, LABELS, WIDTH - RIGHT)
    marks = [(share / 100, f"{share} %") for share in (0, 25, 50, 75, 100)]
    rows: list[str] = []
    for index, one in enumerate(estimates):
        y = TOP + ROW * (index + 0.5)
        low, high = (scale(value) for value in one.interval)
        said = f"{one.label}: {one.rate:.0%}, {one.interval[0]:.0%} to {one.interval[1]:.0%}"
        rows += [
            text(LABELS - 12, y + 4, excerpt(one.label, 24), "end"),
            line((low, y), (high, y), f"span {one.tone}".strip()),
            point(scale(one.rate), y, said, f"point {one.tone}".strip()),
            text(WIDTH - RIGHT + 12, y + 4, one.note, "quiet small"),
        ]
    return chart(WIDTH, bottom + 24, title, across(TOP, scale, marks, bottom), *rows)
