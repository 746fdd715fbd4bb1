"""Where in the prompt: is the middle third worse? The order of the rules was drawn for each call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Floats, Ints
from promptops.cliff.responses import Responses


@dataclass(frozen=True, slots=True)
class Third:
    """Compliance of the rules in one third of the prompt, and how far it is off the average."""

    place: str
    rate: float | None
    off: float | None
    error: float | None


def _place(data: Responses) -> Ints:
    """calls x rules: 0 for the first third of the prompt, 1 the middle, 2 the last."""
    rank = np.empty_like(data.order)
    kept = np.take_along_axis(data.kept, data.order, axis=1)
    np.put_along_axis(rank, data.order, np.cumsum(kept, axis=1) - kept, axis=1)
    return np.asarray(np.minimum(3 * rank // np.maximum(data.size[:, None], 1), 2).astype(int))


def _by_place(data: Responses) -> tuple[Ints, Floats]:
    """The third of every judged rule, and its residual within its call and rule."""
    rate = data.passed.sum(0) / np.maximum(data.judged.sum(0), 1)
    left = (data.passed - rate) * data.judged
    left -= (left.sum(1) / np.maximum(data.judged.sum(1), 1))[:, None] * data.judged
    return _place(data), left


def thirds(data: Responses) -> tuple[Third, ...]:
    """First, middle and last third of the prompt."""
    place, left = _by_place(data)
    rows = []
    for k, name in enumerate(("first", "middle", "last")):
        mine = (place == k) & (data.judged > 0)
        n = int(mine.sum())
        if n < 2:
            rows.append(Third(name, None, None, None))
            continue
        rate = float(data.passed[mine].mean())
        rows.append(Third(name, rate, float(left[mine].mean()), float(left[mine].std() / n**0.5)))
    return tuple(rows)


def middle_test(data: Responses, rng: np.random.Generator) -> float:
    """P that the middle third is this much worse by the luck of the order."""
    place, left = _by_place(data)
    lost = (left * (place == 1)).sum(1)
    seen = lost.sum()
    # Signs of a call's loss are flipped: the order of the rules was drawn for each call.
    flips = rng.integers(0, 2, (2000, len(lost))) * 2 - 1
    return float(((flips @ lost <= seen + 1e-12).sum() + 1) / 2001)
