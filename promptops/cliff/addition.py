"""May this rule be added? Every case is asked with and without it, until the answer is known.

For each existing rule two e-values bet on d = passed with - passed without: that the candidate
harms it, and that it costs less than the margin. Both are products of factors with expectation at
most 1 (Waudby-Smith & Ramdas, JRSS B 2024), so one may look after every case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Bools, Ints, Passed
from promptops.cliff.ebh import ebh
from promptops.cliff.effects import STOPPED
from promptops.cliff.evalues import log_mean
from promptops.stats import Interval

HARM_BETS = np.array([0.15, 0.35, 0.6, 0.85])
CLEAN_BETS = np.array([0.1, 0.2, 0.35, 0.5])
STEP = 8
HARMFUL, CLEAN, NOT_ENOUGH = "harmful", "clean", "not_enough"


@dataclass(frozen=True, slots=True)
class Touched:
    """What the candidate does to one rule: harm is a fraction of answers, None where unseen."""

    rule: int
    verdict: str  # "harmed", "clean" or "open"
    harm: float | None
    interval: Interval | None
    checks: int


class Addition:
    """Arrays only: cases x rules of what checks what, answers as 1, 0 and -1.

    margin: harm to a single rule that is still called clean. A rule that no case checks can't be
    certified and is left out; it is the caller's to say so.
    """

    def __init__(
        self,
        checks: Bools,
        margin: float = 0.25,
        alpha: float = 0.05,
        seed: int = 0,
        budget: int = 1000,
    ) -> None:
        rules = checks.shape[1]
        self.checks, self.margin, self.alpha = checks, margin, alpha
        self.seed, self.budget = seed, budget
        self.tested: Bools = np.asarray(checks.any(0))
        self.harm = np.zeros((len(HARM_BETS), rules))
        self.clean = np.zeros((len(CLEAN_BETS), rules))
        self.sums = np.zeros((3, rules))  # checks, d, d squared
        self.times = np.zeros(len(checks))
        self.rounds = self.calls = 0

    @property
    def harmed(self) -> Bools:
        """The rules that the candidate breaks, at a false discovery rate of alpha."""
        return ebh(log_mean(self.harm), self.tested, self.alpha)

    @property
    def certified(self) -> Bools:
        """The rules that it costs less than the margin; each wrong with chance alpha at most."""
        return np.asarray(self.tested & (log_mean(self.clean) >= np.log(1 / self.alpha)))

    @property
    def verdict(self) -> str:
        """ "harmful", "clean" or "not_enough"; may be read at any time."""
        if self.harmed.any():
            return HARMFUL
        whole = self.tested.any() and bool(self.certified[self.tested].all())
        return CLEAN if whole else NOT_ENOUGH

    @property
    def stop(self) -> bool:
        """A verdict, or no money for another case."""
        return self.verdict != NOT_ENOUGH or self.calls + 2 > self.budget

    def propose(self) -> tuple[Ints, Bools]:
        """Cases to ask with and without the candidate, and for which "with" goes first."""
        size = max(1, min(STEP, (self.budget - self.calls) // 2, len(self.checks)))
        rng = np.random.default_rng((self.seed, self.rounds, 0xADD))
        missing = np.maximum(np.log(1 / self.alpha) - log_mean(self.clean), 0.0)
        worth = self.checks @ np.where(self.tested, missing, 0.0)
        keys = 4 * np.log(worth + 1e-9) - 2 * np.log1p(self.times) + rng.gumbel(size=len(worth))
        return np.argsort(-keys, kind="stable")[:size], rng.random(size) < 0.5

    def take(self, cases: Ints, with_it: Passed, without: Passed) -> None:
        """Outcomes of these cases, calls x rules; a pair that lacks one of its answers is nothing."""
        both = (with_it >= 0) & (without >= 0)
        d = np.where(both, with_it.astype(float) - without, 0.0)
        for bets, logs, gain in (
            (HARM_BETS, self.harm, -d),
            (CLEAN_BETS / (1 - self.margin), self.clean, np.where(both, d + self.margin, 0.0)),
        ):
            logs += np.log1p(bets[:, None, None] * gain).sum(1)
        self.sums += np.stack([both.sum(0), d.sum(0), (d**2).sum(0)])
        np.add.at(self.times, cases, 1)
        self.calls += 2 * len(cases)
        self.rounds += 1

    def rules(self) -> tuple[Touched, ...]:
        """Every rule that can be judged: the harmed first, then the open, then the clean."""
        n, total, squares = self.sums
        harmed, certified = self.harmed, self.certified
        rows = []
        for j in np.flatnonzero(self.tested):
            word = "harmed" if harmed[j] else "clean" if certified[j] else "open"
            if n[j] == 0:
                rows.append(Touched(int(j), word, None, None, 0))
                continue
            middle = float(-total[j] / n[j])
            spread = float(np.sqrt(squares[j] - total[j] ** 2 / n[j] + 0.5) / n[j])
            interval = Interval(
                max(-1.0, middle - STOPPED * spread), min(1.0, middle + STOPPED * spread)
            )
            rows.append(Touched(int(j), word, middle, interval, int(n[j])))
        places = {"harmed": 0, "open": 1, "clean": 2}
        return tuple(sorted(rows, key=lambda row: (places[row.verdict], -(row.harm or 0.0))))
