"""A study asked of a model, round by round, until it is decided or the money is spent.

The budget is kept here and not in the study: a last round that is cut short is the beginning of
the whole one, so a second run with a larger budget takes it up and pays only for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promptops.cliff.journal import Journal
from promptops.cliff.study import Call, Study
from promptops.cliff.subject import Subject
from promptops.evals import Answer, Request, State

ENOUGH = 0.95  # valid answers of those asked; below it nothing is concluded
ENOUGH_IN_CELL = 0.90  # the same for one rule or one number of rules
NO_LIMIT = 1 << 40  # the budget of a study whose budget is kept here
SENT = (State.ANSWER, State.NO_ANSWER, State.FAILED, State.UNKNOWN)

Ask = Callable[[Sequence[Request]], Sequence[Answer]]


@dataclass
class Valid:
    """How many calls that were to judge a rule came back whole, by rule and in all."""

    asked: int
    answered: int
    by_rule: dict[str, tuple[int, int]]

    @classmethod
    def nothing(cls) -> Valid:
        """Before the first call."""
        return cls(0, 0, {})

    def add(self, rules: Sequence[str], valid: bool) -> None:
        """Count one call that went out and was to judge these rules."""
        self.asked += 1
        self.answered += valid
        for rule in rules:
            asked, answered = self.by_rule.get(rule, (0, 0))
            self.by_rule[rule] = (asked + 1, answered + valid)

    @property
    def enough(self) -> bool:
        """False where too many answers are missing to conclude anything."""
        return self.answered >= ENOUGH * self.asked

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Rules for which too many answers are missing."""
        return tuple(
            rule
            for rule, (asked, answered) in self.by_rule.items()
            if answered < ENOUGH_IN_CELL * asked
        )


class Driver:
    """Asks a study's calls. `stop` says why it ended: "decided", "budget", or the asker's reason.

    ask: answers in the order of the requests; one that is NOT_RUN ends the study for now.
    """

    def __init__(self, study: Study, subject: Subject, ask: Ask, journal: Journal) -> None:
        self.study, self.subject, self.ask, self.journal = study, subject, ask, journal
        self.valid = Valid.nothing()
        self.calls = 0
        self.stop = ""

    def run(self, most: int, told: Callable[[], None] = lambda: None) -> None:
        """Go on until a verdict, `most` calls in all, or until the asker stops."""
        while not self.stop:
            if self.study.stop:
                self.stop = self.study.stop
            elif self.calls >= most:
                self.stop = "budget"
            else:
                self._round(most - self.calls)
                told()

    def _round(self, room: int) -> None:
        calls = self.study.propose()
        requests = self.subject.requests(calls)
        failed = self.journal.failed(calls[0].round)
        chosen = [k for k in range(min(room, len(calls))) if not failed or k not in failed]
        answers = list(self.ask([requests[k] for k in chosen]))
        self._count([calls[k] for k in chosen], answers, failed or frozenset(), calls)
        outcomes = self.subject.outcomes(
            [calls[k] for k in chosen], [requests[k] for k in chosen], answers
        )
        self.study.take(outcomes)
        self.calls += sum(answer.state is not State.NOT_RUN for answer in answers)
        self.calls += sum(k < room for k in failed or ())
        if any(answer.state is State.NOT_RUN for answer in answers):
            self.stop = "stopped"
        elif room < len(calls):
            self.stop = "budget"
        else:
            lost = [k for k, a in zip(chosen, answers, strict=True) if a.state is not State.ANSWER]
            self.journal.close(calls[0].round, lost)

    def _count(
        self,
        asked: Sequence[Call],
        answers: Sequence[Answer],
        failed: frozenset[int],
        calls: Sequence[Call],
    ) -> None:
        rows = [(c, a.state) for c, a in zip(asked, answers, strict=True)]
        rows += [(calls[k], State.FAILED) for k in sorted(failed) if k < len(calls)]
        for call, state in rows:
            if state in SENT:
                kept = set(call.kept)
                checks = self.study.layout.checks.get(call.case, frozenset())
                self.valid.add(sorted(checks & kept), state is State.ANSWER)
