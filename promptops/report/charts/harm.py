"""Rules by the harm they do, with what each costs: of a `promptops cliff` result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.excerpt import excerpt
from promptops.report._page import Markup
from promptops.report.charts import chart, rect, text

ROW, LEFT, WIDTH, BARS, TOP = 26.0, 196.0, 720.0, 270.0, 54.0
MOST = 20


def harm_bars(result: Mapping[str, Any]) -> Markup:
    """Bars of `result["ranking"]`: confirmed harm in broken rules a hundred answers."""
    rows = [row for row in result["ranking"] if row["breaks"]][:MOST]
    most = max((row["confirmed_per_100_answers"] for row in rows), default=1.0) or 1.0
    told = "; ".join(f"{row['rule']} breaks {', '.join(row['breaks'])}" for row in rows)
    return chart(
        WIDTH,
        TOP + ROW * max(len(rows), 1) + 10,
        f"Rules of {result['prompt']} by the harm they do: {told or 'none was found'}",
        text(16, 24, "Rules by harm", "head"),
        text(LEFT, 44, "broken in 100 answers that would show it", "quiet small"),
        *(drawn for k, row in enumerate(rows) for drawn in _row(row, TOP + ROW * k, most)),
        *([] if rows else [text(16, TOP + 18, "no rule was found to break another", "quiet")]),
    )


def _row(row: Mapping[str, Any], y: float, most: float) -> Iterator[Markup]:
    value = row["confirmed_per_100_answers"]
    wide = BARS * value / most
    yield text(LEFT - 10, y + 17, excerpt(row["rule"], 26), "end")
    yield rect(LEFT, y + 3, (wide, ROW - 8), "harm3", f"breaks {', '.join(row['breaks'])}")
    yield text(LEFT + wide + 8, y + 17, f"{value:.0f}  {cost(row)}".rstrip(), "quiet small")


def cost(row: Mapping[str, Any]) -> str:
    """What the rule costs: tokens, and dollars where they are known."""
    parts = [] if row["tokens"] is None else [f"{row['tokens']} tokens"]
    if row["usd_per_month"] is not None:
        parts.append(f"${row['usd_per_month']:,.2f} a month")
    elif row["usd_per_1000_calls"] is not None:
        parts.append(f"${row['usd_per_1000_calls']:.4f} for 1,000 calls")
    return ", ".join(parts)
