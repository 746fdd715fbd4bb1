"""The traps: what a careless method sees in a world without harm, and that the study does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from cliffs import ask, layout_of, leave_one_out, simulate

from promptops.cliff.arrays import expit
from promptops.cliff.effects import STOPPED
from promptops.cliff.evalues import log_mean, log_ratios
from promptops.cliff.findings import read
from promptops.cliff.ladder import ladder
from promptops.cliff.ledger import Settings
from promptops.cliff.responses import Responses, _trend
from promptops.cliff.study import Core, Outcome, Study
from promptops.cliff.world import Recipe, build, null_world


def test_own_checks_leave_with_the_rule() -> None:
    """A merely hard rule goes, and the mean of all checks rises."""
    careless = correct = 0
    for seed in range(6):
        world = null_world("no edges", Recipe(rules=12), seed)
        base = world.base.copy()
        base[0] -= 3
        world = replace(world, base=base)
        rng = np.random.default_rng(seed)
        kept = np.ones((1000, 12), bool)
        kept[500:, 0] = False
        row = world.answer(np.resize(np.arange(100), 1000), kept, rng)
        means = [(row[m] == 1).sum() / (row[m] >= 0).sum() for m in (slice(500), slice(500, None))]
        careless += means[1] - means[0] > 0.03
        core, _ = simulate(world, Settings(budget=500, seed=seed))
        gain, error = core.ledger.effects.totals(core.ledger.tested)
        correct += abs(gain[0]) <= STOPPED * error[0]
    assert careless >= 4
    assert correct >= 5


def test_the_winners_of_a_screen_regress_to_the_mean() -> None:
    same, fresh = [], []
    for seed in range(5):
        world = null_world("no edges", Recipe(), seed)
        gains = []
        for part in (0, 1):
            core, _ = simulate(world, Settings(budget=300, seed=100 * part + seed))
            gains.append(core.ledger.effects.estimate()[0])
        top = np.argsort(-gains[0].ravel())[:10]
        same.append(gains[0].ravel()[top].mean())
        fresh.append(gains[1].ravel()[top].mean())
        assert not core.ledger.found.any()
    assert np.mean(same) > 0.1
    assert abs(np.mean(fresh)) < 0.05


def test_arms_on_different_cases_are_no_comparison() -> None:
    worlds = [null_world("case difficulty", Recipe(rules=12), seed) for seed in range(4)]
    rng = np.random.default_rng(0)
    assert sum(leave_one_out(w, 150, rng, own_cases=True).any() for w in worlds) >= 3
    cores = [simulate(w, Settings(budget=400, seed=k))[0] for k, w in enumerate(worlds)]
    assert not any(core.ledger.found.any() for core in cores)


def test_a_cached_answer_counts_once() -> None:
    """The full prompt on a case, answered from a store ten times, is one answer."""
    world = build(Recipe(rules=4, cases=3, offenders=0, checked=1.0), 0)
    calls, totals = 0, []
    for cached in (False, True):
        study = Study(layout_of(world), Settings(budget=200, seed=1, delta=0.001))
        while not study.stop:
            answers = ask(world, study.propose())
            calls += len(answers)
            study.take(Outcome(a.call, a.passed, cached) for a in answers)
        totals.append(study.core.ledger.calls)
        assert study.repeats_seen > 50
    assert totals[0] > 150
    assert totals[1] <= 3 * 2**4


def test_temperature_zero_repeats_nothing() -> None:
    hits = 0
    for seed in range(4):
        null = null_world("no edges", Recipe(rules=12, frozen=True), seed)
        rng = np.random.default_rng(seed)
        careless = leave_one_out(null, 2000, rng, cases=np.arange(20.0))
        core, _ = simulate(null, Settings(budget=500, seed=seed))
        assert careless.any()
        assert not core.ledger.found.any()
        world = build(Recipe(rules=12, frozen=True, effect=0.4), seed)
        core, _ = simulate(world, Settings(budget=900, seed=seed))
        hits += (core.ledger.found & world.edges).sum()
    assert hits >= 0.8 * 36


def test_arms_one_after_the_other_measure_the_drift() -> None:
    worlds = [null_world("drift", Recipe(rules=12, drift=0), seed) for seed in range(4)]
    worlds = [replace(w, recipe=replace(w.recipe, drift=-2.0)) for w in worlds]
    rng = np.random.default_rng(0)
    assert sum(leave_one_out(w, 150, rng).any() for w in worlds) >= 3
    for k, world in enumerate(worlds):
        core, _ = simulate(world, Settings(budget=400, seed=k))
        assert not core.ledger.found.any()


def test_a_capacity_cliff_is_not_interference() -> None:
    world = null_world("hard cliff", Recipe(rules=12), 0)
    assert leave_one_out(world, 150, np.random.default_rng(0)).sum() > 60
    study = Study(layout_of(world), Settings(budget=400))
    while not study.stop:
        study.take(ask(world, study.propose()))
    said = read(study)
    assert said.capacity
    assert said.gap is not None
    assert said.gap > 0.1
    assert not said.verdict("confirmed")


def test_peeking_at_p_values() -> None:
    from scipy.stats import false_discovery_control, norm

    careless = correct = 0
    for seed in range(20):
        world = null_world("no edges", Recipe(rules=12, cases=40), seed)
        settings = Settings(budget=700, seed=seed, step=25, generic=False, delta=0.01, anchors=0.0)
        core, rng = Core(world.checks, settings), np.random.default_rng(seed)
        peeked = named = False
        while not core.stop:
            asked = core.propose()
            core.take(world.answer(asked.cases, asked.kept, rng))
            gain, error = core.ledger.effects.estimate()
            p = norm.sf(gain / error)[core.ledger.tested]
            peeked |= bool((false_discovery_control(p) < 0.05).any())
            named |= bool(core.ledger.found.any())
        careless += peeked
        correct += named
    assert careless >= 2
    assert correct <= 1
    assert correct < careless


def test_ablating_off_the_cliff_says_all_clear() -> None:
    waved_through = kept_open = 0
    for seed in range(3):
        world = build(Recipe(load="steep", checked=0.5), seed)
        settings = Settings(budget=1000, seed=seed, delta=0.3)
        careless, _ = simulate(world, replace(settings, anchors=0.0))
        correct, _ = simulate(world, settings)
        assert careless.stop == "decided"
        assert correct.stop == "budget"
        assert correct.ledger.capacity
        waved_through += (careless.ledger.cleared & world.edges).sum()
        kept_open += (correct.ledger.cleared & world.edges).sum()
    assert waved_through >= 5
    assert kept_open <= waved_through / 2


def test_a_constant_number_of_drops_blames_the_rivals_of_a_helper() -> None:
    """Rules that compete for the places: leaving one out keeps the helper in."""
    named = {True: 0, False: 0}
    for seed in range(6):
        world = build(Recipe(rules=12, offenders=0, helpers=6, checked=1.0, effect=0.4), seed)
        for constant in named:
            rng = np.random.default_rng(seed)
            calls, chance = 2500, np.full(12, 0.25)
            draws = rng.random((calls, 12))
            dropped = np.argsort(np.argsort(draws, 1), 1) < 3 if constant else draws < 0.25
            row = world.answer(rng.integers(100, size=calls), ~dropped, rng)
            good, judged = (row == 1).astype(float), (row >= 0).astype(float)
            rate = np.broadcast_to(good.sum(0) / judged.sum(0), row.shape)
            log_e = log_ratios(good, judged, rate, np.eye(calls), dropped, chance, 0.0)
            named[constant] += int((log_mean(log_e) > np.log(132 / 0.05)).any())
    assert named[True] >= 2
    assert named[False] == 0


def test_own_coins_without_the_allowance_for_any_rule() -> None:
    named = {True: 0, False: 0}
    for seed in range(8):
        world = null_world("hard cliff", Recipe(rules=12), seed)
        for generic in named:
            _, looks = simulate(world, Settings(budget=1000, seed=seed, generic=generic))
            named[generic] += any(found.any() for _, found in looks)
    assert named[False] >= 2
    assert named[False] > named[True]


def test_easy_cases_do_not_throw_an_edge_out() -> None:
    """In a case that nearly always passes nothing can gain delta; over all cases it can."""
    careless = thrown = edges = 0
    for seed in range(5):
        world = build(Recipe(rules=40), seed)
        core, _ = simulate(world, Settings(budget=1500, seed=seed, delta=0.25))
        full = expit(world.logits(np.arange(100), np.ones((100, 40), bool)))
        easy = ((full > 0.75) & world.checks).sum(0) > 0.2 * world.checks.sum(0)
        careless += (world.edges & easy).sum()
        thrown += (core.ledger.cleared & world.edges).sum()
        edges += world.edges.sum()
    assert careless > 0.3 * edges
    assert thrown <= 0.03 * edges


def test_length_read_as_count() -> None:
    careless = correct = 0
    for seed in range(6):
        world = build(Recipe(rules=60, offenders=0), seed)
        # Centred over both arms, padded calls miss a little a rule: the more rules, the more missed.
        design = ladder(60, 100, 800, seed)
        length = np.where(design.padded, 1.0, design.sizes / 60)
        rng = np.random.default_rng(seed)
        x = world.logits(design.cases, design.kept) - 3.0 * length[:, None]
        good = rng.random(x.shape) < expit(x)
        judged = (world.checks[design.cases] & design.kept).astype(float)
        data = Responses(design, good.astype(float), judged, judged.sum(1) > 0)
        mine = data.padded
        left = data._residuals()[mine]  # centred over both arms
        careless += _trend(data.size[mine], left, data.judged[mine].sum(1), rng) < 0.05
        correct += data.count_test(rng) < 0.05
    assert careless >= 3
    assert correct <= 1
