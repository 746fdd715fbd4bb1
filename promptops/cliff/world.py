"""Known worlds: a simulated model whose rules harm each other exactly as planted.

    logit P(rule j passes) = base_j + case + case x rule + call - load(number of rules) - sum_i harm_ij

over the rules i that are in the prompt. Use them to see what a study finds, and what it must not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from promptops.cliff.arrays import NOT_JUDGED, Bools, Floats, Ints, Passed, expit

DRIFT_CALLS = 1000
# Gauss-Hermite nodes and weights of the standard normal distribution.
NORMAL = (
    (-(2.0**0.5) * 1.224744871391589, 1 / 6),
    (0.0, 2 / 3),
    (2.0**0.5 * 1.224744871391589, 1 / 6),
)
LOADS = ("none", "smooth", "steep", "cliff")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a world is made of. Spreads are standard deviations in log-odds.

    effect: what each planted edge costs its target at the full prompt, a fraction of answers.
    offenders x targets edges are planted; helpers x targets more that do good. load: how capacity
    runs out, one of LOADS. drift: log-odds gained over a thousand calls. frozen: the same prompt
    and case always give the same answer (temperature 0).
    """

    rules: int = 40
    cases: int = 100
    checked: float = 0.3
    offenders: int = 3
    targets: int = 3
    helpers: int = 0
    effect: float = 0.3
    base: tuple[float, float] = (18.0, 2.0)
    case_spread: float = 0.5
    pair_spread: float = 1.0
    call_spread: float = 0.5
    load: str = "none"
    drift: float = 0.0
    false_pass: float = 0.0
    false_fail: float = 0.0
    frozen: bool = False


NULLS: dict[str, dict[str, float | str]] = {
    "no edges": {},
    "case difficulty": {"case_spread": 2.0},
    "call shock": {"call_spread": 2.0},
    "smooth capacity": {"load": "smooth"},
    "steep threshold": {"load": "steep"},
    "hard cliff": {"load": "cliff"},
    "drift": {"drift": 2.0},
}


@dataclass(frozen=True, slots=True)
class World:
    """Arrays over rules (n) and cases; `harm[i, j]`: log-odds that the presence of i costs j.

    load[k]: log-odds lost by every rule when k rules are in the prompt, for k = 0..n.
    """

    base: Floats
    case: Floats
    pair: Floats
    checks: Bools
    harm: Floats
    load: Floats
    recipe: Recipe

    @property
    def edges(self) -> Bools:
        """n x n: True where the presence of i harms j."""
        return np.asarray(self.harm > 0)

    def logits(self, cases: Ints, kept: Bools) -> Floats:
        """calls x rules: log-odds before the shock of the call."""
        fixed = self.base + self.case[cases, None] + self.pair[cases]
        return np.asarray(fixed - self.load[kept.sum(1)][:, None] - kept @ self.harm)

    def answer(self, cases: Ints, kept: Bools, rng: np.random.Generator, start: int = 0) -> Passed:
        """Answer the calls in this order, the first being the `start`-th of the study."""
        recipe = self.recipe
        shock, luck, flip = self._chances(cases, kept, rng)
        x = self.logits(cases, kept) + recipe.call_spread * shock[:, None]
        x += recipe.drift * ((start + np.arange(len(cases))) / DRIFT_CALLS)[:, None]
        good = luck < expit(x)
        good ^= flip < np.where(good, recipe.false_fail, recipe.false_pass)
        judged = self.checks[cases] & kept
        return np.where(judged, good, NOT_JUDGED).astype(np.int8)

    def _chances(
        self, cases: Ints, kept: Bools, rng: np.random.Generator
    ) -> tuple[Floats, Floats, Floats]:
        """The shock of each call, and two uniform draws for each call and rule."""
        shape = kept.shape
        if not self.recipe.frozen:
            return rng.standard_normal(shape[:1]), rng.random(shape), rng.random(shape)
        from scipy.special import ndtri

        words = np.random.default_rng(0).integers(1, 2**63, shape[1] + 1, dtype=np.uint64)
        key = (kept * words[:-1]).sum(1, dtype=np.uint64) + cases.astype(np.uint64) * words[-1]
        column = np.arange(1, shape[1] + 1, dtype=np.uint64) * words[-1]
        luck = _uniform(key[:, None] ^ column)
        shock = ndtri(np.clip(_uniform(key + words[0]), 1e-9, 1 - 1e-9))
        return shock, luck, _uniform(key[:, None] + column)


def _uniform(x: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> Floats:
    """splitmix64 (Steele, Lea & Flood 2014) of the words, as numbers in [0, 1)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((x ^ (x >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def null_world(name: str, recipe: Recipe, seed: int) -> World:
    """A world of NULLS: nobody harms anybody, and still something looks as if."""
    return build(replace(recipe, offenders=0, helpers=0, **NULLS[name]), seed)  # type: ignore[arg-type]


def build(recipe: Recipe, seed: int) -> World:
    """The world of this recipe and seed; every planted edge costs exactly `effect` at the full prompt.

    An effect that the target has no room for is cut so that a twentieth of its answers still pass.
    """
    rng = np.random.default_rng((seed, 0xC11FF))
    n, c = recipe.rules, recipe.cases
    checks = rng.random((c, n)) < recipe.checked
    checks[rng.integers(c, size=n), np.arange(n)] = True
    return _world(recipe, checks, rng.beta(*recipe.base, size=(n,)), rng)


def world_of(recipe: Recipe, checks: Bools, rates: Floats, seed: int) -> World:
    """A world of these cases x rules and this compliance; of the recipe's own only what is left.

    Edges are planted on rules that some case checks.
    """
    return _world(recipe, checks, rates, np.random.default_rng((seed, 0xC11FF)))


def _world(recipe: Recipe, checks: Bools, rates: Floats, rng: np.random.Generator) -> World:
    c, n = checks.shape
    case: Floats = recipe.case_spread * rng.standard_normal((c,))
    pair = recipe.pair_spread * rng.standard_normal((c, n))
    goal = np.asarray(np.clip(rates, 0.02, 0.99))
    base = _solve(goal, case[:, None] + pair, checks, recipe.call_spread)
    world = World(base, case, pair, checks, np.zeros((n, n)), _load(recipe.load, n), recipe)
    return _plant(world, rng)


def _load(kind: str, n: int) -> Floats:
    """What k rules cost each of them, k = 0..n, in log-odds."""
    k = np.arange(n + 1) / n
    match kind:
        case "smooth":
            return np.asarray(2 * k)
        case "steep":
            return np.asarray(3 * np.maximum(0.0, (k - 0.75) / 0.25))
        case "cliff":
            return np.asarray(3.0 * (np.arange(n + 1) == n))
        case _:
            return np.zeros(n + 1)


def _plant(world: World, rng: np.random.Generator) -> World:
    recipe, n = world.recipe, world.recipe.rules
    full = world.base - world.load[n]
    spread = world.case[:, None] + world.pair
    present = _mean(full, spread, world.checks, recipe.call_spread)
    goal = np.maximum(present - recipe.effect, 0.05)
    cost = full - _solve(goal, spread, world.checks, recipe.call_spread)
    order = rng.permutation(n)
    harm, base = np.zeros((n, n)), world.base.copy()
    rest = order[recipe.offenders :]
    rest = rest[world.checks.sum(0)[rest] > 0]
    for k in range(recipe.offenders if len(rest) else 0):
        for j in rest[(k * recipe.targets + np.arange(recipe.targets)) % len(rest)]:
            harm[order[k], j] = cost[j]
    for i in order[: recipe.helpers]:
        for j in rng.permutation(np.delete(np.arange(n), i))[: recipe.targets]:
            harm[i, j] = -cost[j]
            base[j] -= cost[j]
    return replace(world, harm=harm, base=base)


def _mean(base: Floats, spread: Floats, checks: Bools, shock: float) -> Floats:
    """Mean compliance of each rule over the cases that check it and over the calls' shocks."""
    total = np.zeros_like(base)
    for node, weight in NORMAL:
        total += weight * np.einsum("cj,cj->j", expit(base + spread + shock * node), checks)
    return np.asarray(total / np.maximum(checks.sum(0), 1))


def _solve(goal: Floats, spread: Floats, checks: Bools, shock: float) -> Floats:
    """The log-odds of each rule at which its mean compliance is `goal`, by bisection."""
    low, high = np.full(len(goal), -15.0), np.full(len(goal), 15.0)
    for _ in range(24):
        middle = (low + high) / 2
        under = _mean(middle, spread, checks, shock) < goal
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2)
