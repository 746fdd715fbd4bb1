"""Everything a study knows after its calls: sums over pairs, of a size that never grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Bools, Floats, Passed
from promptops.cliff.coins import Round
from promptops.cliff.compliance import Compliance
from promptops.cliff.ebh import ebh
from promptops.cliff.effects import Effects, Generic, Guard
from promptops.cliff.evalues import STRENGTHS, log_mean, log_ratios

PRIOR = 0.3  # edges that one expects for each rule, for the allocation only
FEWEST_CHECKS = 15
GAP = 0.05
LOCAL = 0.08
ONE_SIDED = 1.65
FEWEST_DROPS = 2.0


@dataclass(frozen=True, slots=True)
class Settings:
    """delta: harm worth finding, a fraction of answers. alpha: false discovery rate.

    budget: calls in all. share: of the rules to leave out. reuse: cases that each drop set is asked
    on (more of them keep a prompt cache warm). anchors: share of calls with the full prompt; 0
    takes the locality guard away, generic=False the allowance for what any rule costs: both are
    for showing what happens then. first: calls of the first round, by default 3 a rule.
    """

    delta: float = 0.2
    alpha: float = 0.05
    budget: int = 5000
    share: float = 0.25
    reuse: int = 1
    anchors: float = 0.1
    seed: int = 0
    first: int = 0
    step: int = 48
    generic: bool = True

    def first_round(self, rules: int) -> int:
        """Calls of the first round."""
        return self.first or min(max(3 * rules, 60), 200)


class Ledger:
    """The sums; `tested` (rules x rules) marks the pairs that can be tested at all."""

    def __init__(self, checks: Bools, tested: Bools, settings: Settings) -> None:
        cases, rules = checks.shape
        self.settings, self.tested = settings, tested
        self.compliance = Compliance(cases, rules)
        self.log_e = np.zeros((len(STRENGTHS), rules, rules))
        self.full = np.zeros((2, rules))
        self.drops = max(FEWEST_DROPS, settings.share * rules)
        self.capacity = False
        self.calls = 0
        self._restart()
        self.review()

    def _restart(self) -> None:
        rules = len(self.tested)
        self.effects, self.generic, self.guard = Effects(rules), Generic(), Guard(rules)

    @property
    def posterior(self) -> Floats:
        """How likely each pair is an edge; says where to look, never what to report."""
        log_odds = np.log(PRIOR / len(self.tested)) + log_mean(self.log_e)
        return np.asarray(np.where(self.tested, 1 / (1 + np.exp(-np.clip(log_odds, -50, 50))), 0))

    def add(self, asked: Round, passed: Passed) -> None:
        """Take a round: calls x rules of 1, 0 and -1 (not judged; a failed call is all -1)."""
        judged = (passed >= 0).astype(float)
        good = (passed == 1).astype(float)
        sets = np.arange(len(asked.dropped))
        membership = (asked.groups[None, :] == sets[:, None]).astype(float)
        ablated = (asked.groups >= 0)[:, None]
        self.compliance.add(asked.cases, good * ablated, judged * ablated)
        predicted = self.compliance.predict(asked.cases, good, judged, membership)
        beta = self._beta()
        self.log_e += log_ratios(
            good, judged, predicted, membership, asked.dropped, asked.chance, beta
        )
        residual = (good - predicted) * judged
        by_set = membership @ residual
        self.effects.add(by_set, membership @ judged, asked.dropped, asked.chance)
        variance = membership @ (predicted * (1 - predicted) * judged)
        self.generic.add(by_set, variance, asked.dropped, asked.chance, self._suspects())
        self.guard.add(residual, judged, asked.kept, ~ablated[:, 0])
        self.full += np.stack([(good * ~ablated).sum(0), (judged * ~ablated).sum(0)])
        self.calls += int((judged.sum(1) > 0).sum())
        self.review()

    def _beta(self) -> float:
        """What any rule is allowed to cost: cautious the other way once capacity has shown."""
        if not self.settings.generic:
            return 0.0
        return self.generic.bound(1.0 if self.capacity else -1.0)

    def _suspects(self) -> Bools:
        return np.asarray((self.posterior > 0.5) & (not self.capacity))

    def review(self) -> None:
        """Decide anew: found, cleared, open, and whether the prompts are still near the full one."""
        self.found = ebh(log_mean(self.log_e), self.tested, self.settings.alpha)
        self._look_at_the_gap()
        gain, error = self.effects.estimate()
        small = (gain + 2 * error < self.settings.delta) & (
            self.compliance.judged.sum(0) >= FEWEST_CHECKS
        )
        quiet = small | self._at_ceiling()[None, :]
        self.cleared = self.tested & ~self.found & quiet & self.local
        self.open = self.tested & ~self.found & ~self.cleared

    def _look_at_the_gap(self) -> None:
        gap = self.gap
        self.local = self.settings.anchors == 0 or self.drops <= FEWEST_DROPS
        if gap is None or self.settings.anchors == 0:
            return
        middle, error = gap
        long = self.guard.calls >= 4 * self.settings.first_round(len(self.tested))
        if middle - ONE_SIDED * error > GAP or (long and middle > GAP):
            self.capacity = True
            if self.drops > FEWEST_DROPS:
                self.drops = max(FEWEST_DROPS, self.drops / 2)
                self._restart()
                self.local = False
        elif middle + ONE_SIDED * error < LOCAL:
            self.local = True

    @property
    def gap(self) -> tuple[float, float] | None:
        """Ablated less full compliance and its standard error, without what is explained."""
        gain, _ = self.effects.estimate()
        return self.guard.gap(np.maximum(gain, 0.0) * self.posterior)

    def _at_ceiling(self) -> Bools:
        """Rules whose full-prompt compliance (Wilson's lower bound) leaves no room for delta."""
        passed, n = self.full
        z2 = ONE_SIDED**2
        seen = np.where(n > 0, n, 1.0)
        rate = passed / seen
        half = np.sqrt(rate * (1 - rate) * z2 / seen + z2**2 / (4 * seen**2))
        lower = (rate + z2 / (2 * seen) - half) / (1 + z2 / seen)
        return np.asarray((n > 0) & (lower > 1 - self.settings.delta))
