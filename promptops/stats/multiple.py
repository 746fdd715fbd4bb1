"""Many questions at once: Holm 1979 (any one false claim), Benjamini & Hochberg 1995 (their share)."""

from __future__ import annotations

from collections.abc import Sequence


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusted p values in the order given; each is below alpha if its claim holds at alpha."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[i]))
        adjusted[i] = highest
    return adjusted


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """Adjusted p values in the order given, for a false discovery rate."""
    order = sorted(range(len(ps)), key=lambda i: ps[i], reverse=True)
    adjusted = [0.0] * len(ps)
    lowest = 1.0
    for rank, i in zip(range(len(ps), 0, -1), order, strict=True):
        lowest = min(lowest, ps[i] * len(ps) / rank)
        adjusted[i] = lowest
    return adjusted
