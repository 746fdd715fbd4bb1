"""How well two judges agree beyond chance.

Cohen 1960 (Educ. Psychol. Meas. 20:37); the standard error is that of Fleiss, Cohen & Everitt 1969
(Psychol. Bull. 72:323).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from promptops.stats import Interval
from promptops.stats.rates import normal_quantile


@dataclass(frozen=True, slots=True)
class Agreement:
    """kappa in [-1, 1] with its interval; None where one of the judges always says the same."""

    n: int
    observed: float
    kappa: float | None
    interval: Interval | None


def cohens_kappa(
    pairs: Sequence[tuple[Hashable, Hashable]], confidence: float = 0.95
) -> Agreement | None:
    """Agreement of two judges over the same things: (first, second) for each; None for nothing."""
    n = len(pairs)
    if n == 0:
        return None
    cells = Counter(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    labels = first.keys() | second.keys()
    observed = sum(cells[label, label] for label in labels) / n
    expected = sum(first[label] * second[label] for label in labels) / n**2
    if expected >= 1:
        return Agreement(n, observed, None, None)
    kappa = (observed - expected) / (1 - expected)
    rows = {label: first[label] / n for label in labels}
    columns = {label: second[label] / n for label in labels}
    own = sum(
        cells[label, label] / n * (1 - (rows[label] + columns[label]) * (1 - kappa)) ** 2
        for label in labels
    )
    other = (1 - kappa) ** 2 * sum(
        count / n * (columns[a] + rows[b]) ** 2 for (a, b), count in cells.items() if a != b
    )
    variance = (own + other - (kappa - expected * (1 - kappa)) ** 2) / (1 - expected) ** 2 / n
    half = normal_quantile(0.5 + confidence / 2) * math.sqrt(max(0.0, variance))
    return Agreement(n, observed, kappa, Interval(max(-1.0, kappa - half), min(1.0, kappa + half)))


def mean_difference(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95
) -> tuple[float, Interval] | None:
    """(mean of `first` - mean of `second`, its interval), None where one has fewer than two values.

    Welch 1947 (Biometrika 34:28): variances may differ. Values without any spread give an interval
    of one pseudo-value a side, never one of no width.
    """
    if min(len(first), len(second)) < 2:
        return None
    from scipy.special import stdtrit

    means, errors = [], []
    for values in (first, second):
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
        means.append(mean)
        errors.append(max(variance, 1 / len(values)) / len(values))
    error = sum(errors)
    freedom = error**2 / sum(
        one**2 / (len(values) - 1) for one, values in zip(errors, (first, second), strict=True)
    )
    half = float(stdtrit(freedom, 0.5 + confidence / 2)) * math.sqrt(error)
    difference = means[0] - means[1]
    return difference, Interval(difference - half, difference + half)
