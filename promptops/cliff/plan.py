"""Before a cent is spent: what a study of these rules and cases will cost, and what it can see.

Planned by simulating the user's own incidence and compliance with edges planted at delta; the
formula is for when there is no time for that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from promptops.cliff.arrays import Bools, Floats
from promptops.cliff.ledger import Settings
from promptops.cliff.study import Core
from promptops.cliff.world import Recipe, World, world_of

POWER = 0.9


@dataclass(frozen=True, slots=True)
class Plan:
    """calls: for power 0.9 to find an edge of delta; None where the budget never gets there.

    power: share of planted edges found at (calls) looks, ascending. detectable: smallest harm that
    the budget finds with power 0.9 (by the formula). checks: expected checks of each rule within
    `calls` (or the budget); untested: rules that no case checks. leave_one_out: calls that leaving
    out one rule at a time would take.
    """

    calls: int | None
    power: tuple[tuple[int, float], ...]
    detectable: float | None
    checks: tuple[float, ...]
    untested: tuple[int, ...]
    leave_one_out: int


def plan(
    checks: Bools, rates: Floats, settings: Settings, studies: int = 100, seed: int = 0
) -> Plan:
    """Plan for cases x rules of what checks what, and each rule's compliance (a fraction)."""
    seen = np.asarray(checks.any(0))
    power = simulated_power(checks, rates, settings, studies, seed)
    calls = next((at for at, share in power if share >= POWER), None)
    spent = calls or settings.budget
    kept = 1 - settings.share * (1 - settings.anchors)
    n, kappa = int(seen.sum()), float(checks[:, seen].mean()) if seen.any() else 0.0
    rate = float(rates[seen].mean()) if seen.any() else 0.5
    return Plan(
        calls=calls,
        power=power,
        detectable=detectable(n, kappa, rate, settings.budget),
        checks=tuple(float(x) for x in checks.mean(0) * spent * kept),
        untested=tuple(int(j) for j in np.flatnonzero(~seen)),
        leave_one_out=leave_one_out(n, kappa, rate, settings.delta),
    )


def simulated_power(
    checks: Bools, rates: Floats, settings: Settings, studies: int, seed: int
) -> tuple[tuple[int, float], ...]:
    """(calls, share of planted edges found) at every look of `settings.step` calls."""
    first = settings.first_round(checks.shape[1])
    looks = np.arange(first, settings.budget + settings.step, settings.step)
    share = np.zeros(len(looks))
    for k in range(studies):
        world = _planted(checks, rates, settings.delta, seed + k)
        share += _found(world, replace(settings, seed=seed + k), looks)
    share /= max(studies, 1)
    return tuple((int(at), float(found)) for at, found in zip(looks, share, strict=True))


def _planted(checks: Bools, rates: Floats, delta: float, seed: int) -> World:
    """The user's cases and rules, with three offenders harming up to three rules each."""
    tested = int(checks.any(0).sum())
    offenders = min(3, max(1, tested // 3))
    targets = min(3, max(1, (checks.shape[1] - offenders) // offenders))
    recipe = Recipe(
        rules=checks.shape[1], cases=len(checks), offenders=offenders, targets=targets, effect=delta
    )
    return world_of(recipe, checks, np.clip(rates, 0.05, 0.98), seed)


def _found(
    world: World, settings: Settings, looks: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Floats:
    core, edges = Core(world.checks, settings), world.edges & (world.checks.sum(0) > 0)[None, :]
    rng = np.random.default_rng((settings.seed, 0x91A4))
    share = np.zeros(len(looks))
    while not core.stop:
        asked = core.propose()
        core.take(world.answer(asked.cases, asked.kept, rng, core.asked))
        share[looks >= core.asked] = (core.ledger.found & edges).sum() / max(edges.sum(), 1)
        if core.ledger.found[edges].all():
            break
    return share


def formula(rules: int, kappa: float, rate: float, delta: float) -> int:
    """Calls for power 0.9: 48 (0.3/kappa)^0.7 ln(n(n-1)/0.05) p(1-p)/delta^2.

    kappa: share of the cases that check a rule. rate: compliance without the edge. Within 0.87 to
    1.42 of what simulated studies of 12 and 40 rules needed.
    """
    if rules < 2 or kappa <= 0 or delta <= 0:
        return 0
    p = min(max(rate - delta / 2, 0.05), 0.95)
    spread = p * (1 - p) / delta**2
    return int(np.ceil(48 * (0.3 / kappa) ** 0.7 * np.log(rules * (rules - 1) / 0.05) * spread))


def detectable(rules: int, kappa: float, rate: float, budget: int) -> float | None:
    """The smallest harm for which `formula` stays within the budget; None where none does."""
    if rules < 2 or kappa <= 0:
        return None
    for delta in np.arange(0.02, 1.0, 0.01):
        if formula(rules, kappa, rate, float(delta)) <= budget:
            return float(round(delta, 2))
    return None


def leave_one_out(rules: int, kappa: float, rate: float, delta: float) -> int:
    """Calls that one arm for each rule would take: two proportions each, Bonferroni, power 0.9."""
    from promptops.stats.power import unpaired_needed

    if rules < 2 or kappa <= 0:
        return 0
    confidence = 1 - 0.05 / (rules * (rules - 1))
    arm = unpaired_needed(min(rate, 0.99), max(rate - delta, 0.01), confidence, POWER) or 0
    return int(np.ceil((rules + 1) * arm / kappa))
