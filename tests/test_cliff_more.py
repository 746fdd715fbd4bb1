"""Capacity, one more rule, recorded tables, the plan."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from promptops.cliff.addition import CLEAN, HARMFUL, NOT_ENOUGH, Addition
from promptops.cliff.arrays import Bools, Floats, Passed, expit
from promptops.cliff.capacity import Capacity, capacity
from promptops.cliff.ladder import Ladder, ladder
from promptops.cliff.ledger import Settings
from promptops.cliff.plan import detectable, formula, leave_one_out, plan
from promptops.cliff.records import Recorded, analyse
from promptops.cliff.shape import fit_shape
from promptops.cliff.world import Recipe, World, build
from promptops.errors import InputError

SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parents[2] / "shared"))
IFSCALE = SHARED / "data" / "ifscale" / "per_sample_12_models.csv"


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


def added(seed: int, cost: Floats, margin: float = 0.25, budget: int = 2000) -> Addition:
    world = build(Recipe(rules=12, offenders=0), seed)
    study, rng = (
        Addition(world.checks, margin, seed=seed, budget=budget),
        np.random.default_rng(seed),
    )
    while not study.stop:
        cases, first = study.propose()
        assert len(np.unique(cases)) == len(cases) == len(first)
        kept = np.ones((len(cases), 12), bool)
        worse = replace(world, base=world.base - cost).answer(cases, kept, rng)
        study.take(cases, worse, world.answer(cases, kept, rng))
    return study


def test_a_rule_is_harmful_with_names_or_clean_or_not_known() -> None:
    bad = np.where(np.arange(12) < 3, 2.2, 0.0)
    for seed in range(5):
        harmful = added(seed, bad)
        assert harmful.verdict == HARMFUL
        assert np.flatnonzero(harmful.harmed).max() < 3
        row = harmful.rules()[0]
        assert row.verdict == "harmed"
        assert row.interval is not None
        assert row.interval.high > 0.15
    runs = [added(seed, np.zeros(12)) for seed in range(5)]
    assert [run.verdict for run in runs].count(CLEAN) >= 4
    assert np.mean([run.calls for run in runs]) < 450
    short = added(0, np.zeros(12), budget=20)
    assert short.verdict == NOT_ENOUGH
    assert short.calls <= 20
    assert {row.verdict for row in short.rules()} == {"open"}


def test_a_rule_nobody_checks_is_not_certified_and_lost_pairs_are_nothing() -> None:
    checks: Bools = np.zeros((10, 2), bool)
    checks[:, 0] = True
    study = Addition(checks)
    cases, _ = study.propose()
    gone = np.full((len(cases), 2), -1, np.int8)
    study.take(cases, gone, np.ones_like(gone))
    assert (study.harm == 0).all()
    assert (study.clean == 0).all()
    assert [(row.rule, row.harm, row.checks) for row in study.rules()] == [(0, None, 0)]


def table(shape: str, noise: float = 0.01) -> str:
    rng = np.random.default_rng(0)
    rows = ["model,num_rules,seed,accuracy"]
    for size in range(10, 501, 20):
        rate = {
            "none": 0.95,
            "linear": 1 - size / 800,
            "threshold": 1 - max(0, size - 250) / 500,
            "exponential": 0.1 + 0.9 * np.exp(-size / 90),
        }[shape]
        for seed in range(5):
            value = float(np.clip(rate + noise * rng.standard_normal(), 0, 1))
            rows.append(f"m,{size},{seed},{100 * value:.2f}")
    return "\n".join(rows)


@pytest.mark.parametrize("shape", ["none", "linear", "threshold", "exponential"])
def test_shapes_are_told_apart(shape: str) -> None:
    (read,) = analyse(table(shape))
    assert read.shape.shape == shape
    if shape == "threshold":
        assert read.shape.interval is not None
        assert read.shape.interval.low <= 250 <= read.shape.interval.high


@pytest.mark.skipif(not IFSCALE.exists(), reason="recorded data are not here")
def test_shapes_of_recorded_models() -> None:
    read = {model.model.split("/")[-1]: model for model in analyse(IFSCALE.read_text())}
    shapes = {name: model.shape.shape for name, model in read.items()}
    assert shapes["o3-high-reasoning"] == "threshold"
    assert shapes["claude-sonnet-4"] == "linear"
    assert shapes["gpt-4o"] == shapes["gpt-4o-mini"] == "exponential"
    assert shapes["llama-4-maverick"] == "cannot_tell"
    assert traps(read["llama-4-maverick"]).keys() == {"fail-together"}
    assert traps(read["o3-high-reasoning"])["nothing-kept"] == 1


def traps(read: Recorded) -> dict[str, int]:
    return {trap.name: trap.rows for trap in read.traps}


def test_a_noisy_first_point_is_no_cliff() -> None:
    text = "\n".join(
        line if not line.startswith("m,10,") else line.rsplit(",", 1)[0] + ",70"
        for line in table("threshold").splitlines()
    )
    (read,) = analyse(text)
    assert traps(read)["noisy-first-point"] == 5
    assert read.shape.shape == "threshold"


def rows(calls: list[tuple[int, int, list[bool | None]]], **extra: object) -> str:
    lines = [
        {"num_rules": size, "case": "c", "repeat": k, "rule": f"r{i}", "passed": p, **extra}
        for size, k, passed in calls
        for i, p in enumerate(passed)
    ]
    return "\n".join(json.dumps(line) for line in lines)


def test_duplicates_wrong_counts_and_unanswered_calls_are_reported() -> None:
    text = rows([(2, 0, [True, False, True]), (3, 1, [True, True, None])])
    text += "\n" + rows([(3, 2, [False, False])], state="question") + "\n\n"
    (read,) = analyse(text)
    assert traps(read) == {"not-answered": 2, "wrong-count": 1}
    assert read.calls == 2
    assert read.curve[0][:2] == (3, pytest.approx((2 / 3 + 1) / 2))
    assert read.shape.shape == "cannot_tell"
    header = "model,num_rules,seed,accuracy\n"
    (again,) = analyse(header + "m,10,0,0.9\nm,10,0,0.9\nm,10,1,0.8\n")
    assert traps(again) == {"duplicate": 1}
    assert again.calls == 2


def test_all_pass_rates_that_fall_alone_are_p_to_the_n() -> None:
    rng = np.random.default_rng(1)
    calls = [
        (size, k, [bool(x) for x in rng.random(size) < 0.9])
        for size in (2, 4, 8, 12, 16, 24)
        for k in range(30)
    ]
    (read,) = analyse(rows(calls))
    assert read.shape.shape == "none"
    assert "only-p-to-the-n" in traps(read)
    assert read.all_passed[0][1] > 0.6 > 0.3 > read.all_passed[-1][1]


def test_rules_of_one_call_failing_together_are_one_observation() -> None:
    rng = np.random.default_rng(1)
    calls: list[tuple[int, int, list[bool | None]]] = []
    for size in (20, 40, 60, 80, 100):
        calls += [(size, k, [bool(rng.random() < 0.8)] * size) for k in range(10)]
    (read,) = analyse(rows(calls))
    assert traps(read)["fail-together"] == 50
    assert traps(read)["nothing-kept"] > 3


def test_rules_may_be_listed_in_place_of_their_number() -> None:
    (read,) = analyse(json.dumps({"rules": ["a", "b"], "accuracy": 0.5}))
    assert read.curve == ((2, 0.5, 0.5, 0.5, 1),)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 0),
        ("num_rules,accuracy\nten,0.5", 2),
        ("num_rules,accuracy\n10,nan", 2),
        ("num_rules,accuracy\n10,0.5\n2.5,0.5", 3),
        ("num_rules,accuracy\n10,150", 2),
        ('{"num_rules": 3}\n{', 2),
        ('{"num_rules": 3, "accuracy": 1}\n[]', 2),
        ('{"num_rules": 3, "rule": "a", "passed": "perhaps"}', 1),
        ('num_rules,accuracy\n"10,0.5', 2),
    ],
)
def test_a_table_that_cannot_be_read_says_where(text: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        analyse(text, "t.csv")
    assert (caught.value.path, caught.value.line) == ("t.csv", line)
    assert caught.value.hint


def test_few_points_are_no_shape() -> None:
    assert fit_shape(np.arange(4.0), np.ones(4)).shape == "cannot_tell"


def test_the_plan_simulates_the_cases_one_has() -> None:
    checks = np.random.default_rng(0).random((40, 12)) < 0.4
    checks[:, 3] = False
    settings = Settings(delta=0.35, budget=900)
    said = plan(checks, np.full(12, 0.9), settings, studies=8)
    assert said.calls is not None
    assert 250 < said.calls <= 900
    assert said.untested == (3,)
    assert said.checks[3] == 0 < said.checks[0]
    assert [share for _, share in said.power] == sorted(share for _, share in said.power)
    assert said.detectable is not None
    assert said.leave_one_out > 2 * said.calls
    poor = plan(checks, np.full(12, 0.9), replace(settings, budget=60), studies=2)
    assert poor.calls is None


def test_the_formula_and_its_edges() -> None:
    assert formula(40, 0.3, 0.9, 0.3) == pytest.approx(950, rel=0.3)
    assert formula(40, 0.1, 0.9, 0.3) > 2 * formula(40, 0.3, 0.9, 0.3)
    assert formula(1, 0.3, 0.9, 0.3) == leave_one_out(40, 0.0, 0.9, 0.3) == 0
    found = detectable(40, 0.3, 0.9, 1000)
    assert found is not None
    assert formula(40, 0.3, 0.9, found) <= 1000
    assert detectable(40, 0.3, 0.9, 5) is None
    assert detectable(1, 0.3, 0.9, 5) is None
