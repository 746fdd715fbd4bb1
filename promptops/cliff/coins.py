"""What to ask next: one coin for every rule, and the cases that exercise what is still open.

Rules leave by their *own* coins. With a fixed number of drops rules compete for the places, and a
rule that helps makes its rivals look harmful.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Bools, Floats, Ints

MOST = 0.5
FEWEST_PROMISING = 6
SHARPNESS = 4
ANCHOR = -1


@dataclass(frozen=True, slots=True)
class Round:
    """Calls in the order they are to be made.

    cases, kept (calls x rules): what to ask. groups: the drop set of each call, ANCHOR for the
    untouched prompt. dropped (sets x rules) and chance (rules): the coins and how they were loaded.
    """

    number: int
    cases: Ints
    kept: Bools
    groups: Ints
    dropped: Bools
    chance: Floats

    def __len__(self) -> int:
        return len(self.cases)


def chances(open_: Bools, posterior: Floats, drops: float) -> Floats:
    """The chance of each rule to be left out, `drops` in all; 0 for rules with nothing open.

    open_, posterior (rules x rules): the undecided pairs, and how likely each is an edge. The
    smallest set of rules that carries nine tenths of the hope gets its coins filled first.
    """
    active = np.flatnonzero(open_.any(1))
    chance = np.zeros(len(open_))
    if not len(active):
        return chance
    hope = np.where(open_, posterior, 0.0).sum(1)[active]
    order = active[np.argsort(-hope, kind="stable")]
    carried = np.cumsum(np.sort(hope)[::-1])
    size = int(np.searchsorted(carried, 0.9 * carried[-1])) + 1
    size = min(max(size, FEWEST_PROMISING), len(order))
    first, second = order[:size], order[size:]
    share = min(drops, MOST * size) / size
    chance[first] = share
    if len(second):
        chance[second] = min(MOST, max(0.0, drops - share * size) / len(second))
    return chance


def case_weights(checks: Bools, open_: Bools, posterior: Floats) -> Floats:
    """How often to draw each case, summing to 1: by what it checks that is still open."""
    hope = np.where(open_, posterior, 0.0).sum(0)
    weight = (checks @ hope) ** SHARPNESS
    if weight.sum() <= 0:
        weight = checks.any(1).astype(float)
    return np.asarray(weight / weight.sum())


def draw(
    number: int,
    size: int,
    chance: Floats,
    weights: Floats,
    reuse: int,
    anchors: float,
    rng: np.random.Generator,
) -> Round:
    """A round of about `size` calls: drop sets on `reuse` cases each, and a share of anchors."""
    n, reuse = len(chance), min(reuse, int((weights > 0).sum()))
    untouched = round(anchors * size) or int(anchors > 0)
    sets = max(1, (size - untouched) // reuse)
    dropped = rng.random((sets, n)) < chance
    # Gumbel's trick: the largest of log-weight + noise is a weighted draw without replacement.
    with np.errstate(divide="ignore"):
        keys = np.log(weights) + rng.gumbel(size=(sets + untouched, len(weights)))
    picked = np.argsort(-keys, axis=1, kind="stable")
    cases = np.concatenate([picked[:sets, :reuse].ravel(), picked[sets:, 0]])
    groups = np.concatenate([np.repeat(np.arange(sets), reuse), np.full(untouched, ANCHOR)])
    kept = np.concatenate([~np.repeat(dropped, reuse, axis=0), np.ones((untouched, n), bool)])
    order = rng.permutation(len(cases))
    return Round(number, cases[order], kept[order], groups[order], dropped, chance)
