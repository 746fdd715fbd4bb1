"""Sizes, money and ages in the report's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from promptops.overview.overview import Overview

DASH = "–"


def listed(names: Sequence[str], most: int = 6) -> str:
    """Names in a sentence: at most `most`, the others counted."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def how_known(seen: Overview) -> str:
    """How the tokens on the first model are known, and which model that is."""
    figures = seen.figures.get(seen.model)
    if figures is None or figures.measure.total.tokens is None:
        return ""
    return f" on {seen.model}, {figures.measure.total.known}"


def shown_tokens(seen: Overview) -> str:
    """The tokens on the first model."""
    figures = seen.figures.get(seen.model)
    total = figures.measure.total if figures else None
    if total is None or total.tokens is None:
        return "unknown"
    return f"{total.tokens:,}"


def shown_money(seen: Overview) -> str:
    """Dollars a month on the first model."""
    figures = seen.figures.get(seen.model)
    month = figures.money.month if figures else None
    return "unknown" if month is None else f"{month:,.2f}"


def age(time: int | None, today: date) -> str:
    """How long ago, in the largest unit that says it: `3 days`, `5 months`, `2 years`."""
    if time is None:
        return DASH
    days = (today - datetime.fromtimestamp(time, UTC).date()).days
    if days <= 0:
        return "today"
    for size, unit in ((365, "year"), (30, "month"), (1, "day")):
        if days >= size:
            n = days // size
            return f"{n} {unit}{'s' * (n != 1)}"
    return DASH
