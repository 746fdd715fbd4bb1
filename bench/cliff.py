"""Does the cliff study find what is there, and nothing else? Rows B1 to B15 on simulated worlds.

python -m bench.cliff [ROW ...] [--seeds N] [--full]: measured, must and excellent, row by row.
The rivals' calls are those of leave-one-out with fixed sizes in the same worlds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bench._cliff_worlds import add, climb, studies, true_within
from promptops.cliff.ledger import Settings
from promptops.cliff.study import Core
from promptops.cliff.world import NULLS, Recipe, build

LOOK = 25


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: `must` and `excellent` are upper bounds, or lower ones where `at_least`."""

    name: str
    what: str
    measured: float | None
    must: float
    excellent: float
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """excellent, must or MISSED."""
        if self.measured is None:
            return "MISSED"
        sign = -1 if self.at_least else 1
        for word, bound in (("excellent", self.excellent), ("must", self.must)):
            if sign * self.measured <= sign * bound + 1e-9:
                return word
        return "MISSED"


def find(name: str, recipe: Recipe, seeds: int, must: float, excellent: float) -> Row:
    """A row of calls for power 0.9."""
    what = f"n={recipe.rules}, {recipe.effect:.0%}, checked {recipe.checked:g}, load {recipe.load}: calls"
    measured = studies(recipe, round(1.3 * must), seeds).calls
    return Row(name, what, measured, must, excellent)


POWER_ROWS: dict[str, list[tuple[Recipe, float, float]]] = {
    "B1": [(Recipe(rules=12), 1000, 800)],
    "B2": [(Recipe(rules=40), 1200, 950)],
    "B3": [(Recipe(rules=100), 1500, 1200)],
    "B4": [
        (Recipe(rules=40, effect=0.2), 2400, 1850),
        (Recipe(rules=40, effect=0.4), 800, 600),
    ],
    "B5": [
        (Recipe(rules=40, checked=1.0), 600, 470),
        (Recipe(rules=40, checked=0.1), 3300, 2600),
    ],
    "B6": [(Recipe(rules=40, load="steep"), 4000, 2900)],
}


def power_row(name: str) -> Callable[[int], Iterator[Row]]:
    """Rows B1 to B6; n = 100 with fewer seeds."""

    def rows(seeds: int) -> Iterator[Row]:
        for recipe, must, excellent in POWER_ROWS[name]:
            yield find(name, recipe, _fewer(recipe, seeds), must, excellent)
            if name == "B6":
                lost = studies(recipe, round(1.3 * must), seeds).cleared_edges
                yield Row(name, "edges called clear", lost, 0.1, 0.02)

    return rows


def _fewer(recipe: Recipe, seeds: int) -> int:
    return max(2, seeds * 3 // 10) if recipe.rules >= 100 else seeds


def b7(seeds: int) -> Iterator[Row]:
    """Drop sets reused on four cases, against fresh ones."""
    recipe = Recipe(rules=40)
    plain = studies(recipe, 1560, seeds).calls
    reused = studies(recipe, 1560, seeds, reuse=4).calls
    more = None if plain is None or reused is None else reused / plain - 1
    yield Row("B7", "n=40, drop sets on 4 cases: further calls, share", more, 0.15, 0.09)


def b8(seeds: int) -> Iterator[Row]:
    """False discoveries at the worst look of B1 to B6."""
    for name, entries in POWER_ROWS.items():
        for recipe, must, _ in entries:
            run = studies(recipe, round(1.3 * must), _fewer(recipe, seeds))
            yield Row("B8", f"{name}: worst FDR of any look", float(run.fdr.max()), 0.05, 0.02)


def b9(seeds: int) -> Iterator[Row]:
    """Seven worlds in which nobody harms anybody."""
    for rules, budget in ((12, 1000), (40, 1200)):
        for null in NULLS:
            run = studies(Recipe(rules=rules), budget, seeds, null)
            yield Row("B9", f"n={rules}, {null}: any false edge", run.any_false, 0.05, 0.01)


def b10(seeds: int) -> Iterator[Row]:
    """Rules that help are no reason to blame the others."""
    run = studies(Recipe(rules=12, offenders=0, helpers=6), 1200, seeds)
    yield Row("B10", "n=12, 6 helpers x 3: any false edge", run.any_false, 0.05, 0.0)


def b11(seeds: int) -> Iterator[Row]:
    """When does a study without edges stop by itself?"""
    for rules, must, excellent in ((12, 700, 500), (40, 1200, 880), (100, 1800, 1330)):
        recipe = Recipe(rules=rules)
        run = studies(recipe, 3000, _fewer(recipe, seeds), "no edges", delta=0.25)
        yield Row("B11", f"n={rules}, no edges, delta 0.25: calls", run.stopped, must, excellent)


def b12(seeds: int) -> Iterator[Row]:
    """Intervals of the confirmed edges at the end of B1 and B2."""
    for name in ("B1", "B2"):
        recipe, must, _ = POWER_ROWS[name][0]
        covered = studies(recipe, round(1.3 * must), seeds).covered
        yield Row("B12", f"{name}: interval coverage", covered, 0.93, 0.96, at_least=True)


def b13(seeds: int) -> Iterator[Row]:
    """The break at 60 of 100 rules."""
    for calls, must, excellent in ((200, 5, 3.2), (400, 3, 2.1)):
        runs = [climb("threshold", k, calls) for k in range(seeds)]
        broken = [read.interval for _, read in runs if read.interval is not None]
        held = sum(i.low <= 60 <= i.high for i in broken) / max(len(broken), 1)
        off = [abs((read.within_5 or 0) - true_within(world)) for world, read in runs]
        yield Row("B13", f"N={calls}: coverage of the break", held, 0.90, 0.93, at_least=True)
        yield Row(
            "B13", f"N={calls}: named a threshold", len(broken) / seeds, 0.7, 0.9, at_least=True
        )
        yield Row("B13", f"N={calls}: mean error of n_5pp", float(np.mean(off)), must, excellent)


def b14(seeds: int) -> Iterator[Row]:
    """Flat, and only the length costs: the count must not be blamed."""
    for kind in ("flat", "length"):
        alarms = [(climb(kind, k, 200)[1].p_count or 0.0) < 0.05 for k in range(2 * seeds)]
        yield Row("B14", f"{kind}: false count alarm", float(np.mean(alarms)), 0.08, 0.06)


def b15(seeds: int) -> Iterator[Row]:
    """One more rule: calls to a verdict, and wrong verdicts."""
    for harmed, word, must, excellent in ((3, "harmful", 300, 230), (0, "clean", 500, 385)):
        runs = [add(k, harmed, 0.3) for k in range(seeds)]
        calls = float(np.mean([run.calls for run in runs]))
        wrong = float(np.mean([run.verdict != word for run in runs]))
        yield Row("B15", f"n=40, {harmed} x 30 %: calls", calls, must, excellent)
        yield Row("B15", f"n=40, {harmed} x 30 %: not {word}", wrong, 0.05, 0.05)
    runs = [add(k, 1, 0.25) for k in range(seeds)]
    wrong = float(np.mean([run.verdict == "clean" for run in runs]))
    yield Row("B15", "one rule harmed by the margin: called clean", wrong, 0.05, 0.05)


ROWS: dict[str, Callable[[int], Iterator[Row]]] = {
    **{name: power_row(name) for name in POWER_ROWS},
    "B7": b7, "B8": b8, "B9": b9, "B10": b10, "B11": b11, "B12": b12, "B13": b13, "B14": b14,
    "B15": b15,
}  # fmt: skip


def speed() -> Row:
    """The slowest pause between rounds for 100 rules and 5,000 calls, in milliseconds."""
    world = build(Recipe(rules=100), 0)
    core, rng, worst = Core(world.checks, Settings(delta=0.001)), np.random.default_rng(0), 0.0
    while not core.stop:
        start = time.perf_counter()
        asked = core.propose()
        spent = time.perf_counter() - start
        passed = world.answer(asked.cases, asked.kept, rng)
        start = time.perf_counter()
        core.take(passed)
        worst = max(worst, spent + time.perf_counter() - start)
    return Row("speed", "n=100, 5,000 calls: longest pause, ms", worst * 1000, 50, 30)


def main() -> int:
    """Print every row; 1 where a must is missed."""
    words = [word for word in sys.argv[1:] if word in ROWS] or list(ROWS)
    seeds = 200 if "--full" in sys.argv else 20
    if "--seeds" in sys.argv:
        seeds = int(sys.argv[sys.argv.index("--seeds") + 1])
    print(f"{seeds} studies a row (n = 100: {max(2, seeds * 3 // 10)})")
    print(f"{'':5} {'':58} {'measured':>9} {'must':>7} {'excellent':>9}")
    missed = 0
    for word in words:
        start = time.perf_counter()
        for row in ROWS[word](seeds):
            missed += show(row)
        print(f"{'':5} ({time.perf_counter() - start:.0f} s)", flush=True)
    return int(bool(missed + show(speed())))


def show(row: Row) -> bool:
    """One line; True where the must is missed."""
    value = "never" if row.measured is None else f"{row.measured:.4g}"
    line = f"{row.name:5} {row.what:58} {value:>9} {row.must:>7g} {row.excellent:>9g}"
    print(f"{line}  {row.verdict}", flush=True)
    return row.verdict == "MISSED"


if __name__ == "__main__":
    sys.exit(main())
