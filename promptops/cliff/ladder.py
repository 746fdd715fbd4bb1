"""The design of a capacity study: which calls, of how many rules, in what order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Bools, Ints

SIZES = 10
SMALLEST = 0.08


@dataclass(frozen=True, slots=True)
class Ladder:
    """Calls in the order to be made: cases, kept (calls x rules), order (a permutation of all rules
    for each call; those that are out are skipped), and which are padded to the full length."""

    cases: Ints
    kept: Bools
    order: Ints
    padded: Bools

    @property
    def sizes(self) -> Ints:
        """Rules in each call."""
        return np.asarray(self.kept.sum(1))


def ladder(rules: int, cases: int, calls: int, seed: int) -> Ladder:
    """A design of `calls` calls over about ten sizes, balanced over sizes and filler."""
    rng = np.random.default_rng((seed, 0x1ADDE2))
    steps = np.unique(np.round(np.linspace(max(1, SMALLEST * rules), rules, SIZES)).astype(int))
    sizes = np.resize(steps, calls)
    padded = np.resize(np.repeat([True, False], len(steps)), calls)
    order = np.argsort(rng.random((calls, rules)), axis=1)
    rank = np.argsort(np.argsort(rng.random((calls, rules)), axis=1), axis=1)
    kept = rank < sizes[:, None]
    picked = np.concatenate([rng.permutation(cases) for _ in range(calls // cases + 1)])[:calls]
    mixed = rng.permutation(calls)
    return Ladder(picked[mixed], kept[mixed], order[mixed], padded[mixed])
