"""The answers of a ladder, and the questions put to them: fit, count, length, p^n."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Bools, Floats, expit, logit
from promptops.cliff.ladder import Ladder
from promptops.stats import Interval

WIDEST = 3.84
RIDGE = 0.05


@dataclass(frozen=True, slots=True)
class Fit:
    """The best break: tau, slope and length cost in log-odds, the offsets, deviance by tau."""

    tau: float
    interval: Interval
    slope: float
    length: float
    intercept: float
    offsets: Floats
    taus: Floats
    deviances: Floats
    phi: float
    straight: float


class Responses:
    """The answers of a ladder, and the questions put to them."""

    def __init__(self, design: Ladder, passed: Floats, judged: Floats, answered: Bools) -> None:
        self.cases = design.cases[answered]
        self.passed, self.judged = passed[answered] * judged[answered], judged[answered]
        self.padded = design.padded[answered]
        self.size = design.sizes[answered].astype(float)
        self.order = design.order[answered]
        self.kept = design.kept[answered]
        self.rules = passed.shape[1]
        self.gone = np.where(self.padded, 0.0, 1 - self.size / self.rules)

    def profile(self) -> Fit:
        """Least deviance over tau, warm started from one tau to the next."""
        taus: Floats = np.unique(np.round(np.linspace(0, self.rules * 0.98, 50))).astype(np.float64)
        offsets = self._offsets()
        weights = np.zeros(3)
        found, deviances = [], []
        for tau in taus:
            weights, deviance = self._glm(
                np.maximum(0, self.size - tau) / self.rules, offsets, weights
            )
            found.append(weights)
            deviances.append(deviance)
        least = np.asarray(deviances)
        best = int(least.argmin())
        phi = self._inflation(taus[best], offsets, found[best])
        inside = taus[least - least[best] <= WIDEST * phi]
        step = float(taus[1] - taus[0])
        bounds = Interval(
            max(0.0, float(inside[0]) - step), min(float(self.rules), float(inside[-1]) + step)
        )
        b0, slope, length = (float(x) for x in found[best])
        return Fit(
            float(taus[best]),
            bounds,
            -slope,
            length,
            b0,
            offsets,
            taus,
            least,
            phi,
            float(least[0]),
        )

    def _offsets(self) -> Floats:
        """How easy each rule is, in log-odds; shrunk, for some are seldom in the prompt."""
        rate = self.passed.sum() / max(self.judged.sum(), 1)
        rule = (self.passed.sum(0) + 6 * rate) / (self.judged.sum(0) + 6)
        return logit(np.clip(rule, 0.01, 0.99)) - float(
            logit(np.clip(np.asarray(rate), 0.01, 0.99))
        )

    def _columns(self, g: Floats) -> Floats:
        return np.stack([np.ones_like(g), g, self.gone], axis=1)

    def _glm(self, g: Floats, offsets: Floats, start: Floats) -> tuple[Floats, float]:
        """Newton's method on calls x rules with three weights; the weights and the deviance."""
        columns, weights = self._columns(g), start.copy()
        if not weights.any():
            rate = self.passed.sum() / self.judged.sum()
            weights[0] = float(logit(np.clip(np.asarray(rate), 0.01, 0.99)))
        penalty = np.diag([0.0, RIDGE, RIDGE])
        for _ in range(12):
            p = expit(offsets + (columns @ weights)[:, None])
            slope = columns.T @ (self.passed - p * self.judged).sum(1) - penalty @ weights
            curve = (columns * (p * (1 - p) * self.judged).sum(1)[:, None]).T @ columns + penalty
            step = np.linalg.solve(curve + 1e-9 * np.eye(3), slope)
            weights = weights + np.clip(step, -4, 4)
            if np.abs(step).max() < 1e-4:
                break
        return weights, self._deviance(expit(offsets + (columns @ weights)[:, None]))

    def _deviance(self, p: Floats) -> float:
        p = np.clip(p, 1e-9, 1 - 1e-9)
        good, bad = self.passed, self.judged - self.passed
        return -2 * float((good * np.log(p) + bad * np.log1p(-p)).sum())

    def _inflation(self, tau: float, offsets: Floats, weights: Floats) -> float:
        """Variance of the slope by cases against the model's own: at least 1."""
        columns = self._columns(np.maximum(0, self.size - tau) / self.rules)
        p = expit(offsets + (columns @ weights)[:, None])
        each = columns * (self.passed - p * self.judged).sum(1)[:, None]
        curve = (columns * (p * (1 - p) * self.judged).sum(1)[:, None]).T @ columns + 1e-6 * np.eye(
            3
        )
        cases, where = np.unique(self.cases, return_inverse=True)
        sums = np.zeros((len(cases), 3))
        np.add.at(sums, where, each)
        inverse = np.linalg.inv(curve)
        k = len(cases)
        clustered = inverse @ (sums.T @ sums) @ inverse * k / max(k - 1, 1)
        return max(1.0, float(clustered[1, 1] / inverse[1, 1]))

    def _residuals(self) -> Floats:
        """For each call: what it passed less what its rules pass on average."""
        rate = self.passed.sum(0) / np.maximum(self.judged.sum(0), 1)
        return np.asarray((self.passed - rate * self.judged).sum(1))

    def count_test(self, rng: np.random.Generator) -> float:
        """P of such a fall with count, *inside* the padded calls: their length never changes.

        The rules are centred within these calls; centred over all of them, length reads as count.
        """
        mine = self.padded
        rate = self.passed[mine].sum(0) / np.maximum(self.judged[mine].sum(0), 1)
        left = (self.passed[mine] - rate * self.judged[mine]).sum(1)
        return _trend(self.size[mine], left, self.judged[mine].sum(1), rng)

    def length_test(self, rng: np.random.Generator) -> float:
        """P of such a difference between bare and padded calls of one size: filler is shuffled."""
        short = self.gone
        left = self._residuals() / np.maximum(np.sqrt(self.judged.sum(1)), 1)
        for size in np.unique(self.size):
            same = self.size == size
            left[same] -= left[same].mean()
        seen = float((left * short).sum())
        draws = 1000
        hits = 0
        for _ in range(draws):
            mixed = np.empty_like(short)
            for size in np.unique(self.size):
                same = np.flatnonzero(self.size == size)
                mixed[same] = short[rng.permutation(same)]
            hits += float((left * mixed).sum()) >= seen - 1e-12
        return (hits + 1) / (draws + 1)

    def curve(self) -> tuple[tuple[int, float], ...]:
        """(rules, compliance) for each size: the mean over its judged rules."""
        rows = []
        for size in np.unique(self.size):
            same = self.size == size
            rows.append(
                (int(size), float(self.passed[same].sum() / max(self.judged[same].sum(), 1)))
            )
        return tuple(rows)

    def within(self, fit: Fit, loss: float) -> int:
        """Most rules at which the fitted mean compliance is within `loss` of the fewest."""
        sizes = np.arange(int(self.size.min()), self.rules + 1)
        g = np.maximum(0, sizes - fit.tau) / self.rules
        p = expit(fit.offsets[None, :] + (fit.intercept - fit.slope * g)[:, None]).mean(1)
        return int(sizes[p >= p[0] - loss - 1e-9].max())

    def all_passed(self) -> tuple[tuple[int, float, float], ...]:
        """(size, share of calls whose judged rules all passed, what p^n expects) for each size."""
        rate = np.clip(self.passed.sum(0) / np.maximum(self.judged.sum(0), 1), 1e-6, 1)
        rows = []
        for size in np.unique(self.size):
            same = self.size == size
            level = self.passed[same].sum() / max((rate * self.judged[same]).sum(), 1e-9)
            expected = np.exp(
                (self.judged[same] * np.log(np.minimum(rate * level, 1.0))).sum(1)
            ).mean()
            whole = (self.passed[same].sum(1) == self.judged[same].sum(1)).mean()
            rows.append((int(size), float(whole), float(expected)))
        return tuple(rows)


def _trend(x: Floats, left: Floats, weight: Floats, rng: np.random.Generator) -> float:
    """P of a fall this steep when the sizes are dealt to the calls anew."""
    scaled = left / np.maximum(weight, 1) ** 0.5
    seen = float(((x - x.mean()) * scaled).sum())
    draws = np.argsort(rng.random((2000, len(x))), axis=1)
    null = ((x - x.mean())[draws] * scaled).sum(1)
    return float(((null <= seen + 1e-12).sum() + 1) / 2001)
