"""The world of the simulated model: how likely a rule is kept, and what was planted to break it.

    logit P(rule j kept) = a_j + u_case + w_case,j + v_call - cap(rules) - sum of B_ij over present i

with standard deviations 0.5, 1.0 and 0.5 for u, w and v. Every number follows from the seed and the
names of things, so that leaving a rule out changes nothing but what that rule does.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from promptops.digest import digest

CASE_SD, CASE_RULE_SD, CALL_SD = 0.5, 1.0, 0.5
BASE_LOGIT, BASE_SPREAD = 3.4, 0.6  # about 90 % once the random effects are averaged over
WITHOUT_LOGIT = -0.5  # what the rule asks for happens by itself sometimes
HARM = 0.3  # what an offender costs its target: 30 percentage points over cases and calls
# A logit with normal noise of variance v looks, on average, like one divided by this
# (Demidenko 2004, Mixed Models, 7.1.2).
SHRINK = math.sqrt(1 + 0.346 * (CASE_SD**2 + CASE_RULE_SD**2 + CALL_SD**2))
CAPACITY_FROM = 40  # rules, in worlds that have a capacity
CAPACITY_LOGIT = 3.0  # over the next 20 rules


@dataclass(frozen=True, slots=True)
class World:
    """One simulated model. interference: some rules harm others; capacity: many rules harm all."""

    seed: int = 0
    interference: bool = True
    capacity: bool = False

    def edges(self, rules: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """What was planted among these rule ids: (offender, target), a pair for every six rules."""
        if not self.interference or len(rules) < 3:
            return ()
        order = sorted(rules, key=lambda rule: self._draw("edge", rule))
        many = max(1, len(rules) // 6)
        return tuple((order[i], order[-1 - i]) for i in range(min(many, len(rules) // 2)))

    def kept(
        self,
        rule: str,
        present: Collection[str],
        edges: Sequence[tuple[str, str]],
        case: str,
        call: str,
    ) -> bool:
        """Does the model keep `rule` in this call? present: the rule ids in the rendered prompt."""
        logit = self.logit(rule, present, edges, case) + CALL_SD * self._normal("call", case, call)
        return self._draw("toss", rule, case, call) < _share(logit)

    def logit(
        self, rule: str, present: Collection[str], edges: Sequence[tuple[str, str]], case: str
    ) -> float:
        """The log-odds before chance has its say over this one call."""
        if rule not in present:
            return WITHOUT_LOGIT + self._normal("without", rule)
        logit = base = BASE_LOGIT + BASE_SPREAD * self._normal("rule", rule)
        logit += CASE_SD * self._normal("case", case)
        logit += CASE_RULE_SD * self._normal("case rule", case, rule)
        logit -= _harm(base) * sum(i in present and j == rule for i, j in edges)
        if self.capacity:
            over = max(0, len(present) - CAPACITY_FROM)
            logit -= CAPACITY_LOGIT * over / 20
        return logit

    def _draw(self, *names: str) -> float:
        """A number in (0, 1) that belongs to these names."""
        text = "\0".join((str(self.seed), *names))
        return (int(digest(text.encode("utf-8", "surrogatepass"), 6), 16) + 0.5) / 2**48

    def _normal(self, *names: str) -> float:
        from statistics import NormalDist

        return NormalDist().inv_cdf(self._draw(*names))


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _harm(base: float) -> float:
    """The log-odds that take `HARM` from what a rule is kept on average."""
    left = max(_share(base / SHRINK) - HARM, 0.02)
    return base - SHRINK * math.log(left / (1 - left))
