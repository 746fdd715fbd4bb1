"""Before and after on the same cases: what changed, and whether the numbers carry the claim.

The test is exact: signs of the per-case differences are flipped (Fisher 1935); for one answer a
case that is McNemar's exact test. The interval is Student's on per-case differences with the two
extra cases of Agresti & Min 2005 (Stat. Med. 24:729), one a way, which keeps its coverage with few
cases and rates near 1. "Same" is only said when the whole interval lies within the margin
(Schuirmann 1987). Comparisons that are looked at together share the error by Holm's procedure, so
that of all claims of "better" and "worse" not one is false, at the stated confidence.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from promptops.stats import Interval
from promptops.stats.beta import student_quantile
from promptops.stats.multiple import holm, holm_levels
from promptops.stats.signs import sign_flip

MOST_CASES = 1_000_000
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pair:
    """Per-case rates (case -> rate in [0, 1]) of two versions; share: of the error, beside others."""

    before: Mapping[str, float]
    after: Mapping[str, float]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """after - before, over the cases that both have.

    rates: before and after on these cases. difference: mean of the per-case differences, a fraction.
    interval, p (two-sided): corrected for all that was looked at together. verdict: "better", "worse",
    "same" (within the margin) or "cannot_tell"; cases_needed: further cases, asked of both versions,
    that would settle it if the difference is what it looks like, None where it is settled or no
    number can be named; unpaired_needed: cases that each version would need if they were asked
    different ones.
    """

    cases: int
    difference: float | None
    interval: Interval | None
    p: float | None
    verdict: str
    cases_needed: int | None = None
    unpaired_needed: int | None = None
    rates: tuple[float, float] | None = None


def compare(
    before: Mapping[str, float],
    after: Mapping[str, float],
    *,
    margin: float = 0.05,
    confidence: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare per-case rates (case -> rate in [0, 1]) of two versions on their common cases."""
    family = {"": Pair(before, after)}
    return compare_all(family, margin=margin, confidence=confidence, seed=seed)[""]


def compare_all(
    family: Mapping[Key, Pair], *, margin: float = 0.05, confidence: float = 0.95, seed: int = 0
) -> dict[Key, Comparison]:
    """Compare each pair; the error of all claims together is at most 1 - confidence."""
    found: dict[Key, Comparison] = {}
    differences = {key: _differences(pair) for key, pair in family.items()}
    able = [key for key in family if differences[key]]
    shares = [family[key].share for key in able]
    alpha = 1 - confidence
    finest = alpha * min(shares, default=1.0) / sum(shares or [1.0])
    ps = [sign_flip(differences[key], seed, finest) for key in able]
    levels, adjusted = holm_levels(ps, shares, alpha), holm(ps, shares)
    for key, level, p in zip(able, levels, adjusted, strict=True):
        found[key] = _compared(family[key], differences[key], margin, level, p <= alpha, p)
    nothing = Comparison(0, None, None, None, "cannot_tell")
    return {key: found.get(key, nothing) for key in family}


def _differences(pair: Pair) -> list[float]:
    common = sorted(pair.before.keys() & pair.after.keys())
    return [pair.after[case] - pair.before[case] for case in common]


def _compared(
    pair: Pair, differences: Sequence[float], margin: float, level: float, told: bool, p: float
) -> Comparison:
    n = len(differences)
    mean = math.fsum(differences) / n
    interval = difference_interval(differences, 1 - level)
    common = pair.before.keys() & pair.after.keys()
    before = math.fsum(pair.before[case] for case in common) / n
    rates = (before, before + mean)
    verdict = "cannot_tell"
    if told and not interval.low <= 0 <= interval.high:
        verdict = "better" if mean > 0 else "worse"
    elif -margin < interval.low and interval.high < margin:
        verdict = "same"
    if verdict != "cannot_tell":
        return Comparison(n, mean, interval, p, verdict, rates=rates)
    needed = _needed(differences, mean, margin, 1 - level)
    unpaired = _unpaired(rates, 1 - level)
    return Comparison(n, mean, interval, p, verdict, needed, unpaired, rates)


def difference_interval(differences: Sequence[float], confidence: float = 0.95) -> Interval:
    """The interval of the mean difference, within [-1, 1]."""
    values = [*differences, 1.0, -1.0]
    n = len(values)
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = student_quantile(0.5 + confidence / 2, n - 1) * math.sqrt(variance / n)
    return Interval(max(-1.0, mean - half), min(1.0, mean + half))


def _needed(
    differences: Sequence[float], mean: float, margin: float, confidence: float
) -> int | None:
    """Further cases for a verdict with power 0.8, were the truth what was seen: whichever comes first
    of showing the difference and of showing that it lies within the margin."""
    from promptops.stats.power import pairs_needed

    n = len(differences)
    variance = math.fsum((value - mean) ** 2 for value in differences) / n
    variance = max(variance, abs(mean) * (1 - abs(mean)), 1 / (n + 2))
    target = max(abs(mean), margin - abs(mean))
    total = pairs_needed(target, variance, confidence)
    if total is None or total > MOST_CASES:
        return None
    return max(1, total - n)


def _unpaired(rates: tuple[float, float], confidence: float) -> int | None:
    from promptops.stats.power import unpaired_needed

    total = unpaired_needed(*rates, confidence)
    return None if total is None or total > MOST_CASES else total
