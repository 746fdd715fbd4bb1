"""The capacity curve of a `promptops cliff` result: compliance against the number of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptops.report._page import Markup
from promptops.report.charts import (
    WIDEST,
    Scale,
    across,
    chart,
    down,
    legend,
    line,
    path,
    point,
    rect,
    text,
)

HEIGHT = 380.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 20.0, 46.0, 84.0
CLOSE = 26.0  # pixels that the name of a number of rules needs
SHAPES = {
    "none": "no cliff up to {rules} rules",
    "threshold": "holds, then breaks at about {at:.0f} rules ({low:.0f} to {high:.0f})",
    "linear": "falls with every rule",
    "exponential": "falls at once, then less and less",
    "cannot_tell": "cannot tell yet whether it falls",
}


def capacity_curve(result: Mapping[str, Any], width: float = WIDEST) -> Markup:
    """The curve of `result["capacity"]`, as `cliff --format json` prints it or evidence keeps it.

    width: below that of a page the curve's shape is not written above it.
    """
    capacity = result["capacity"]
    points = capacity["curve"]
    sizes = [point["rules"] for point in points] or [0, 1]
    x = Scale(min(sizes), max(sizes), LEFT + 10, width - RIGHT - 10)
    top = TOP if width >= WIDEST else 12.0
    y = Scale(0.0, 1.0, HEIGHT - BOTTOM, top)
    told = "; ".join(f"{p['rules']} rules: {100 * p['rate']:.0f} % kept" for p in points)
    title = f"How {result['prompt']} is kept as rules pile up: {sentence(capacity)}; {told}"
    levels = [(share / 100, f"{share} %") for share in range(0, 101, 20)]
    marks = tuple(_marks(points, capacity.get("recorded", False)))
    named, last = legend(marks, HEIGHT - 14, width)
    return chart(
        width,
        last + 14,
        title,
        *((text(16, 24, sentence(capacity), "head"),) if width >= WIDEST else ()),
        down(LEFT, y, levels, width - RIGHT),
        across(HEIGHT - BOTTOM, x, _named(sizes, x), HEIGHT - BOTTOM + 2),
        text((LEFT + width) / 2, HEIGHT - BOTTOM + 38, "rules in the prompt", "quiet small middle"),
        *_break(capacity, x, top),
        *_whole(points, x, y),
        *_kept(points, x, y),
        *named,
    )


def sentence(capacity: Mapping[str, Any]) -> str:
    """The shape in words."""
    low, high = capacity.get("interval") or (0.0, 0.0)
    at = capacity.get("break_point") or 0.0
    return SHAPES[capacity["shape"]].format(rules=capacity["rules"], at=at, low=low, high=high)


def _named(sizes: Sequence[int], x: Scale) -> list[tuple[float, str]]:
    """The numbers of rules that have room for their names."""
    named: list[tuple[float, str]] = []
    for size in sizes:
        if not named or x(size) - x(named[-1][0]) >= CLOSE:
            named.append((float(size), str(size)))
    return named


def _break(capacity: Mapping[str, Any], x: Scale, top: float) -> Iterator[Markup]:
    interval, broken = capacity.get("interval"), capacity.get("break_point")
    if broken is None or not interval:
        return
    (low, high), at = (x(value) for value in interval), x(broken)
    yield rect(low, top, (high - low, HEIGHT - top - BOTTOM), "badband")
    yield line((at, top), (at, HEIGHT - BOTTOM), "broken")


def _kept(points: Sequence[Mapping[str, Any]], x: Scale, y: Scale) -> Iterator[Markup]:
    if len(points) > 1:
        yield path([(x(p["rules"]), y(p["rate"])) for p in points], "line")
    for p in points:
        at, (low, high) = x(p["rules"]), p["interval"]
        words = f"{100 * p['rate']:.0f} % kept ({100 * low:.0f} to {100 * high:.0f})"
        yield line((at, y(low)), (at, y(high)), "span")
        yield point(at, y(p["rate"]), f"{p['rules']} rules: {words}")


def _whole(points: Sequence[Mapping[str, Any]], x: Scale, y: Scale) -> Iterator[Markup]:
    """Answers with every rule kept, and what rules failing one by one add up to."""
    for name, kind in (("all_kept_by_chance", "other dots"), ("all_kept", "other")):
        known = [(x(p["rules"]), y(p[name])) for p in points if p.get(name) is not None]
        if len(known) > 1:
            yield path(known, kind)


def _marks(points: Sequence[Mapping[str, Any]], recorded: bool) -> Iterator[tuple[str, str]]:
    """What the curves say that are there."""
    spread = "lowest to highest call" if recorded else "95 % interval"
    yield "point", f"one rule is kept, {spread}"
    if any(p.get("all_kept") is not None for p in points):
        yield "other", "every rule is kept"
        yield "other dots", "what single failures add up to (pⁿ)"
