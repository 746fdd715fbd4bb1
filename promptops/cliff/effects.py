"""How large: running sums, one number a pair, that do not grow with the calls.

Every array is rules x rules, [i, j]: what leaving i out gains j, as a fraction of answers.
"""

from __future__ import annotations

import math

import numpy as np

from promptops.cliff.arrays import Bools, Floats

STOPPED = 2.6  # standard errors: 1.96 covers only 0.88 to 0.95 of effects read at a stop
EXTRA = 0.25


class Effects:
    """Sums of (coin - chance) x (answer - predicted), and what they vary by."""

    def __init__(self, rules: int) -> None:
        self.moved = np.zeros((rules, rules))
        self.spread = np.zeros((rules, rules))
        self.weight = np.zeros((rules, rules))
        self.all = np.zeros((3, rules))

    def add(self, residual: Floats, checks: Floats, dropped: Bools, chance: Floats) -> None:
        """One round: residual and checks are sums over each drop set (sets x rules)."""
        coin = dropped - chance
        fair = chance > 0
        self.moved += coin.T @ residual
        self.spread += (coin**2).T @ residual**2
        fairness = np.where(fair, chance * (1 - chance), 0.0)
        self.weight += np.outer(fairness, checks.sum(0))
        # A rule's own checks leave with it: they are no part of what it does to the others.
        others = coin * (residual.sum(1)[:, None] - residual)
        self.all[0] += others.sum(0)
        self.all[1] += (others**2).sum(0)
        self.all[2] += fairness * (checks.sum() - checks.sum(0))

    def estimate(self) -> tuple[Floats, Floats]:
        """The gain and its standard error; infinite error where nothing was seen."""
        seen = self.weight > 0
        weight = np.where(seen, self.weight, 1.0)
        gain = np.where(seen, self.moved / weight, 0.0)
        error = np.where(seen, np.sqrt(self.spread + EXTRA) / weight, np.inf)
        return gain, error

    def totals(self, tested: Bools) -> tuple[Floats, Floats]:
        """For each rule: what leaving it out gains all others together, in rules an answer."""
        moved, spread, weight = self.all
        seen = weight > 0
        scale = tested.sum(1) / np.where(seen, weight, 1.0)
        return moved * scale, np.where(seen, np.sqrt(spread + EXTRA) * scale, np.inf)


class Generic:
    """What leaving out just any rule gains the others, in log-odds: capacity, not interference."""

    def __init__(self) -> None:
        self.moved = 0.0
        self.spread = 0.0
        self.weight = 0.0

    def add(
        self, residual: Floats, variance: Floats, dropped: Bools, chance: Floats, suspects: Bools
    ) -> None:
        """One round; suspects[i, j] are taken out, for they are not just any rules."""
        others = (~suspects).astype(float)
        np.fill_diagonal(others, 0.0)
        lever = (dropped - chance) @ others
        each = (lever * residual).sum(1)
        self.moved += float(each.sum())
        self.spread += float((each**2).sum())
        spread = (chance * (1 - chance)) @ others
        self.weight += float((variance.sum(0) * spread).sum())

    def bound(self, errors: float) -> float:
        """The gain and so many standard errors, at least 0."""
        if self.weight <= 0:
            return 0.0
        return max(0.0, (self.moved + errors * math.sqrt(self.spread)) / self.weight)


class Guard:
    """Are ablated prompts easier as a whole than the full one? Then it is capacity."""

    def __init__(self, rules: int) -> None:
        self.sums = np.zeros((2, rules))
        self.checks = np.zeros((2, rules))
        self.spread = np.zeros((2, rules, rules))
        self.gone = np.zeros((rules, rules))
        self.calls = 0

    def add(self, residual: Floats, checked: Floats, kept: Bools, anchor: Bools) -> None:
        """One round: calls x rules, and which calls were the untouched prompt."""
        for arm, mine in enumerate((anchor, ~anchor)):
            self.sums[arm] += residual[mine].sum(0)
            self.checks[arm] += checked[mine].sum(0)
            self.spread[arm] += residual[mine].T @ residual[mine]
        self.gone += (~kept).T.astype(float) @ checked
        self.calls += len(residual)

    def gap(self, explained: Floats) -> tuple[float, float] | None:
        """(ablated - full, its standard error) as fractions over the rules seen in both arms.

        explained (rules x rules): the gains that named edges account for. None without both arms.
        """
        both = (self.checks > 0).all(0)
        if not both.any():
            return None
        checks = np.where(both, self.checks, 1.0)
        means = self.sums / checks
        named = (self.gone * explained).sum(0) / checks[1]
        gap = float((means[1] - means[0] - named)[both].mean())
        share = np.where(both, 1.0 / checks, 0.0) / both.sum()
        variance = sum(float(share[arm] @ self.spread[arm] @ share[arm]) for arm in (0, 1))
        return gap, variance**0.5
