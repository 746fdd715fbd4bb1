"""Intervals for a rate: independent cases, and cases that were asked several times.

Wilson 1927 (J. Am. Stat. Assoc. 22:209); Clopper & Pearson 1934 (Biometrika 26:404). Repeats of a
case are not independent: their variance is the cluster-robust one (Miller 2024, arXiv 2411.00640),
turned into an effective sample size as Korn & Graubard 1998 (Survey Methodology 24:193) do, with
their correction for few clusters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from promptops.stats import Interval, Rate


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


def clopper_pearson(passed: int, n: int, confidence: float = 0.95) -> Interval | None:
    """The exact (conservative) interval of `passed` in `n`; None where n is 0."""
    if n <= 0:
        return None
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = 0.0 if passed == 0 else float(betaincinv(passed, n - passed + 1, tail))
    high = 1.0 if passed == n else float(betaincinv(passed + 1, n - passed, 1 - tail))
    return Interval(low, high)


def clustered_rate(cases: Sequence[tuple[int, int]], confidence: float = 0.95) -> Rate:
    """The rate over cases that were each asked some times: (passed, asked) for each case.

    With one answer a case this is Wilson's interval. With repeats it is Wilson's interval at the
    effective sample size, which lies between the number of cases and the number of answers.
    """
    asked = [(passed, n) for passed, n in cases if n > 0]
    passed, n = sum(p for p, _ in asked), sum(m for _, m in asked)
    if n == 0:
        return Rate(0, 0, 0, None, None)
    effective = effective_size(asked, confidence)
    interval = wilson(passed / n * effective, effective, confidence)
    return Rate(passed, n, len(asked), passed / n, interval)


def effective_size(cases: Sequence[tuple[int, int]], confidence: float = 0.95) -> float:
    """How many independent answers the clustered answers are worth; at least 1."""
    n = sum(m for _, m in cases)
    k = len(cases)
    if all(m == 1 for _, m in cases) or n == 0:
        return max(float(n), 1.0)
    if k < 2:
        return 1.0
    rate = sum(p for p, _ in cases) / n
    spread = sum((p - m * rate) ** 2 for p, m in cases) * k / (k - 1) / n**2
    if spread <= 0 or rate in (0.0, 1.0):
        return float(k)
    from scipy.special import stdtrit

    tail = 0.5 + confidence / 2
    few = (normal_quantile(tail) / float(stdtrit(k - 1, tail))) ** 2
    return max(1.0, min(rate * (1 - rate) / spread, n) * few)


def normal_quantile(p: float) -> float:
    """The standard normal distribution's quantile at `p` in (0, 1)."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)
