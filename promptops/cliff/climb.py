"""A capacity study asked of a model: more and more rules, bare and padded, in random order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from promptops.cliff.arrays import NOT_JUDGED, Bools, Ints, Passed
from promptops.cliff.capacity import Capacity, capacity
from promptops.cliff.drive import ENOUGH, ENOUGH_IN_CELL, SENT, Ask
from promptops.cliff.filler import filled
from promptops.cliff.ladder import Ladder, ladder
from promptops.cliff.subject import Subject
from promptops.errors import UsageError
from promptops.evals import Request, State
from promptops.evals.plan import request_for
from promptops.stats import Interval
from promptops.stats.rates import clustered_rate

CHUNK = 40  # calls: every size bare and padded, twice; a larger budget goes on where one ended
FEWEST = 3
TOLD = 1.96


@dataclass(frozen=True, slots=True)
class Step:
    """One number of rules. rate, interval: of single rules, by case; calls: answered ones."""

    rules: int
    rate: float | None
    interval: Interval | None
    calls: int
    complete: bool


class Climb:
    """The calls of one ladder over the rules that may move; fixed ones are in every prompt."""

    def __init__(self, subject: Subject, calls: int, seed: int) -> None:
        self.subject = subject
        self.movable = [rule for rule in subject.prompt.rules if not rule.fixed]
        if len(self.movable) < FEWEST:
            hint = "capacity is about many rules; `promptops eval` measures few"
            raise UsageError(
                f"`{subject.prompt.id}` has fewer than {FEWEST} rules that can be left out", hint
            )
        if not any(subject.checks().values()):
            hint = "give its rules `tests:` that name cases and what to assert"
            raise UsageError(f"no test of `{subject.prompt.id}` can be judged", hint)
        self.fixed = len(subject.prompt.rules) - len(self.movable)
        self.cases = tuple(subject.cases)
        self.design = _long_ladder(len(self.movable), len(self.cases), calls, seed)
        self.seed = seed
        self.passed: Passed = np.full(self.design.kept.shape, NOT_JUDGED, np.int8)
        self.sent: Bools = np.zeros(len(self.design.cases), bool)
        self.answered: Bools = np.zeros(len(self.design.cases), bool)

    def run(self, ask: Ask) -> str:
        """Ask chunk by chunk; "" or "stopped" where the asker ended it."""
        for start in range(0, len(self.design.cases), CHUNK):
            numbers = range(start, min(start + CHUNK, len(self.design.cases)))
            requests = [self.request(k) for k in numbers]
            answers = ask(requests)
            for k, request, answer in zip(numbers, requests, answers, strict=True):
                self.sent[k] = answer.state in SENT
                if answer.state is State.ANSWER:
                    self.answered[k] = True
                    case = self.cases[self.design.cases[k]]
                    self._keep(k, self.subject.score(case, self._kept(k), request, answer))
            if any(answer.state is State.NOT_RUN for answer in answers):
                return "stopped"
        return ""

    def _kept(self, k: int) -> set[str]:
        return {self.movable[j].id for j in np.flatnonzero(self.design.kept[k])}

    def _keep(self, k: int, held: dict[str, bool | None]) -> None:
        for j, rule in enumerate(self.movable):
            passed = held.get(rule.id)
            if passed is not None:
                self.passed[k, j] = passed

    def request(self, k: int) -> Request:
        """Call k: the rules in its order; those left out are gone, or filler of their length."""
        design, subject = self.design, self.subject
        kept = design.kept[k]
        turn = iter(
            self.movable[j] if kept[j] else filled(self.movable[j], j) for j in design.order[k]
        )
        rules = tuple(rule if rule.fixed else next(turn) for rule in subject.prompt.rules)
        gone = (
            []
            if design.padded[k]
            else [r.id for r, s in zip(self.movable, kept, strict=True) if not s]
        )
        prompt = replace(subject.prompt, rules=rules)
        case = subject.cases[self.cases[design.cases[k]]]
        return subject.numbered(request_for(prompt, case, subject.target, 0, gone))

    def read(self) -> Capacity | None:
        """Shape, break and causes as far as answered; None where that is too little."""
        return capacity(self.design, self.passed, self.seed)

    @property
    def enough(self) -> bool:
        """False where too many answers are missing, in all or at one number of rules."""
        if self.answered.sum() < ENOUGH * self.sent.sum():
            return False
        return all(step.complete for step in self.steps())

    def steps(self) -> tuple[Step, ...]:
        """Every number of rules, fixed ones counted in."""
        return tuple(self._step(int(size)) for size in np.unique(self.design.sizes))

    def _step(self, size: int) -> Step:
        mine = self.design.sizes == size
        sent, answered = int(self.sent[mine].sum()), int(self.answered[mine].sum())
        rate = clustered_rate(_by_case(self.design.cases[mine], self.passed[mine]))
        complete = answered >= ENOUGH_IN_CELL * sent
        return Step(size + self.fixed, rate.rate, rate.interval, answered, complete)

    def loss(self) -> tuple[float, Interval] | None:
        """What the largest third of the sizes is kept less than the smallest, as fractions."""
        sizes = np.unique(self.design.sizes)
        third = max(1, len(sizes) // 3)
        ends = (sizes[:third], sizes[-third:])
        few, many = (
            clustered_rate(_by_case(self.design.cases[mine], self.passed[mine]))
            for mine in (np.isin(self.design.sizes, end) for end in ends)
        )
        if few.rate is None or many.rate is None or not few.interval or not many.interval:
            return None
        middle = few.rate - many.rate
        half = (few.interval.width**2 + many.interval.width**2) ** 0.5 / 2
        return middle, Interval(middle - half, middle + half)


def _by_case(cases: Ints, passed: Passed) -> list[tuple[int, int]]:
    rows = [
        (int((passed[cases == case] == 1).sum()), int((passed[cases == case] >= 0).sum()))
        for case in np.unique(cases)
    ]
    return [row for row in rows if row[1]]


def _long_ladder(rules: int, cases: int, calls: int, seed: int) -> Ladder:
    """A ladder in chunks, so that a longer one begins with the shorter one."""
    parts: Sequence[Ladder] = [
        ladder(rules, cases, CHUNK, seed * 100_003 + k) for k in range(-(-calls // CHUNK))
    ]
    joined = (
        np.concatenate([getattr(part, name) for part in parts])[:calls]
        for name in ("cases", "kept", "order", "padded")
    )
    return Ladder(*joined)
