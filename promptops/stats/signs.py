"""The sign-flip test of paired differences (Fisher 1935, The Design of Experiments, section 21)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from promptops.stats.beta import beta_cdf

FINEST_GRID = 5_040  # differences of rates over up to ten answers are multiples of 1 / 2520
MOST_BITS = 20_000_000  # of the whole distribution, as exact integers
FEWEST_DRAWS, MOST_DRAWS = 20_000, 200_000


def sign_flip(differences: Sequence[float], seed: int = 0, level: float = 0.05) -> float:
    """Two-sided p: how often a sum as far from 0 comes up if every sign is a coin's.

    Exact for differences of rates over few answers. Others are flipped at random, seeded, often
    enough to be told from `level`.
    """
    moved = [value for value in differences if value]
    if not moved:
        return 1.0
    sizes = _whole(moved)
    if sizes is None:
        return _drawn(moved, seed, level)
    if len(set(map(abs, sizes))) == 1:
        return _binomial(sum(size > 0 for size in sizes), len(sizes))
    if len(sizes) * sum(map(abs, sizes)) > MOST_BITS:
        return _drawn(moved, seed, level)
    return _counted(sizes)


def _whole(values: Sequence[float]) -> list[int] | None:
    """The values as multiples of one number, None where none that is coarse enough fits."""
    grid = 1
    for value in set(values):
        part = Fraction(value).limit_denominator(FINEST_GRID)
        if abs(part - Fraction(value)) > 1e-12:
            return None
        grid = math.lcm(grid, part.denominator)
        if grid > FINEST_GRID:
            return None
    return [round(value * grid) for value in values]


def _binomial(up: int, n: int) -> float:
    """Two-sided p of `up` or fewer/more heads in n fair tosses."""
    fewer = min(up, n - up)
    return min(1.0, 2 * beta_cdf(0.5, n - fewer, fewer + 1))


def _counted(sizes: Sequence[int]) -> float:
    """All 2^n flips at once: the numbers of subsets with each sum are digits of one integer."""
    whole, seen = sum(map(abs, sizes)), abs(sum(sizes))
    bytes_ = len(sizes) // 8 + 1
    subsets = 1
    for size in sizes:
        subsets += subsets << (8 * bytes_ * abs(size))
    least = (whole - seen) // 2
    end = (least + 1) * bytes_
    digits = (subsets & ((1 << 8 * end) - 1)).to_bytes(end, "little")
    as_far = sum(int.from_bytes(digits[at : at + bytes_], "little") for at in range(0, end, bytes_))
    share: float = 2 * as_far / (1 << len(sizes))
    return min(1.0, share)


def _drawn(values: Sequence[float], seed: int, level: float) -> float:
    import numpy

    moved = numpy.asarray(values)
    seen = abs(moved.sum()) - 1e-12
    rng = numpy.random.default_rng(seed)
    rounds = math.ceil(min(max(FEWEST_DRAWS, 100 / level), MOST_DRAWS) / 1000)
    hits = 0
    for _ in range(rounds):
        flips = rng.integers(0, 2, (1000, len(moved))) * 2 - 1
        hits += int((abs(flips @ moved) >= seen).sum())
    return (hits + 1) / (rounds * 1000 + 1)
