"""The study: what it finds in known worlds, and that it repeats, resumes and holds when peeked at."""

from __future__ import annotations

import numpy as np
import pytest

from promptops.cliff.arrays import Bools
from promptops.cliff.ledger import Settings
from promptops.cliff.study import Call, Core, Layout, Outcome
from promptops.cliff.world import NULLS, Recipe, World, build, null_world


def simulate(world: World, settings: Settings) -> tuple[Core, list[tuple[int, Bools]]]:
    """Run a study to its end: the core, and what was found at every look."""
    core, looks = Core(world.checks, settings), []
    rng = np.random.default_rng((settings.seed, 1))
    while not core.stop:
        asked = core.propose()
        core.take(world.answer(asked.cases, asked.kept, rng, core.asked))
        looks.append((core.asked, core.ledger.found))
    return core, looks


def layout_of(world: World, **kwargs: frozenset[str]) -> Layout:
    rules = tuple(f"r{k}" for k in range(world.checks.shape[1]))
    cases = tuple(f"c{k}" for k in range(world.checks.shape[0]))
    checks = {
        case: frozenset(rules[k] for k in np.flatnonzero(row))
        for case, row in zip(cases, world.checks, strict=True)
    }
    return Layout(rules, cases, checks, **kwargs)


def ask(world: World, calls: list[Call], lost: float = 0.0, seed: int = 0) -> list[Outcome]:
    """What this world answers; each answer depends on the call alone, so that logs repeat."""
    outcomes = []
    for call in calls:
        rng = np.random.default_rng((seed, call.round, call.number))
        if rng.random() < lost:
            continue
        kept = np.asarray([[f"r{k}" in call.kept for k in range(world.checks.shape[1])]])
        row = world.answer(np.asarray([int(call.case[1:])]), kept, rng)[0]
        passed = {f"r{k}": bool(row[k]) for k in np.flatnonzero(row >= 0)}
        outcomes.append(Outcome(call, passed))
    return outcomes


def test_planted_harm_costs_what_it_should() -> None:
    world = build(Recipe(), 3)
    assert world.edges.sum() == 9
    rng, cases = np.random.default_rng(0), np.arange(40_000) % 100
    i, j = np.argwhere(world.edges)[0]
    rates = []
    for out in (False, True):
        kept = np.ones((len(cases), 40), bool)
        kept[:, i] = not out
        row = world.answer(cases, kept, rng)[:, j]
        rates.append((row == 1).sum() / (row >= 0).sum())
    assert rates[1] - rates[0] == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(("rules", "calls"), [(12, 1000), (40, 1200)])
def test_nine_edges_of_thirty_points_are_found(rules: int, calls: int) -> None:
    hits = false = 0
    for seed in range(8):
        world = build(Recipe(rules=rules), seed)
        core, _ = simulate(world, Settings(budget=calls, seed=seed))
        hits += (core.ledger.found & world.edges).sum()
        false += (core.ledger.found & ~world.edges).sum()
    assert hits >= 0.9 * 72
    assert false <= 2


@pytest.mark.parametrize("null", NULLS)
def test_where_nobody_harms_nobody_is_named(null: str) -> None:
    named = 0
    for seed in range(10):
        world = null_world(null, Recipe(rules=12), seed)
        core, looks = simulate(world, Settings(budget=800, seed=seed))
        named += any(found.any() for _, found in looks)
        if null in {"steep threshold", "hard cliff"}:
            assert core.ledger.capacity
    assert named <= 1
