"""Counts of plain texts, as JSON data and as a table: loads nothing that prompts need."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from promptops.tokens.count import Count
from promptops.tokens.prices import Price

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from typing import Any

TextCount = tuple[str, str, Count, "float | None"]  # name, model, count, dollars


def of_text(
    count: Count, cost: Price | None, usd: float | None, total: Count | None
) -> dict[str, Any]:
    """One model's count of exactly one text, in the same shape."""
    whole = total or count
    return {
        **count_data(count),
        "known": whole.known,
        "low": whole.low,
        "high": whole.high,
        "text": count.tokens,
        "total": whole.tokens,
        "total_known": whole.known,
        "messages": [],
        "rules": {},
        "rest": count.tokens,
        "joins": None if count.tokens is None else 0,
        "framing": None if count.tokens is None else 0,
        "variables": {},
        "static_prefix": count.tokens,
        "cacheable": None,
        "usd_per_call": usd,
        "usd_per_month": None,
        **price_data(cost),
    }


def count_data(count: Count) -> dict[str, Any]:
    """How a count is known."""
    return {
        "error_percent": count.error_percent,
        "method": count.method,
        "encoding": count.encoding,
        "vocab_sha256": count.vocab_sha256,
        "source": count.source,
        "as_of": count.as_of,
    }


def price_data(cost: Price | None) -> dict[str, Any]:
    """The window and the prices of a model, null where they are unknown."""
    return {
        "context_window": cost.max_input if cost else None,
        "price": {
            "usd_per_token": dict(cost.usd),
            "source": cost.source,
            "as_of": cost.as_of,
        }
        if cost and cost.usd
        else None,
    }


class TextTable:
    """Texts by name and model: what a `Table` block is made of."""

    __slots__ = ("align", "columns", "rows")

    def __init__(self, counts: Sequence[TextCount]) -> None:
        self.columns, self.rows, self.align = text_table(counts)


def text_table(
    counts: Sequence[TextCount],
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], str]:
    """Texts by name and model, as the columns, rows and sides of a table."""
    named = len({name for name, *_ in counts}) > 1
    rows = tuple(
        ((name,) if named else ())
        + (model, shown_count(count), count.known, count.method, shown_usd(usd))
        for name, model, count, usd in counts
    )
    columns = (("text",) if named else ()) + ("model", "tokens", "known", "how", "$ to send")
    return columns, rows, ("l" if named else "") + "lrllr"


def shown_count(count: Count) -> str:
    """`388`, `482 ±103`, `≤ 17` or `unknown`."""
    if count.tokens is None or count.low is None or count.high is None:
        return "unknown"
    slack = max(count.high - count.tokens, count.tokens - count.low)
    if slack == 0:
        return f"{count.tokens:,}"
    return f"{count.tokens:,} ±{slack:,}" if slack < count.tokens else f"≤ {count.high:,}"


def shown_usd(amount: float | None) -> str:
    """Cents where they say enough, else two digits that do: `$0.000013`."""
    if amount is None:
        return "unknown"
    if amount == 0 or amount >= 0.1:
        return f"${amount:,.2f}"
    return "$" + f"{amount:.{1 - floor(log10(amount))}f}"
