"""How well two judges agree beyond chance.

Cohen 1960 (Educ. Psychol. Meas. 20:37); the standard error is that of Fleiss, Cohen & Everitt 1969
(Psychol. Bull. 72:323). Taken at kappa itself it covers as little as a quarter of what it should with
few labels and good agreement, where it shrinks to nothing. So it is taken of the table with four
more labels, spread evenly, as Agresti & Coull 1998 (Am. Stat. 52:119) do for a rate.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from promptops.stats import Interval
from promptops.stats.beta import student_quantile
from promptops.stats.rates import normal_quantile

EXTRA = 4.0  # labels that the interval reckons with beside those there are

Pair = tuple[Hashable, Hashable]


@dataclass(frozen=True, slots=True)
class Agreement:
    """kappa in [-1, 1] with its interval; None where one of the judges always says the same."""

    n: int
    observed: float
    kappa: float | None
    interval: Interval | None


def cohens_kappa(pairs: Sequence[Pair], confidence: float = 0.95) -> Agreement | None:
    """Agreement of two judges over the same things: (first, second) for each; None for nothing."""
    n = len(pairs)
    if n == 0:
        return None
    cells: Mapping[Pair, float] = Counter(pairs)
    observed = sum(count for (a, b), count in cells.items() if a == b) / n
    found = kappa_of(cells)
    if found is None:
        return Agreement(n, observed, None, None)
    kappa = found[0]
    labels = dict.fromkeys(label for pair in cells for label in pair)
    each = EXTRA / len(labels) ** 2
    middle, error = kappa_of({(a, b): cells[a, b] + each for a in labels for b in labels}) or found
    half = normal_quantile(0.5 + confidence / 2) * error
    low, high = min(kappa, middle - half), max(kappa, middle + half)
    return Agreement(n, observed, kappa, Interval(max(-1.0, low), min(1.0, high)))


def kappa_of(cells: Mapping[Pair, float]) -> tuple[float, float] | None:
    """(kappa, its standard error) of a table, {(first, second): count}; None where both always say
    the same."""
    n = sum(cells.values())
    rows: dict[Hashable, float] = {}
    columns: dict[Hashable, float] = {}
    for (a, b), count in cells.items():
        rows[a] = rows.get(a, 0.0) + count / n
        columns[b] = columns.get(b, 0.0) + count / n
    observed = sum(count for (a, b), count in cells.items() if a == b) / n
    expected = sum(rows[label] * columns.get(label, 0.0) for label in rows)
    if expected >= 1 - 1e-12:
        return None
    kappa = (observed - expected) / (1 - expected)
    own = other = 0.0
    for (a, b), count in cells.items():
        if a == b:
            own += count / n * (1 - (rows[a] + columns[a]) * (1 - kappa)) ** 2
        else:
            other += count / n * (columns.get(a, 0.0) + rows.get(b, 0.0)) ** 2
    spread = own + (1 - kappa) ** 2 * other - (kappa - expected * (1 - kappa)) ** 2
    return kappa, math.sqrt(max(0.0, spread) / n) / (1 - expected)


def mean_difference(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95
) -> tuple[float, Interval] | None:
    """(mean of `first` - mean of `second`, its interval), None where one has fewer than two values.

    Welch 1947 (Biometrika 34:28): variances may differ. Values without any spread give an interval
    of one pseudo-value a side, never one of no width.
    """
    if min(len(first), len(second)) < 2:
        return None
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
    half = student_quantile(0.5 + confidence / 2, freedom) * math.sqrt(error)
    difference = means[0] - means[1]
    return difference, Interval(difference - half, difference + half)
