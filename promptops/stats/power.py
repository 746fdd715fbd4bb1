"""How much can be seen with so many cases, and how many cases a difference needs.

The normal approximations of the textbooks (Fleiss, Levin & Paik 2003, chapters 4 and 13), which are
near enough for planning.
"""

from __future__ import annotations

import math

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


def rate_told_at(rate: float, least: float, confidence: float = 0.95) -> int | None:
    """Independent cases at which Wilson's interval round `rate` has `least` outside, None where none
    are enough: the score test's own inequality, so that it agrees with the interval."""
    if rate == least:
        return None
    z = normal_quantile(0.5 + confidence / 2)
    return max(1, math.ceil(z * z * least * (1 - least) / (rate - least) ** 2))


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
