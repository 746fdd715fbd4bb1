"""Charts as SVG, one file a kind. They take the page's colours, light and dark, and load nothing.

A chart is markup for a page; `standalone` makes a file of it. Sizes are CSS pixels. Colour never
says anything alone, and each chart stands beside a table of its figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from promptops.report._page import COLOURS, Markup, markup, tag

WIDEST = 720.0  # pixels of a chart, 45rem in the style
NARROW = 336.0  # of one for a telephone

STYLE = """
figure { margin: 1.2rem 0; } figcaption { max-width: 46rem; } figcaption strong { display: block; }
.chart { display: block; width: 100%; max-width: 45rem; }
.chart text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  fill: var(--text); }
.chart .quiet { fill: var(--quiet); } .chart .small { font-size: 11px; }
.chart .end { text-anchor: end; } .chart .middle { text-anchor: middle; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 4; }
.chart .line { fill: none; stroke: var(--fill); stroke-width: 2.5; stroke-linejoin: round; }
.chart .dash2 { stroke-dasharray: 8 4; } .chart .dash3 { stroke-dasharray: 3 3; }
.chart .dash4 { stroke-dasharray: 10 3 2 3; } .chart .dash5 { stroke-dasharray: 1 4; }
.chart .band { fill: var(--fill); opacity: .18; }
.chart .span { stroke: var(--fill); stroke-width: 3; stroke-linecap: round; }
.chart .point { fill: var(--fill); stroke: var(--back); stroke-width: 1.5; }
.chart .bad { fill: var(--bad); } .chart .good { fill: var(--good); } .chart .warn { fill: var(--warn); }
.chart .head { font-weight: 600; font-size: 15px; } .chart .onto { fill: var(--back); }
.chart .cell { fill: var(--soft); } .chart .blank { fill: var(--back); }
.chart .harm1 { fill: var(--bad); opacity: .3; } .chart .harm2 { fill: var(--bad); opacity: .6; }
.chart .harm3 { fill: var(--bad); } .chart .axis { stroke: var(--quiet); stroke-width: 1; }
.chart .other { fill: none; stroke: var(--warn); stroke-width: 1.5; } .chart .dots { stroke-dasharray: 2 4; }
.chart .broken { stroke: var(--bad); stroke-width: 2; } .chart .badband { fill: var(--bad); opacity: .14; }
.chart .point.idle { fill: var(--back); stroke: var(--quiet); } .chart .span.idle { stroke: var(--quiet); stroke-width: 2; }
.chart .span.bad { stroke: var(--bad); } .chart .span.warn { stroke: var(--warn); }
"""

# What a page has beside: one of two charts is shown.
ON_PAGE = """.narrow { display: none; }
@media screen and (max-width: 40rem) { .wide { display: none; } .narrow { display: block; margin: .9rem 0; } }
"""


def chart(width: float, height: float, title: str, *inside: str) -> Markup:
    """The chart as an element; `title` is what a screen reader says of it."""
    size = f"{number(width)} {number(height)}"
    name = tag("title", title)
    attributes = {"viewBox": f"0 0 {size}", "role": "img", "class_": "chart"}
    # A scaled-down chart cannot be read: below its own width it scrolls, or another one is shown.
    own = f"min-width:{number(width * 0.8)}px"
    own += f";max-width:{number(width)}px" if width > WIDEST else ""  # its letters stay as large
    return tag("svg", name, *inside, style=own, **attributes)


def standalone(drawn: Markup) -> str:
    """A chart as the text of an `.svg` file, light or dark as its reader likes it."""
    style = tag("style", Markup(COLOURS + STYLE + "svg { background: var(--back); }"))
    head = '<svg xmlns="http://www.w3.org/2000/svg" '
    opened, end, rest = drawn.partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{opened[5:]}{end}{style}{rest}\n'


def flattened(drawn: str) -> str:
    """A standalone chart in its light colours, for what knows no variables of style sheets."""
    light = dict(re.findall(r"--(\w+): (#\w+)", COLOURS.partition("@media")[0]))
    return re.sub(r"var\(--(\w+)\)", lambda found: light[found[1]], drawn)


def rect(x: float, y: float, size: tuple[float, float], kind: str, said: str = "") -> Markup:
    """A filled rectangle of (width, height); `said` shows while a pointer rests on it."""
    inside = (tag("title", said),) if said else ()
    sides = {"x": x, "y": y, "width": max(size[0], 0.0), "height": size[1]}
    return tag("rect", *inside, class_=kind, **{name: number(v) for name, v in sides.items()})


def number(value: float) -> str:
    """A coordinate, short: at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(x: float, y: float, said: str, kind: str = "") -> Markup:
    """Words whose baseline is at y. kind: classes such as `quiet small end`."""
    return tag("text", said, x=number(x), y=number(y), **({"class_": kind} if kind else {}))


def line(start: tuple[float, float], end: tuple[float, float], kind: str) -> Markup:
    """A straight line of a class."""
    (x1, y1), (x2, y2) = start, end
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return tag("line", class_=kind, **{name: number(value) for name, value in ends.items()})


def point(x: float, y: float, said: str = "", kind: str = "point", radius: float = 4.5) -> Markup:
    """A dot; `said` shows while a pointer rests on it."""
    inside = (tag("title", said),) if said else ()
    return tag("circle", *inside, class_=kind, cx=number(x), cy=number(y), r=number(radius))


def path(points: Sequence[tuple[float, float]], kind: str, closed: bool = False) -> Markup:
    """A line through points, or the area inside them."""
    steps = (f"{'L' if i else 'M'}{number(x)} {number(y)}" for i, (x, y) in enumerate(points))
    return tag("path", class_=kind, d=" ".join(steps) + ("Z" if closed else ""))


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high`, drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value stands, kept inside; the middle where all values are one."""
        if not isfinite(value) or self.high <= self.low:
            return (self.start + self.end) / 2
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def back(self, place: float) -> float:
        """The value that stands at a place."""
        return self.low + (place - self.start) / (self.end - self.start) * (self.high - self.low)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from at most `low` to at least `high`, steps of 1, 2, 2.5 or 5 times ten."""
    if not (isfinite(low) and isfinite(high)) or high <= low:
        return [low] if isfinite(low) else [0.0]
    rough = (high - low) / max(about, 1)
    ten = 10.0 ** floor(log10(rough))
    step = next(factor * ten for factor in (1, 2, 2.5, 5, 10) if factor * ten >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def down(size: float, scale: Scale, shown: Sequence[tuple[float, str]], end: float) -> Markup:
    """Horizontal grid lines from x = `size` to `end`, each named at its left."""
    parts = []
    for value, said in shown:
        y = scale(value)
        parts += [
            line((size, y), (end, y), "grid"),
            text(size - 8, y + 4, said, "quiet small end"),
        ]
    return markup(*parts)


def across(top: float, scale: Scale, shown: Sequence[tuple[float, str]], bottom: float) -> Markup:
    """Vertical grid lines from y = `top` to `bottom`, each named below."""
    parts = []
    for value, said in shown:
        x = scale(value)
        parts += [
            line((x, top), (x, bottom), "grid"),
            text(x, bottom + 16, said, "quiet small middle"),
        ]
    return markup(*parts)


def legend(
    marks: Sequence[tuple[str, str]], top: float, width: float
) -> tuple[list[Markup], float]:
    """Marks and what they say, in as many lines as they take; and the baseline of the last.

    marks: (class, words); a `point` is a dot, everything else a piece of line.
    """
    drawn: list[Markup] = []
    x, y = 12.0, top
    for kind, said in marks:
        dot = kind.startswith("point")
        room = (34.0 if dot else 56.0) + 6.0 * len(said)
        if x > 12.0 and x + room > width + 24:
            x, y = 12.0, y + 20
        drawn.append(point(x, y - 4, "", kind) if dot else line((x, y - 4), (x + 26, y - 4), kind))
        drawn.append(text(x + (10 if dot else 32), y, said, "quiet small"))
        x += room
    return drawn, y
