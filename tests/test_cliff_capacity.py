"""Capacity: the ladder, where it breaks, and what is not its doing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promptops.cliff.arrays import Floats, Passed, expit
from promptops.cliff.capacity import Capacity, capacity
from promptops.cliff.ladder import Ladder, ladder
from promptops.cliff.world import Recipe, World, build


def answered(world: World, design: Ladder, length: float = 0.0, middle: float = 0.0) -> Passed:
    """What a world says to a ladder where length, or standing in the middle, costs log-odds."""
    x = world.logits(design.cases, design.kept)
    x -= length * np.where(design.padded, 1.0, design.sizes / design.kept.shape[1])[:, None]
    kept = np.take_along_axis(design.kept, design.order, 1)
    rank = np.empty_like(design.order)
    np.put_along_axis(rank, design.order, np.cumsum(kept, 1) - kept, 1)
    x -= middle * (3 * rank // design.sizes[:, None] == 1)
    good = np.random.default_rng(5).random(x.shape) < expit(x)
    return np.where(world.checks[design.cases] & design.kept, good, -1).astype(np.int8)


def climb(
    seed: int,
    load: Floats | None = None,
    length: float = 0.0,
    middle: float = 0.0,
    calls: int = 200,
) -> Capacity:
    world = build(Recipe(rules=50, offenders=0), seed)
    world = world if load is None else replace(world, load=load)
    design = ladder(50, 100, calls, seed)
    read = capacity(design, answered(world, design, length, middle), seed)
    assert read is not None
    return read


def test_a_ladder_covers_the_sizes_with_and_without_filler() -> None:
    design = ladder(50, 20, 200, 1)
    assert (design.sizes.min(), design.sizes.max()) == (4, 50)
    assert len(np.unique(design.sizes)) == 10
    assert design.padded.mean() == 0.5
    assert abs(np.corrcoef(design.padded, design.sizes)[0, 1]) < 0.1
    assert (np.bincount(design.cases) == 10).all()
    assert (np.sort(design.order, 1) == np.arange(50)).all()


def test_a_break_is_placed_and_a_flat_world_has_none() -> None:
    load = 6 * np.maximum(0.0, np.arange(51) - 30) / 50
    broken = [climb(seed, load) for seed in range(4)]
    assert [c.shape for c in broken].count("threshold") >= 3
    for c in broken:
        if c.break_point is not None and c.interval is not None:
            assert c.interval.low <= 30 <= c.interval.high
            assert abs(c.break_point - 30) < 10
        assert c.within_5 is not None
        assert 28 <= c.within_5 <= 46
    flat = [climb(seed) for seed in range(6)]
    assert [c.shape for c in flat].count("none") >= 5
    assert all(c.break_point is None for c in flat if c.shape == "none")


def test_length_is_not_count_and_a_straight_fall_is_no_break() -> None:
    long = [climb(seed, length=1.5) for seed in range(4)]
    assert sum((c.p_length or 1) < 0.05 for c in long) >= 3
    assert sum((c.p_count or 1) < 0.05 for c in long) <= 1
    assert np.mean([c.length_cost for c in long]) == pytest.approx(1.4, abs=0.5)
    straight = climb(1, 3 * np.arange(51) / 50)
    assert straight.shape in {"linear", "exponential"}
    assert straight.break_point is None


def test_all_passed_falls_as_p_to_the_n_without_a_cliff() -> None:
    flat = climb(2, calls=400)
    assert flat.shape == "none"
    assert flat.all_passed[0][1] > flat.all_passed[-1][1] + 0.3
    gaps = [whole - expected for _, whole, expected in flat.all_passed]
    assert abs(np.mean(gaps)) < 0.1


def test_the_middle_of_the_prompt() -> None:
    worse = climb(3, middle=1.0, calls=400)
    assert worse.p_middle is not None
    assert worse.p_middle < 0.05
    assert [third.place for third in worse.thirds] == ["first", "middle", "last"]
    middle = worse.thirds[1].off
    assert middle is not None
    assert middle < -0.02


def test_too_few_answers_are_no_ladder() -> None:
    design = ladder(50, 20, 200, 1)
    nothing = np.full(design.kept.shape, -1, np.int8)
    assert capacity(design, nothing, 0) is None
