"""Intervals for a rate: independent cases, and cases that were asked several times.

Clopper & Pearson 1934 (Biometrika 26:404) is exact: neither end is wrong more often than half of what
the confidence leaves. Wilson 1927 (J. Am. Stat. Assoc. 22:209) is narrower and right on average, but
misses rates near 1 up to three times as often (Brown, Cai & DasGupta 2001, Stat. Sci. 16:101).

Repeats of a case are not independent: their variance is the cluster-robust one (Miller 2024, arXiv
2411.00640), turned into an effective sample size for the exact interval as Korn & Graubard 1998
(Survey Methodology 24:193) do, with their correction for few clusters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from promptops.stats import Interval, Rate
from promptops.stats.beta import beta_quantile, student_quantile


def wilson(passed: float, n: float, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval of `passed` in `n`; None where n is 0. Both may be fractional."""
    if n <= 0:
        return None
    z = normal_quantile(0.5 + confidence / 2)
    rate = passed / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Interval(
        0.0 if passed <= 0 else max(0.0, middle - half),
        1.0 if passed >= n else min(1.0, middle + half),
    )


def clopper_pearson(passed: float, n: float, confidence: float = 0.95) -> Interval | None:
    """The exact interval of `passed` in `n`; None where n is 0. Both may be fractional."""
    if n <= 0:
        return None
    tail = (1 - confidence) / 2
    low = 0.0 if passed <= 0 else beta_quantile(tail, passed, n - passed + 1)
    high = 1.0 if passed >= n else beta_quantile(1 - tail, passed + 1, n - passed)
    return Interval(low, high)


def clustered_rate(cases: Sequence[tuple[int, int]], confidence: float = 0.95) -> Rate:
    """The rate over cases that were each asked some times: (passed, asked) for each case.

    With one answer a case this is the exact interval. With repeats it is the exact interval at the
    effective sample size.
    """
    asked = [(passed, n) for passed, n in cases if n > 0]
    passed, n = sum(p for p, _ in asked), sum(m for _, m in asked)
    if n == 0:
        return Rate(0, 0, 0, None, None)
    if n == len(asked):
        return Rate(passed, n, n, passed / n, clopper_pearson(passed, n, confidence))
    effective = effective_size(asked, confidence)
    rate = passed / n
    interval = clopper_pearson(rate * effective, effective, confidence)
    return Rate(passed, n, len(asked), rate, interval)


def effective_size(cases: Sequence[tuple[int, int]], confidence: float = 0.95) -> float:
    """How many independent answers the clustered answers are worth; at least 1, at most all.

    Where every answer is the same it is the number of cases, less where some were asked more often
    than others (Kish 1965, Survey Sampling: 1 / sum of squared shares). That number also stands for
    the degrees of freedom. Each case's residual is scaled up for having pulled the rate its own way
    (Bell & McCaffrey 2002, Survey Methodology 28:169).
    """
    n, k = sum(m for _, m in cases), len(cases)
    if n == k or n == 0:
        return max(float(n), 1.0)
    if k < 2:
        return 1.0
    rate, squares = sum(p for p, _ in cases) / n, sum(m * m for _, m in cases) / n**2
    if rate in (0.0, 1.0):
        return 1 / squares
    spread = sum((p - m * rate) ** 2 / n**2 / (1 - 2 * m / n + squares) for p, m in cases)
    spread = _steadied(spread, rate * (1 - rate) * squares, cases)
    tail, freedom = 0.5 + confidence / 2, max(1 / squares - 1, 0.5)
    few = min(1.0, (normal_quantile(tail) / student_quantile(tail, freedom)) ** 2)
    return max(1.0, min(rate * (1 - rate) / spread, n) * few)


def _steadied(spread: float, most: float, cases: Sequence[tuple[int, int]]) -> float:
    """The variance, drawn towards that of repeats which all say the same by the weight of one case.

    Where hardly any case failed (or hardly any passed), their own scatter says next to nothing.
    """
    telling = min(sum(p > 0 for p, _ in cases), sum(p < m for p, m in cases))
    return max(spread, (telling * spread + most) / (telling + 1))


def normal_quantile(p: float) -> float:
    """The standard normal distribution's quantile at `p` in (0, 1)."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)
