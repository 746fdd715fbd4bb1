"""Token figures as plain JSON data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from promptops.tokens.arithmetic import Range
from promptops.tokens.counts import Count
from promptops.tokens.prices import Price
from promptops.tokens.summary import Figures

Data = dict[str, Any]


def of_prompt(figures: Figures, own_total: Count | None = None) -> Data:
    """One model's figures of a prompt. own_total: what the provider's endpoint counted."""
    measure = figures.measure
    total = own_total or measure.total
    known = own_total.known if own_total else measure.text.known
    prefix, caching = figures.prefix, figures.caching
    return {
        **_count(measure.text),
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
        "usd_per_month": figures.money.month,
        "usd_per_month_saved_by_moving": figures.money.moved_month,
        **_price(figures.price),
        "languages": [asdict(cost) for cost in figures.languages],
    }


def of_text(count: Count, cost: Price | None, usd: float | None, total: Count | None) -> Data:
    """One model's count of exactly one text, in the same shape."""
    whole = total or count
    return {
        **_count(count),
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
        **_price(cost),
    }


def _count(count: Count) -> Data:
    return {
        "error_percent": count.error_percent,
        "method": count.method,
        "encoding": count.encoding,
        "vocab_sha256": count.vocab_sha256,
        "source": count.source,
        "as_of": count.as_of,
    }


def _price(cost: Price | None) -> Data:
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


def _range(spread: Range) -> Data:
    return {
        "smallest": spread.smallest.tokens,
        "typical": spread.typical.tokens,
        "largest": spread.largest.tokens,
        "largest_from": spread.largest_source,
        "count": spread.renderings,
        "uncounted": spread.uncounted,
    }


def _variables(shares: Mapping[str, Sequence[int]] | None) -> Data:
    return {name: {"min": low, "max": high} for name, (low, high) in (shares or {}).items()}
