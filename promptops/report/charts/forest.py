"""Rates with their intervals, a line each: how sure one is shows before the rate does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptops.excerpt import excerpt
from promptops.report._page import Markup
from promptops.report.charts import NARROW, Scale, across, chart, line, point, text
from promptops.report.charts import legend as legend_of

ROW, TOP, WIDTH, RIGHT = 26.0, 12.0, 720.0, 110.0
LONGEST, LETTER = 34, 7.2  # letters of a label, and the width of one
HIGH = 42.0  # a row of two lines


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
    labels = 24 + LETTER * min(max((len(e.label) for e in estimates), default=0), LONGEST)
    scale = Scale(0.0, 1.0, labels, WIDTH - RIGHT)
    rows: list[Markup] = []
    for index, one in enumerate(estimates):
        y = TOP + ROW * (index + 0.5)
        rows.append(text(labels - 12, y + 4, excerpt(one.label, LONGEST), "end"))
        rows += _estimate(one, scale, y)
    return _drawn(title, estimates, legend or {}, (scale, TOP + ROW * len(estimates), WIDTH), rows)


def stacked(
    title: str, estimates: Sequence[Estimate], legend: Mapping[str, str] | None = None
) -> Markup:
    """The same for a narrow screen: each label stands above its line."""
    note = LETTER * max((len(e.note) for e in estimates), default=0)
    scale = Scale(0.0, 1.0, 12.0, NARROW - 12 - note)
    rows: list[Markup] = []
    for index, one in enumerate(estimates):
        y = TOP + HIGH * index
        rows.append(text(4, y + 14, excerpt(one.label, int((NARROW - 8) / LETTER))))
        rows += _estimate(one, scale, y + 28)
    return _drawn(
        title, estimates, legend or {}, (scale, TOP + HIGH * len(estimates), NARROW), rows
    )


def _estimate(one: Estimate, scale: Scale, y: float) -> Iterator[Markup]:
    low, high = (scale(value) for value in one.interval)
    said = f"{one.label}: {one.rate:.0%}, {one.interval[0]:.0%} to {one.interval[1]:.0%}"
    yield line((low, y), (high, y), f"span {one.tone}".strip())
    yield point(scale(one.rate), y, said, f"point {one.tone}".strip())
    yield text(scale.end + 12, y + 4, one.note, "quiet small")


def _drawn(
    title: str,
    estimates: Sequence[Estimate],
    legend: Mapping[str, str],
    place: tuple[Scale, float, float],
    rows: Sequence[Markup],
) -> Markup:
    """The rows over their grid and above the legend; place: the scale, the rows' end, the width."""
    scale, bottom, width = place
    marks = [(share / 100, f"{share} %") for share in (0, 25, 50, 75, 100)]
    tones = {one.tone for one in estimates}
    shown = [(f"point {tone}".strip(), said) for tone, said in legend.items() if tone in tones]
    named, last = legend_of(shown, bottom + 44, width)
    height = last + 8 if shown else bottom + 24
    return chart(width, height, title, across(TOP, scale, marks, bottom), *rows, *named)
