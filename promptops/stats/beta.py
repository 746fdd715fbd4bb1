"""The beta distribution and Student's, in plain Python: an evaluation of a plain install has no scipy,
and one that has it need not wait for its import.

The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method; quantiles by
Newton's within a bracket. Good to ten digits for parameters up to a million.
"""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
_MOST_TERMS = 20_000


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b); a, b > 0."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_cdf(1 - x, b, a)
    return math.exp(_log_density(x, a, b)) * x * (1 - x) * _fraction(x, a, b) / a


def _log_density(x: float, a: float, b: float) -> float:
    whole = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return whole + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)


def _fraction(x: float, a: float, b: float) -> float:
    front, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away(1 + term * d)
            front = _away(1 + term / front)
            found *= d * front
        if abs(d * front - 1) < 1e-15:
            break
    return found


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=4096)
def beta_quantile(q: float, a: float, b: float) -> float:
    """x with I_x(a, b) = q, for q in (0, 1)."""
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(200):
        off = beta_cdf(x, a, b) - q
        low, high = (x, high) if off < 0 else (low, x)
        slope = _log_density(x, a, b)
        after = x - off * math.exp(-slope) if slope > -700 else -1.0
        if not low < after < high:
            after = (low + high) / 2
        if abs(after - x) <= 1e-14 * x or high - low < 1e-15 * high:
            return after
        x = after
    return x


def student_quantile(q: float, freedom: float) -> float:
    """Student's t with `freedom` degrees at `q` in (0.5, 1)."""
    x = beta_quantile(2 * (1 - q), freedom / 2, 0.5)
    return math.sqrt(freedom * (1 - x) / x) if x > 0 else math.inf
