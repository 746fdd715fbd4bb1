"""Answers in, verdicts out. Only an answer is judged, and what was not judged is counted apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from promptops.evals import Answer, Judgement, State
from promptops.evals.plan import TASK, Ask, Expectation, Plan
from promptops.stats import Interval, Rate
from promptops.stats.paired import MOST_CASES
from promptops.stats.power import rate_told_at
from promptops.stats.rates import clustered_rate

ENOUGH_OVERALL = 0.95  # valid answers of those planned; below it nothing is concluded
ENOUGH_IN_CELL = 0.90  # the same in one rule or slice
CONFIDENCE = 0.95
FEWEST_CASES = 10  # a slice with fewer is too small to judge

Judge = Callable[[Ask, Answer, Expectation], Judgement]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation on one answer. judgement.passed is None where it could not be judged."""

    ask: Ask
    expectation: Expectation
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Cell:
    """Answers of one rule, slice or the task. planned: how many there should be; valid: how many
    came back whole; unjudged: of those, how many could not be judged. together: the interval that
    holds for all rules and the task at once; None where no verdict is given."""

    rate: Rate
    planned: int
    valid: int
    unjudged: int
    together: Interval | None = None

    @property
    def complete(self) -> bool:
        """True if few enough answers are missing for a claim."""
        return self.planned == 0 or self.valid >= ENOUGH_IN_CELL * self.planned

    @property
    def judged(self) -> bool:
        """True if few enough answers are missing or not judged for a claim about a rule."""
        return self.rate.n >= ENOUGH_IN_CELL * self.planned

    def verdict(self, least: float) -> str:
        """ "yes" if the rate is certainly at least `least`, "no" if certainly not, else cannot_tell:
        also where too many answers are missing, or could not be judged."""
        return _verdict(self.rate.interval if self.judged else None, least)

    def verdict_together(self, least: float) -> str:
        """The same at the confidence that all rules and the task have at once (Bonferroni 1936)."""
        return _verdict(self.together if self.judged else None, least)

    def cases_needed(self, least: float) -> int | None:
        """Further cases that would tell, were the rate what it looks like; None where it is told,
        where answers are missing, and where no number can be named."""
        rate = self.rate.rate
        if rate is None or not self.judged or self.verdict(least) != "cannot_tell":
            return None
        total = rate_told_at(rate, least, most=MOST_CASES)
        return None if total is None or total > MOST_CASES else max(1, total - self.rate.cases)


def _verdict(interval: Interval | None, least: float) -> str:
    if interval is None:
        return "cannot_tell"
    if interval.low >= least:
        return "yes"
    return "no" if interval.high < least else "cannot_tell"


@dataclass(frozen=True, slots=True)
class Slice:
    """One value of one slice, over all rules. rules, over: by rule id, where it must and must not
    fire. differs: certainly worse than the whole."""

    name: str
    cell: Cell
    rules: Mapping[str, Cell]
    over: Mapping[str, Cell]
    differs: bool

    @property
    def enough(self) -> bool:
        """True if it has enough cases to be judged."""
        return self.cell.rate.cases >= FEWEST_CASES


@dataclass(frozen=True, slots=True)
class Score:
    """All that the answers say. rules, over: by rule id, where it must and must not fire.

    task: None where no case asserts anything. complete: False where too many answers are missing.
    """

    outcomes: tuple[Outcome, ...]
    rules: Mapping[str, Cell]
    over: Mapping[str, Cell]
    task: Cell | None
    slices: tuple[Slice, ...]
    complete: bool

    @property
    def worst_slice(self) -> Slice | None:
        """The slice with the lowest rate, of those that can be judged."""
        able = [
            s for s in self.slices if s.enough and s.cell.complete and s.cell.rate.rate is not None
        ]
        return min(able, key=lambda s: s.cell.rate.rate or 0.0, default=None)


def score(
    plan: Plan, answers: Sequence[Answer], judge: Judge, confidence: float = CONFIDENCE
) -> Score:
    """Judge every answer and count. `answers` are aligned with `plan.asks`."""
    outcomes = tuple(_outcomes(plan, answers, judge))
    valid = sum(answer.state is State.ANSWER for answer in answers)
    complete = valid >= ENOUGH_OVERALL * len(answers)

    told = len({(e.rule, e.fires) for each in plan.expected.values() for e in each})
    whole = _Part(plan.asks, outcomes)
    rules, over = _cells(plan, whole, confidence, told)
    task = rules.pop(TASK, None)
    slices = _slices(plan, whole, confidence)
    complete = complete and all(c.complete for c in (*rules.values(), *over.values()))
    return Score(outcomes, rules, over, task, slices, complete)


def _outcomes(plan: Plan, answers: Sequence[Answer], judge: Judge) -> Iterable[Outcome]:
    for ask, answer in zip(plan.asks, answers, strict=True):
        if answer.state is State.ANSWER:
            for expectation in plan.expected.get(ask.case.id, ()):
                yield Outcome(ask, expectation, judge(ask, answer, expectation))


@dataclass(frozen=True, slots=True)
class _Part:
    """The calls of some cases, and what came of them."""

    asks: Sequence[Ask]
    outcomes: Sequence[Outcome]


def _parts(plan: Plan, whole: _Part) -> dict[tuple[str, str], _Part]:
    """By slice and value, in their order."""
    pairs = sorted({pair for case in plan.cases for pair in case.slices.items()})
    asks: dict[tuple[str, str], list[Ask]] = {pair: [] for pair in pairs}
    outcomes: dict[tuple[str, str], list[Outcome]] = {pair: [] for pair in pairs}
    for ask in whole.asks:
        for pair in ask.case.slices.items():
            asks[pair].append(ask)
    for one in whole.outcomes:
        for pair in one.ask.case.slices.items():
            outcomes[pair].append(one)
    return {pair: _Part(asks[pair], outcomes[pair]) for pair in pairs}


def _cells(
    plan: Plan, part: _Part, confidence: float, told: int = 0
) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """By rule id, where it must and where it must not fire: the answers on which all that is expected
    of the rule holds. told: how many verdicts are given beside each other, 0 for none."""
    planned: dict[tuple[str, bool], int] = {}
    for ask in part.asks:
        expected = plan.expected.get(ask.case.id, ())
        for which in dict.fromkeys((one.rule, one.fires) for one in expected):
            planned[which] = planned.get(which, 0) + 1
    held: dict[tuple[str, bool], dict[tuple[str, int], bool | None]] = {one: {} for one in planned}
    for one in part.outcomes:
        bits = held[one.expectation.rule, one.expectation.fires]
        at = (one.ask.case.id, one.ask.repeat)
        bits[at] = _both(bits.get(at, True), one.judgement.passed)
    cells: tuple[dict[str, Cell], dict[str, Cell]] = ({}, {})
    for (rule, fires), many in planned.items():
        cells[not fires][rule] = _cell(held[rule, fires], many, confidence, told)
    return cells


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _cell(
    held: Mapping[tuple[str, int], bool | None], planned: int, confidence: float, told: int
) -> Cell:
    by_case: dict[str, tuple[int, int]] = {}
    for (case, _), passed in held.items():
        if passed is not None:
            before = by_case.get(case, (0, 0))
            by_case[case] = (before[0] + passed, before[1] + 1)
    unjudged = sum(passed is None for passed in held.values())
    cases = list(by_case.values())
    rate, together = clustered_rate(cases, confidence), None
    if told:
        together = clustered_rate(cases, 1 - (1 - confidence) / told).interval
    return Cell(rate, planned, len(held), unjudged, together)


def _slices(plan: Plan, whole: _Part, confidence: float) -> tuple[Slice, ...]:
    rate = _pooled(plan, whole, confidence)[0].rate.rate
    parts = _parts(plan, whole)
    found = []
    for (name, value), part in parts.items():
        rules, over = _cells(plan, part, confidence)
        rules.pop(TASK, None)
        cell, cases = _pooled(plan, part, confidence)
        strict = clustered_rate(cases, 1 - (1 - confidence) / len(parts)).interval
        differs = strict is not None and rate is not None and strict.high < rate
        found.append(Slice(f"{name}={value}", cell, rules, over, differs))
    return tuple(found)


def _pooled(plan: Plan, part: _Part, confidence: float) -> tuple[Cell, list[tuple[int, int]]]:
    """Every rule on every answer, clustered by case; and the cases as (passed, judged)."""
    by_case: dict[str, tuple[int, int]] = {}
    valid, unjudged = set(), 0
    for one in part.outcomes:
        valid.add((one.ask.case.id, one.ask.repeat))
        if one.judgement.passed is None:
            unjudged += 1
            continue
        passed, n = by_case.get(one.ask.case.id, (0, 0))
        by_case[one.ask.case.id] = (passed + one.judgement.passed, n + 1)
    planned = sum(bool(plan.expected.get(ask.case.id)) for ask in part.asks)
    cases = list(by_case.values())
    return Cell(clustered_rate(cases, confidence), planned, len(valid), unjudged), cases
