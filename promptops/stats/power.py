"""How much can be seen with so many cases, and how many cases a difference needs.

The normal approximations of the textbooks (Fleiss, Levin & Paik 2003, chapters 4 and 13), which are
near enough for planning.
"""

from __future__ import annotations

import math

from promptops.stats.beta import beta_cdf
from promptops.stats.rates import normal_quantile


def pairs_needed(
    difference: float, variance: float, confidence: float = 0.95, power: float = 0.8
) -> int | None:
    """Cases for a paired comparison to find `difference`; None where it is 0.

    variance: of one case's difference (for one answer a case: share of cases that differ, less the
    difference squared).
    """
    if difference == 0:
        return None
    z = normal_quantile(0.5 + confidence / 2) + normal_quantile(power)
    return math.ceil(z * z * variance / difference**2)


def unpaired_needed(
    before: float, after: float, confidence: float = 0.95, power: float = 0.8
) -> int | None:
    """Cases in each of two separate runs to tell the rates `before` and `after` apart."""
    if before == after:
        return None
    middle = (before + after) / 2
    alpha, beta = normal_quantile(0.5 + confidence / 2), normal_quantile(power)
    spread = alpha * math.sqrt(2 * middle * (1 - middle))
    spread += beta * math.sqrt(before * (1 - before) + after * (1 - after))
    return math.ceil((spread / (after - before)) ** 2)


def rate_told_at(
    rate: float, least: float, confidence: float = 0.95, most: int = 1_000_000
) -> int | None:
    """Independent cases at which the exact interval round `rate` has `least` outside, None where
    `most` are not enough."""
    if rate == least or not 0 < least < 1:
        return None
    tail = (1 - confidence) / 2

    def told(n: int) -> bool:
        kept = rate * n
        if rate > least:
            return beta_cdf(least, kept, n - kept + 1) <= tail
        return beta_cdf(least, kept + 1, n - kept) >= 1 - tail

    high = 1
    while not told(high):
        high *= 2
        if high > 2 * most:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if told(middle) else (middle, high)
    return high if high <= most else None


def detectable(
    cases: int, rate: float = 0.85, confidence: float = 0.95, power: float = 0.8, agree: float = 0.5
) -> float | None:
    """The smallest difference that a paired run over `cases` finds with this power; None for none.

    agree: correlation of the two answers to one case; 0 means that nothing is gained by pairing.
    """
    if cases <= 0:
        return None
    variance = 2 * rate * (1 - rate) * (1 - agree)
    z = normal_quantile(0.5 + confidence / 2) + normal_quantile(power)
    return min(1.0, z * math.sqrt(variance / cases))
