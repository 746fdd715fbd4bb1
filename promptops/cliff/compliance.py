"""How often each rule is kept in each case, and what that predicts for the next answer."""

from __future__ import annotations

import numpy as np

from promptops.cliff.arrays import Floats, Ints

CASE_PRIOR = 4.0  # answers' worth of "this case is like the others"
RULE_PRIOR = 2.0
START = 0.9
EDGE = 0.02


class Compliance:
    """Passed and judged answers of ablated prompts for each case and rule."""

    def __init__(self, cases: int, rules: int) -> None:
        self.passed = np.zeros((cases, rules))
        self.judged = np.zeros((cases, rules))

    def add(self, cases: Ints, passed: Floats, judged: Floats) -> None:
        """Count calls x rules of ones and zeros."""
        np.add.at(self.passed, cases, passed)
        np.add.at(self.judged, cases, judged)

    def predict(self, cases: Ints, passed: Floats, judged: Floats, membership: Floats) -> Floats:
        """calls x rules: the compliance predicted without the call's own drop set.

        passed and judged are what these calls gave, already counted. membership: sets x calls; a
        call in no set is predicted from everything.
        """
        own = membership.T @ membership
        rule_passed = self.passed.sum(0) - own @ passed
        rule_judged = self.judged.sum(0) - own @ judged
        rule = (rule_passed + RULE_PRIOR * START) / (rule_judged + RULE_PRIOR)
        inside = np.diag(own)[:, None]  # a drop set asks a case once
        case_passed = self.passed[cases] - inside * passed
        case_judged = self.judged[cases] - inside * judged
        p = (case_passed + CASE_PRIOR * rule) / (case_judged + CASE_PRIOR)
        return np.asarray(np.clip(p, EDGE, 1 - EDGE))
