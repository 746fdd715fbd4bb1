"""Whole studies, ladders and additions in known worlds, for the rows of the cliff benchmark."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from promptops.cliff.addition import Addition
from promptops.cliff.arrays import Floats, Passed, expit
from promptops.cliff.capacity import Capacity, capacity
from promptops.cliff.effects import STOPPED
from promptops.cliff.ladder import Ladder, ladder
from promptops.cliff.ledger import Settings
from promptops.cliff.study import Core
from promptops.cliff.world import Recipe, World, build, null_world

LOOK = 25


@dataclass(frozen=True, slots=True)
class Studies:
    """Mean over seeds at every look: power and false discovery rate; coverage; alarms."""

    looks: Floats
    power: Floats
    fdr: Floats
    covered: float
    any_false: float
    capacity: float
    stopped: float
    cleared_edges: float

    @property
    def calls(self) -> float | None:
        """Calls for mean power 0.9."""
        reached = np.flatnonzero(self.power >= 0.9)
        return float(self.looks[reached[0]]) if len(reached) else None


@cache
def studies(recipe: Recipe, budget: int, seeds: int, null: str = "", **kwargs: float) -> Studies:
    """Run `seeds` whole studies."""
    looks = np.arange(LOOK, budget + LOOK, LOOK, dtype=float)
    runs = [
        _study(null_world(null, recipe, k) if null else build(recipe, k), k, budget, looks, kwargs)
        for k in range(seeds)
    ]
    columns = list(zip(*runs, strict=True))
    power, fdr = np.mean(columns[0], 0), np.mean(columns[1], 0)
    inside, pairs = np.sum(columns[2], 0)
    rest = [float(np.mean(column)) for column in columns[3:]]
    return Studies(looks, power, fdr, float(inside / max(pairs, 1)), *rest)


def _study(
    world: World, seed: int, budget: int, looks: Floats, kwargs: dict[str, float]
) -> tuple[Floats, Floats, Floats, bool, bool, float, float]:
    core = Core(world.checks, Settings(budget=budget, seed=seed, **kwargs))  # type: ignore[arg-type]
    rng = np.random.default_rng((seed, 1))
    edges, power, fdr, false = world.edges, np.zeros(len(looks)), np.zeros(len(looks)), False
    while not core.stop:
        asked = core.propose()
        core.take(world.answer(asked.cases, asked.kept, rng, core.asked))
        found = core.ledger.found
        later = looks >= core.asked
        power[later] = (found & edges).sum() / max(edges.sum(), 1)
        fdr[later] = (found & ~edges).sum() / max(found.sum(), 1)
        false |= bool((found & ~edges).any())
    ledger = core.ledger
    gain, error = ledger.effects.estimate()
    mine = ledger.found & edges
    inside = np.abs(gain - world.recipe.effect) <= STOPPED * error
    covered = np.array([(inside & mine).sum(), mine.sum()], float)
    lost = float((ledger.cleared & edges).sum() / max(edges.sum(), 1))
    return power, fdr, covered, false, ledger.capacity, float(core.asked), lost


def climb(kind: str, seed: int, calls: int) -> tuple[World, Capacity]:
    """A ladder of 100 rules: "flat", "length" (2 log-odds for the full length), "threshold" at 60."""
    world = build(Recipe(rules=100, offenders=0), seed)
    if kind == "threshold":
        world = replace(world, load=5 * np.maximum(0.0, np.arange(101) - 60) / 100)
    design = ladder(100, 100, calls, seed)
    answers = _with_length(world, design, 1.0 if kind == "length" else 0.0, seed)
    read = capacity(design, answers, seed)
    if read is None:
        raise AssertionError("a whole ladder was read as nothing")
    return world, read


def _with_length(world: World, design: Ladder, cost: float, seed: int) -> Passed:
    rng = np.random.default_rng((seed, 2))
    length = np.where(design.padded, 1.0, design.sizes / design.kept.shape[1])
    x = world.logits(design.cases, design.kept) - cost * length[:, None]
    x += world.recipe.call_spread * rng.standard_normal(len(x))[:, None]
    good = rng.random(x.shape) < expit(x)
    return np.where(world.checks[design.cases] & design.kept, good, -1).astype(np.int8)


def true_within(world: World, loss: float = 0.05) -> int:
    """The most rules at which true mean compliance is within `loss` of the fewest."""
    x = world.base + world.case[:, None] + world.pair
    sizes = np.arange(8, 101)
    rates = [float(expit(x - world.load[k])[world.checks].mean()) for k in sizes]
    return int(sizes[np.asarray(rates) >= rates[0] - loss].max())


def add(seed: int, harmed: int, harm: float, margin: float = 0.25) -> Addition:
    """One more rule on top of 40, harming the first `harmed` of them."""
    recipe = Recipe(rules=40, offenders=1, targets=max(harmed, 1), effect=harm)
    world = build(recipe, seed)
    offender = int(np.argmax(world.harm.sum(1)))
    cost = world.harm[offender] if harmed else np.zeros(40)
    base = replace(world, harm=np.zeros((40, 40)))
    study = Addition(world.checks, margin, seed=seed, budget=3000)
    rng = np.random.default_rng((seed, 3))
    full = np.ones((1, 40), bool)
    while not study.stop:
        cases, _ = study.propose()
        kept = np.repeat(full, len(cases), 0)
        worse = replace(base, base=base.base - cost).answer(cases, kept, rng)
        study.take(cases, worse, base.answer(cases, kept, rng))
    return study
