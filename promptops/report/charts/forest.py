"""Rates with their intervals, a line each: how sure one is shows before the rate does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from promptops.excerpt import excerpt
from promptops.report._page import Markup
from promptops.report.charts import Scale, across, chart, line, point, text

ROW, TOP, WIDTH, RIGHT = 26.0, 12.0, 720.0, 110.0
LONGEST, LETTER = 34, 7.2  # letters of a label, and the width of one


@dataclass(frozen=True, slots=True)
class Estimate:
    """rate and interval are fractions; tone: "", "bad", "warn" or "idle"; note stands at the right."""

    label: str
    rate: float
    interval: tuple[float, float]
    note: str = ""
    tone: str = ""


def forest(
    title: str, estimates: Sequence[Estimate], legend: Mapping[str, str] | None = None
) -> Markup:
    """The chart: 0 to 100 %, one row an estimate in the order given.

    legend: what each tone says; those that are drawn are named below.
    """
    bottom = TOP + ROW * len(estimates)
    labels = 24 + LETTER * min(max((len(e.label) for e in estimates), default=0), LONGEST)
    scale = Scale(0.0, 1.0, labels, WIDTH - RIGHT)
    marks = [(share / 100, f"{share} %") for share in (0, 25, 50, 75, 100)]
    rows: list[str] = []
    for index, one in enumerate(estimates):
        y = TOP + ROW * (index + 0.5)
        low, high = (scale(value) for value in one.interval)
        said = f"{one.label}: {one.rate:.0%}, {one.interval[0]:.0%} to {one.interval[1]:.0%}"
        rows += [
            text(labels - 12, y + 4, excerpt(one.label, LONGEST), "end"),
            line((low, y), (high, y), f"span {one.tone}".strip()),
            point(scale(one.rate), y, said, f"point {one.tone}".strip()),
            text(WIDTH - RIGHT + 12, y + 4, one.note, "quiet small"),
        ]
    named = _legend(legend or {}, {one.tone for one in estimates}, bottom + 40)
    height = bottom + (52 if named else 24)
    return chart(WIDTH, height, title, across(TOP, scale, marks, bottom), *rows, *named)


def _legend(legend: Mapping[str, str], tones: Set[str], y: float) -> list[Markup]:
    """A dot and what it says, for each tone that is there, in one line."""
    parts: list[Markup] = []
    x = 12.0
    for tone, said in legend.items():
        if tone in tones:
            parts += [point(x, y, "", f"point {tone}".strip()), text(x + 10, y + 4, said, "small")]
            x += 34 + len(said) * 6
    return parts
