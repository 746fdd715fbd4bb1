"""Token figures as plain JSON data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from promptops.cli._tokens.text import count_data, price_data
from promptops.tokens.arithmetic import Range
from promptops.tokens.count import Count
from promptops.tokens.summary import Figures


def of_prompt(figures: Figures, own_total: Count | None = None) -> dict[str, Any]:
    """One model's figures of a prompt. own_total: what the provider's endpoint counted."""
    measure = figures.measure
    total = own_total or measure.total
    known = own_total.known if own_total else measure.text.known
    prefix, caching = figures.prefix, figures.caching
    return {
        **count_data(measure.text),
        "known": known,
        "low": total.low,
        "high": total.high,
        "text": measure.text.tokens,
        "total": total.tokens,
        "total_known": total.known,
        "messages": [{"role": m.role, "tokens": m.tokens} for m in measure.messages],
        "rules": dict(measure.rules),
        "rest": measure.rest,
        "joins": measure.joins,
        "framing": measure.framed,
        "renderings": _range(figures.spread),
        "variables": _variables(figures.variables),
        "static_prefix": prefix.tokens if prefix else None,
        "prefix_ends_at": prefix.cut_by if prefix else "",
        "cacheable": caching.cacheable if caching else None,
        "cache": asdict(caching) if caching else None,
        "usd_per_call": figures.money.call,
        "usd_per_call_cached": figures.money.cached_call,
        "usd_per_call_writing": figures.money.written_call,
        "usd_per_call_batch": figures.money.batch_call,
        "usd_per_month": figures.money.month,
        "usd_per_month_cached": figures.money.cached_month,
        "usd_per_month_saved_by_moving": figures.money.moved_month,
        **price_data(figures.price),
        "languages": [asdict(cost) for cost in figures.languages],
    }


def _range(spread: Range) -> dict[str, Any]:
    return {
        "smallest": spread.smallest.tokens,
        "typical": spread.typical.tokens,
        "largest": spread.largest.tokens,
        "largest_from": spread.largest_source,
        "count": spread.renderings,
        "uncounted": spread.uncounted,
    }


def _variables(shares: Mapping[str, Sequence[int]] | None) -> dict[str, Any]:
    return {name: {"min": low, "max": high} for name, (low, high) in (shares or {}).items()}
