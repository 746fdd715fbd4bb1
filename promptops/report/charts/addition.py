"""What one more rule costs every other, against the margin: of a `promptops cliff` result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.excerpt import excerpt
from promptops.report._page import Markup
from promptops.report.charts import Scale, across, chart, line, point, text

ROW, LEFT, WIDTH, RIGHT, TOP = 22.0, 196.0, 720.0, 30.0, 46.0
KINDS = {"harmed": " bad", "clean": "", "open": " warn"}
MOST = 40


def addition_chart(result: Mapping[str, Any]) -> Markup:
    """The rules of `result["add"]`, the broken ones first."""
    add = result["add"]
    rows = [row for row in add["rules"] if row["harm_pp"] is not None][:MOST]
    bottom = TOP + ROW * max(len(rows), 1)
    x = Scale(-40.0, 100.0, LEFT, WIDTH - RIGHT)
    said = f"What {', '.join(add['candidates'])} costs the other rules: {add['verdict']}"
    told = "; ".join(
        f"{row['rule']}: {row['harm_pp']:.0f} points, {row['verdict']}" for row in rows
    )
    margin = x(add["margin_pp"])
    return chart(
        WIDTH,
        bottom + 44,
        f"{said}; {told}",
        text(16, 24, excerpt(said, 80), "head"),
        across(TOP, x, [(float(p), str(p)) for p in range(-40, 101, 20)], bottom),
        text(LEFT - 30, bottom + 16, "points lost", "quiet small end"),
        line((x(0.0), TOP), (x(0.0), bottom), "axis"),
        line((margin, TOP), (margin, bottom), "limit"),
        text(margin, bottom + 34, "margin", "quiet small middle"),
        *(drawn for k, row in enumerate(rows) for drawn in _row(row, TOP + ROW * (k + 0.5), x)),
    )


def _row(row: Mapping[str, Any], y: float, x: Scale) -> Iterator[Markup]:
    kind, (low, high) = KINDS[row["verdict"]], row["interval"]
    words = f"{row['harm_pp']:.0f} points ({low:.0f} to {high:.0f}), {row['verdict']}"
    yield text(LEFT - 10, y + 4, excerpt(row["rule"], 26), "end")
    yield line((x(low), y), (x(high), y), "span" + kind)
    yield point(x(row["harm_pp"]), y, f"{row['rule']}: {words}", "point" + kind)
