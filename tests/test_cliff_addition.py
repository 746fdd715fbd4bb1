"""One more rule, and the plan before a study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promptops.cliff.addition import CLEAN, HARMFUL, NOT_ENOUGH, Addition
from promptops.cliff.arrays import Bools, Floats
from promptops.cliff.ledger import Settings
from promptops.cliff.plan import detectable, formula, leave_one_out, plan
from promptops.cliff.world import Recipe, build


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
