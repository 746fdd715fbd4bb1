"""Before and after on the same cases: what changed, and whether the numbers carry the claim.

The test is exact: signs of the per-case differences are flipped (Fisher 1935); for one answer a
case that is McNemar's exact test. The interval is Student's on per-case differences with the two
extra cases of Agresti & Min 2005 (Stat. Med. 24:729), one a way, which keeps its coverage with few
cases and rates near 1. "Same" is only said when the whole interval lies within the margin
(Schuirmann 1987).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptops.stats import Interval

MOST_CASES = 1_000_000
EXACT_UP_TO = 16


@dataclass(frozen=True, slots=True)
class Comparison:
    """after - before, over the cases that both have.

    difference: mean of the per-case differences, a fraction. p: two-sided. verdict: "better",
    "worse", "same" (within the margin) or "cannot_tell"; cases_needed: further cases that would
    settle it if the difference is what it looks like, None where it is settled or no number can be
    named.
    """

    cases: int
    difference: float | None
    interval: Interval | None
    p: float | None
    verdict: str
    cases_needed: int | None = None


def compare(
    before: Mapping[str, float],
    after: Mapping[str, float],
    *,
    margin: float = 0.05,
    confidence: float = 0.95,
    seed: int = 0,
    looked_at: int = 1,
) -> Comparison:
    """Compare per-case rates (case -> rate in [0, 1]) of two versions on their common cases.

    looked_at: how many comparisons are made at once; the confidence is divided among them
    (Bonferroni), so that one chance difference in twenty rules is not called a finding.
    """
    common = sorted(before.keys() & after.keys())
    differences = [after[case] - before[case] for case in common]
    if not differences:
        return Comparison(0, None, None, None, "cannot_tell")
    mean = math.fsum(differences) / len(differences)
    level = 1 - (1 - confidence) / max(looked_at, 1)
    interval = difference_interval(differences, level)
    p = min(1.0, sign_flip(differences, seed) * max(looked_at, 1))
    verdict = _verdict(interval, p, mean, margin, 1 - confidence)
    needed = None
    if verdict == "cannot_tell":
        needed = _needed(differences, mean, margin, level)
    return Comparison(len(common), mean, interval, p, verdict, needed)


def _verdict(interval: Interval, p: float, mean: float, margin: float, alpha: float) -> str:
    if p < alpha and not interval.low <= 0 <= interval.high:
        return "better" if mean > 0 else "worse"
    return "same" if -margin < interval.low and interval.high < margin else "cannot_tell"


def difference_interval(differences: Sequence[float], confidence: float = 0.95) -> Interval:
    """The interval of the mean difference, within [-1, 1]."""
    from scipy.special import stdtrit

    values = [*differences, 1.0, -1.0]
    n = len(values)
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * math.sqrt(variance / n)
    return Interval(max(-1.0, mean - half), min(1.0, mean + half))


def sign_flip(differences: Sequence[float], seed: int = 0, draws: int = 20_000) -> float:
    """Two-sided p of the sign-flip test: exact where it can be, else by `draws` seeded flips.

    Differences that are all of one size (one answer a case) are counted by the binomial, however
    many there are.
    """
    moved = [value for value in differences if value]
    if not moved:
        return 1.0
    sizes = {round(abs(value), 12) for value in moved}
    if len(sizes) == 1:
        return _binomial(sum(value > 0 for value in moved), len(moved))
    import numpy

    values = numpy.asarray(moved)
    seen = abs(values.sum()) - 1e-12
    if len(moved) <= EXACT_UP_TO:
        signs = ((numpy.arange(2 ** len(moved))[:, None] >> numpy.arange(len(moved))) & 1) * 2 - 1
        return float((abs(signs @ values) >= seen).mean())
    rng = numpy.random.default_rng(seed)
    hits = 0
    for _ in range(draws // 1000):
        flips = rng.integers(0, 2, (1000, len(moved))) * 2 - 1
        hits += int((abs(flips @ values) >= seen).sum())
    return (hits + 1) / (draws // 1000 * 1000 + 1)


def _binomial(up: int, n: int) -> float:
    """Two-sided p of `up` or fewer/more heads in n fair tosses."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(up, n - up), n, 0.5)))


def _needed(
    differences: Sequence[float], mean: float, margin: float, confidence: float
) -> int | None:
    """Further cases for a verdict with power 0.8, were the truth what was seen."""
    from promptops.stats.power import pairs_needed

    variance = math.fsum((value - mean) ** 2 for value in differences) / len(differences)
    variance = max(variance, abs(mean) * (1 - abs(mean)), 1 / (len(differences) + 2))
    # A difference inside the margin is settled by showing "same", one outside by showing it.
    target = abs(mean) if abs(mean) >= margin else margin - abs(mean)
    total = pairs_needed(target, variance, confidence)
    if total is None or total > MOST_CASES:
        return None
    return max(1, total - len(differences))
