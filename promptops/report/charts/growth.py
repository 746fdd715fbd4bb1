"""How something grows with the work, against growing in step with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptops.report._page import Markup
from promptops.report.charts import Scale, across, chart, down, line, path, point, text

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720.0, 320.0, 64.0, 170.0, 44.0, 52.0
DASHES = ("line", "line dash2", "line dash3", "line dash4", "line dash5")


@dataclass(frozen=True, slots=True)
class Line:
    """points: (share of the work, share of the time or memory at all of it)."""

    name: str
    points: Sequence[tuple[float, float]]


def growth(title: str, lines: Sequence[Line]) -> Markup:
    """The chart: what lies above the dashed diagonal grows slower than the work."""
    along = Scale(0.0, 1.0, LEFT, WIDTH - RIGHT)
    up = Scale(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    shares = [(share / 100, f"{share} %") for share in (0, 25, 50, 75, 100)]
    parts = [
        text(16, 24, title, "head"),
        down(LEFT, up, shares, WIDTH - RIGHT),
        across(HEIGHT - BOTTOM, along, shares, HEIGHT - BOTTOM + 2),
        line((along(0.0), up(0.0)), (along(1.0), up(1.0)), "limit"),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "share of the work", "quiet small middle"),
    ]
    for number, one in enumerate(lines):
        drawn = [(along(x), up(y)) for x, y in one.points]
        parts.append(path(drawn, DASHES[number % len(DASHES)]))
        parts += [point(x, y, one.name) for x, y in drawn]
        at = TOP + 12 + 22 * number
        start = WIDTH - RIGHT + 12
        parts.append(path([(start, at - 4), (start + 26, at - 4)], DASHES[number % len(DASHES)]))
        parts.append(text(start + 34, at, one.name, "small"))
    return chart(WIDTH, HEIGHT, title, *parts)
