"""The study: what it finds in known worlds, and that it repeats, resumes and holds when peeked at."""

from __future__ import annotations

import numpy as np
import pytest
from cliffs import ask, layout_of, simulate

from promptops.cliff.ebh import ebh
from promptops.cliff.effects import STOPPED
from promptops.cliff.evalues import log_ratios
from promptops.cliff.findings import read
from promptops.cliff.ledger import Settings
from promptops.cliff.study import Call, Core, Layout, Outcome, Study
from promptops.cliff.world import NULLS, Recipe, build, null_world
from promptops.errors import InputError

SMALL = Recipe(rules=8, cases=30, offenders=1, targets=2, effect=0.4, checked=0.6)


def test_planted_harm_costs_what_it_should() -> None:
    world = build(Recipe(), 3)
    assert world.edges.sum() == 9
    rng, cases = np.random.default_rng(0), np.arange(20_000) % 100
    i, j = np.argwhere(world.edges)[0]
    rates = []
    for out in (False, True):
        kept = np.ones((len(cases), 40), bool)
        kept[:, i] = not out
        row = world.answer(cases, kept, rng)[:, j]
        rates.append((row == 1).sum() / (row >= 0).sum())
    assert rates[1] - rates[0] == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(("rules", "calls"), [(12, 1000), (40, 1200)])
def test_nine_edges_of_thirty_points_are_found_and_sized(rules: int, calls: int) -> None:
    hits = false = inside = 0
    for seed in range(8):
        world = build(Recipe(rules=rules), seed)
        core, _ = simulate(world, Settings(budget=calls, seed=seed))
        found = core.ledger.found
        gain, error = core.ledger.effects.estimate()
        inside += ((np.abs(gain - 0.3) <= STOPPED * error) & found & world.edges).sum()
        hits += (found & world.edges).sum()
        false += (found & ~world.edges).sum()
    assert hits >= 0.9 * 72
    assert false <= 2
    assert inside >= 0.9 * hits


@pytest.mark.parametrize("null", NULLS)
def test_where_nobody_harms_nobody_is_named_at_any_look(null: str) -> None:
    named = 0
    for seed in range(8):
        world = null_world(null, Recipe(rules=12), seed)
        core, looks = simulate(world, Settings(budget=700, seed=seed))
        named += any(found.any() for _, found in looks)
        if null in {"steep threshold", "hard cliff"}:
            assert core.ledger.capacity
    assert named <= 1


def test_a_null_e_value_has_expectation_one() -> None:
    rng = np.random.default_rng(0)
    passed = (rng.random((8, 2)) < 0.8).astype(float)
    membership, predicted = np.eye(8), np.full((8, 2), 0.7)
    chance = np.array([0.3, 0.0])
    total = np.zeros(3)
    for _ in range(3000):
        dropped = rng.random((8, 2)) < chance
        total += np.exp(
            log_ratios(passed, np.ones((8, 2)), predicted, membership, dropped, chance, 0.0)[
                :, 0, 1
            ]
        )
    assert total / 3000 == pytest.approx(np.ones(3), abs=0.15)


def test_ebh_takes_as_many_as_carry_the_threshold() -> None:
    e = np.log(np.array([100.0, 45.0, 15.0, 1.0]))
    assert ebh(e, np.ones(4, bool), 0.05).tolist() == [True, True, False, False]
    assert not ebh(e, np.zeros(4, bool), 0.05).any()


def test_the_same_seed_and_outcomes_repeat_to_the_bit() -> None:
    world = build(Recipe(rules=12), 1)
    first, _ = simulate(world, Settings(budget=400, seed=1))
    second, _ = simulate(world, Settings(budget=400, seed=1))
    assert (first.ledger.log_e == second.ledger.log_e).all()
    other, _ = simulate(world, Settings(budget=400, seed=2))
    assert (first.ledger.log_e != other.ledger.log_e).any()


def test_a_study_is_resumed_from_its_log_wherever_it_broke_off() -> None:
    world = build(SMALL, 2)
    settings = Settings(budget=250, seed=4, reuse=2)
    whole, log = Study(layout_of(world), settings), []
    while not whole.stop:
        outcomes = ask(world, whole.propose(), lost=0.05)
        log += outcomes
        whole.take(outcomes)
    for cut in (0, 1, 59, 60, 100, len(log)):
        again = Study(layout_of(world), settings)
        again.resume(log[:cut])
        while not again.stop:
            again.take(ask(world, again.propose(), lost=0.05))
        assert (again.core.ledger.log_e == whole.core.ledger.log_e).all()
        assert read(again) == read(whole)


def test_a_call_of_another_study_is_refused() -> None:
    study = Study(layout_of(build(SMALL, 2)))
    with pytest.raises(InputError, match="none of this study"):
        study.take([Outcome(Call(0, 0, "c0", ("r1",)), {})])
    with pytest.raises(InputError):
        study.take([Outcome(Call(3, 0, "c0", ()), {})])


def test_failed_calls_are_no_evidence() -> None:
    world = build(SMALL, 2)
    study = Study(layout_of(world), Settings(budget=120))
    study.take([])
    assert study.core.ledger.calls == 0
    assert (study.core.ledger.log_e == 0).all()
    none = [Outcome(c, dict.fromkeys(c.kept)) for c in study.propose()]
    study.take(none)
    assert (study.core.ledger.log_e == 0).all()


def test_findings_name_rules_with_intervals_and_what_is_open() -> None:
    world = build(SMALL, 0)
    layout = layout_of(world)
    layout = Layout((*layout.rules, "nobody"), layout.cases, layout.checks)
    study = Study(layout, Settings(budget=700, seed=0))
    while not study.stop:
        calls = study.propose()
        study.take(ask(world, calls))
    said = read(study)
    edges = {(f"r{i}", f"r{j}") for i, j in np.argwhere(world.edges)}
    assert {(p.source, p.target) for p in said.verdict("confirmed")} == edges
    for pair in said.verdict("confirmed"):
        assert pair.interval is not None
        assert pair.interval.low > 0
        assert pair.needed is None
    assert said.untested == ("nobody",)
    assert said.totals[0].rule == next(iter(edges))[0]
    assert said.totals[0].confirmed > 0.4
    assert said.gap_interval is not None
    assert all(p.needed for p in said.verdict("undecided")[:1])


def test_before_anything_is_known_nothing_is_said() -> None:
    study = Study(layout_of(build(SMALL, 0)), Settings(anchors=0.0))
    said = read(study)
    assert {p.harm for p in said.pairs} == {None}
    assert {p.verdict for p in said.pairs} == {"undecided"}
    assert said.gap is None
    assert {"few-checks", "no-anchors"} <= set(said.doubts)


def test_fixed_rules_are_never_left_out_and_few_cases_are_a_doubt() -> None:
    world = build(Recipe(rules=6, cases=5, offenders=0, checked=0.9), 0)
    study = Study(layout_of(world, frozenset({"r0"})), Settings(budget=100))
    while not study.stop:
        calls = study.propose()
        assert all("r0" in call.kept for call in calls)
        study.take(ask(world, calls))
    said = read(study)
    assert "few-cases" in said.doubts
    assert all(pair.source != "r0" for pair in said.pairs)


def test_identical_answers_on_every_repeat_are_a_doubt() -> None:
    world = build(Recipe(rules=4, cases=12, offenders=0, checked=1.0, frozen=True), 0)
    study = Study(layout_of(world), Settings(budget=200, delta=0.01))
    while not study.stop:
        study.take(ask(world, study.propose()))
    assert "identical-answers" in read(study).doubts


def test_no_rules_to_test_is_decided_at_once() -> None:
    study = Study(Layout(("a",), ("c",), {"c": frozenset({"a"})}))
    assert study.stop == "decided"
    assert read(study).pairs == ()


def test_prompts_of_four_cases_are_shared_and_anchors_are_whole() -> None:
    world = build(Recipe(), 0)
    asked = Core(world.checks, Settings(reuse=4)).propose()
    for group in np.unique(asked.groups[asked.groups >= 0]):
        mine = asked.groups == group
        assert len(np.unique(asked.cases[mine])) == 4
        assert (asked.kept[mine] == ~asked.dropped[group]).all()
    assert asked.kept[asked.groups < 0].all()
    assert (asked.groups < 0).sum() == round(0.1 * 120)
    assert 0.6 < asked.kept[asked.groups >= 0].mean() < 0.9
