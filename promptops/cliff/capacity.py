"""Capacity: how compliance falls as rules pile up, and where it breaks.

A ladder of rule counts; at every count random subsets in random order, half of the calls padded
with neutral filler to the full length, so that count and length are told apart. The model is
binomial with an offset for every rule,

    logit p = offset_j + b0 - s g(k) - b L

with g(k) = max(0, k - tau)/n, profiled over tau; the interval of tau is where the deviance is
within 3.84 phi of the least, phi being how much the answers of one case hang together. That
compliance falls at all is tested by permuting the sizes of the padded calls, which is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import NOT_JUDGED, Passed
from promptops.cliff.ladder import SIZES, Ladder
from promptops.cliff.places import Third, middle_test, thirds
from promptops.cliff.responses import WIDEST, Fit, Responses
from promptops.cliff.shape import (
    CANNOT_TELL,
    EARLIEST,
    EXPONENTIAL,
    LINEAR,
    NONE,
    THRESHOLD,
    fit_shape,
)
from promptops.stats import Interval


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a ladder says. Rates are fractions; counts are numbers of rules.

    shape: "none", "threshold", "linear", "exponential" or "cannot_tell". break_point (with its
    interval): only for a threshold; a shape without a detected fall never has one. within_5: most
    rules whose compliance is within 5 points of the fewest. p_count, p_length: chance of such a
    fall if count, or length, did nothing. length_cost: log-odds that the full length costs.
    all_passed, independent: per size (size, share of calls with every rule kept, share expected
    from p^n alone): only the gap between the two is news. p_middle: that the middle third is worse.
    """

    calls: int
    shape: str
    break_point: float | None
    interval: Interval | None
    within_5: int | None
    p_count: float | None
    p_length: float | None
    length_cost: float | None
    curve: tuple[tuple[int, float], ...]
    all_passed: tuple[tuple[int, float, float], ...]
    thirds: tuple[Third, ...]
    p_middle: float | None


def capacity(design: Ladder, passed: Passed, seed: int, alpha: float = 0.05) -> Capacity | None:
    """Read a ladder from calls x rules of 1, 0, -1 (a failed call is all -1); None without answers."""
    judged = (passed != NOT_JUDGED).astype(float)
    answered = judged.sum(1) > 0
    if answered.sum() < 2 * SIZES:
        return None
    data = Responses(design, (passed == 1).astype(float), judged, answered)
    rng = np.random.default_rng((seed, 0xCA9A))
    fit = data.profile()
    p_count, p_length = data.count_test(rng), data.length_test(rng)
    curve = data.curve()
    shape = _shape(data, fit, p_count, alpha)
    threshold = shape == THRESHOLD
    return Capacity(
        calls=int(answered.sum()),
        shape=shape,
        break_point=fit.tau if threshold else None,
        interval=fit.interval if threshold else None,
        within_5=data.within(fit, 0.05) if p_count < alpha else None,
        p_count=p_count,
        p_length=p_length,
        length_cost=fit.length,
        curve=curve,
        all_passed=data.all_passed(),
        thirds=thirds(data),
        p_middle=middle_test(data, rng),
    )


def _shape(data: Responses, fit: Fit, p_count: float, alpha: float) -> str:
    """ "none" without a detected fall; else by the curve, and "threshold" only for a tau above 0."""
    if p_count >= alpha:
        return NONE
    broken = fit.straight - float(fit.deviances.min()) > WIDEST * fit.phi
    if broken and fit.slope > 0 and fit.tau > EARLIEST * data.rules:
        return THRESHOLD
    sizes = np.asarray([size for size, _ in data.curve()], float)
    rates = np.asarray([rate for _, rate in data.curve()])
    shape = fit_shape(sizes, rates).shape
    return shape if shape in {LINEAR, EXPONENTIAL} else CANNOT_TELL
