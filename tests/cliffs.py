"""Known worlds for the cliff tests, and the careless methods they expose."""

from __future__ import annotations

import numpy as np

from promptops.cliff.arrays import Bools, Floats
from promptops.cliff.ledger import Settings
from promptops.cliff.study import Call, Core, Layout, Outcome
from promptops.cliff.world import World


def simulate(world: World, settings: Settings) -> tuple[Core, list[tuple[int, Bools]]]:
    """Run a study to its end: the core, and what was found at every look."""
    core, looks = Core(world.checks, settings), []
    rng = np.random.default_rng((settings.seed, 1))
    while not core.stop:
        asked = core.propose()
        core.take(world.answer(asked.cases, asked.kept, rng, core.asked))
        looks.append((core.asked, core.ledger.found))
    return core, looks


def layout_of(world: World, fixed: frozenset[str] = frozenset()) -> Layout:
    rules = tuple(f"r{k}" for k in range(world.checks.shape[1]))
    cases = tuple(f"c{k}" for k in range(world.checks.shape[0]))
    checks = {
        case: frozenset(rules[k] for k in np.flatnonzero(row))
        for case, row in zip(cases, world.checks, strict=True)
    }
    return Layout(rules, cases, checks, fixed)


def ask(world: World, calls: list[Call], lost: float = 0.0, seed: int = 0) -> list[Outcome]:
    """What this world answers; each answer depends on the call alone, so that logs repeat."""
    outcomes = []
    for call in calls:
        rng = np.random.default_rng((seed, call.round, call.number))
        if rng.random() < lost:
            continue
        kept = np.asarray([[f"r{k}" in call.kept for k in range(world.checks.shape[1])]])
        row = world.answer(np.asarray([int(call.case[1:])]), kept, rng)[0]
        outcomes.append(Outcome(call, {f"r{k}": bool(row[k]) for k in np.flatnonzero(row >= 0)}))
    return outcomes


def leave_one_out(
    world: World, calls: int, rng: np.random.Generator, cases: Floats | None = None,
    own_cases: bool = False,
) -> Bools:  # fmt: skip
    """Careless: n + 1 arms one after the other, two proportions and Benjamini-Hochberg at 0.05."""
    from scipy.stats import false_discovery_control, norm

    c, n = world.checks.shape
    rates, counts = np.zeros((n + 1, n)), np.zeros((n + 1, n))
    for arm in range(n + 1):
        kept = np.ones((calls, n), bool)
        kept[:, arm : arm + 1] = False
        mine = np.arange(c) if cases is None else cases
        if own_cases:
            mine = rng.choice(c, 15, replace=False)
        row = world.answer(np.resize(mine, calls).astype(int), kept, rng, start=arm * calls)
        counts[arm] = (row >= 0).sum(0)
        rates[arm] = (row == 1).sum(0) / np.maximum(counts[arm], 1)
    pooled = (rates[:n] * counts[:n] + rates[n] * counts[n]) / np.maximum(counts[:n] + counts[n], 1)
    spread = pooled * (1 - pooled) * (1 / np.maximum(counts[:n], 1) + 1 / np.maximum(counts[n], 1))
    z = (rates[:n] - rates[n]) / np.sqrt(np.maximum(spread, 1e-12))
    p = np.where((counts[:n] > 0) & (counts[n] > 0) & (spread > 0), norm.sf(z), 1.0)
    np.fill_diagonal(p, 1.0)
    return np.asarray(false_discovery_control(p.ravel()).reshape(n, n) < 0.05)
