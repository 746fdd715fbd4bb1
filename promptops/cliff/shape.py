"""The shape of a curve of compliance against the number of rules.

Four models by least squares on the median of each size, told apart by Schwarz's criterion:
constant, straight, flat and then falling from tau on (threshold), and falling to a floor with a
decay length (exponential). The names are those of IFScale (arXiv 2507.11538): a kink within the
first fifth is a straight line, and a decay longer than half the axis bends too little to be
called exponential.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Floats
from promptops.stats import Interval

NONE, LINEAR, THRESHOLD, EXPONENTIAL = "none", "linear", "threshold", "exponential"
CANNOT_TELL = "cannot_tell"
FEWEST_SIZES = 5
CLEARLY = 6.0  # of Schwarz's criterion: strong evidence (Kass & Raftery 1995)
EARLIEST = 0.2
LONGEST = 0.5
EXPLAINED = 0.6
WIDEST = 3.84


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape, what it explains of the variance, and its number: break point or decay length."""

    shape: str
    explained: float | None = None
    break_point: float | None = None
    interval: Interval | None = None
    decay: float | None = None
    slope: float | None = None  # per rule, of the straight or falling part


@dataclass(frozen=True, slots=True)
class _Fit:
    squares: float
    parameters: int
    at: float
    weights: Floats

    def criterion(self, n: int) -> float:
        return n * float(np.log(max(self.squares, 1e-7 * n) / n)) + self.parameters * float(
            np.log(n)
        )


def fit_shape(sizes: Floats, rates: Floats) -> Shape:
    """The shape of `rates` (fractions) at `sizes` (ascending, one rate each)."""
    n = len(sizes)
    if n < FEWEST_SIZES:
        return Shape(CANNOT_TELL)
    one, span = np.ones(n), float(sizes[-1] - sizes[0])
    flat = _least(np.stack([one], 1), rates, 0.0)
    line = _least(np.stack([one, sizes], 1), rates, 0.0)
    taus = np.linspace(sizes[0], sizes[-1] - 0.1 * span, 91)
    kinks = [_least(np.stack([one, np.maximum(0.0, sizes - t)], 1), rates, t) for t in taus]
    kink = min(kinks, key=lambda fit: fit.squares)
    lengths = span * np.geomspace(0.02, 4, 40)
    decays = [
        _least(np.stack([one, np.exp(-(sizes - sizes[0]) / a)], 1), rates, a) for a in lengths
    ]
    decay = min(decays, key=lambda fit: fit.squares)
    whole = max(flat.squares, 1e-12)
    best = min((line, kink, decay), key=lambda fit: fit.criterion(n))
    explained = 1 - best.squares / whole
    if flat.criterion(n) - best.criterion(n) < CLEARLY or line.weights[1] >= 0:
        return Shape(NONE, explained)
    if explained < EXPLAINED:
        return Shape(CANNOT_TELL, explained)
    return _named(n, span, float(sizes[0]), (line, kink, decay), (taus, kinks), whole)


def _named(
    n: int,
    span: float,
    start: float,
    fits: tuple[_Fit, _Fit, _Fit],
    profile: tuple[Floats, list[_Fit]],
    whole: float,
) -> Shape:
    line, kink, decay = fits
    straight = line.criterion(n)
    if (
        straight - decay.criterion(n) > CLEARLY
        and decay.squares < kink.squares
        and decay.at < LONGEST * span
    ):
        return Shape(EXPONENTIAL, 1 - decay.squares / whole, decay=float(decay.at))
    late = kink.at - start > EARLIEST * span
    if straight - kink.criterion(n) > CLEARLY and late and kink.weights[1] < 0:
        bound = kink.squares * (1 + WIDEST / max(n - 3, 1))
        inside = [t for t, fit in zip(*profile, strict=True) if fit.squares <= bound + 1e-12]
        interval = Interval(float(inside[0]), float(inside[-1]))
        slope = float(kink.weights[1])
        return Shape(THRESHOLD, 1 - kink.squares / whole, float(kink.at), interval, slope=slope)
    return Shape(LINEAR, 1 - line.squares / whole, slope=float(line.weights[1]))


def _least(columns: Floats, rates: Floats, at: float) -> _Fit:
    weights = np.linalg.lstsq(columns, rates, rcond=None)[0]
    squares = float(((rates - columns @ weights) ** 2).sum())
    return _Fit(squares, columns.shape[1] + (at > 0), at, np.asarray(weights))
