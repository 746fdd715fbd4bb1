"""What is needed to judge answers, and known before any is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.judge import JudgeModel
from promptops.cli._eval.options import Wanted
from promptops.evals import Answer, Judgement, State
from promptops.evals.assertions import Context, judge
from promptops.evals.judging import Case
from promptops.evals.plan import Ask, Expectation, Plan
from promptops.evals.recorded import last_of_user
from promptops.evals.score import Judge
from promptops.model import Assertion
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places

Place = tuple[str, int]  # a case and its repeat


@dataclass(slots=True)
class Bench:
    """Judges answers. Nothing is read, asked or run that the command line did not allow.

    spent: calls and dollars that the answers took. signal: the exit code of what interrupted the
    answers, or the judge, who then is not asked any more; or 0.
    """

    call: Call
    wanted: Wanted
    spent: tuple[int, float] = (0, 0.0)
    signal: int = 0
    model: JudgeModel | None = None
    _counter: Counter | None = None
    _blank: Answer = field(default=Answer(State.ANSWER))

    def ready(self, plan: Plan) -> None:
        """Raise now what would be raised once the answers are paid for: a library that is missing,
        a pattern that cannot be used, code that is not allowed."""
        asserted = [one.assertion for e in plan.expected.values() for one in e]
        distinct: Mapping[str, Assertion] = {repr(one): one for one in asserted}
        for one in distinct.values():
            if one.kind != "python" or not self.wanted.allow_code:
                judge("Is this so?", one, self._context(plan, plan.asks[0], self._blank, {}))

    def judge(self, plan: Plan, answers: Sequence[Answer]) -> Judge:
        """What the assertions say of each answer; the model that judges is asked here."""
        verdicts = self._verdicts(plan, answers)

        def judged(ask: Ask, answer: Answer, expectation: Expectation) -> Judgement:
            said = verdicts.get((ask.case.id, ask.repeat), {})
            context = self._context(plan, ask, answer, said)
            return judge(answer.text, expectation.assertion, context)

        return judged

    def data(self) -> dict[str, Any] | None:
        """Of the model that judged, None where none did."""
        return self.model.data() if self.model else None

    @property
    def void(self) -> bool:
        """True if the judge was wrong on a planted answer."""
        return bool(self.model and self.model.wrong)

    @property
    def stopped(self) -> str:
        """Why the judge was not asked everything, "" where it was."""
        return self.model.stopped if self.model else ""

    def _verdicts(
        self, plan: Plan, answers: Sequence[Answer]
    ) -> Mapping[Place, Mapping[str, Judgement]]:
        """By case and repeat, then by rubric."""
        if not self.wanted.judge or self.signal:
            return {}
        places: list[tuple[Place, Case]] = []
        for ask, answer in zip(plan.asks, answers, strict=True):
            if answer.state is State.ANSWER and not answer.cut:
                question = last_of_user(ask.request.messages)
                places += [
                    ((ask.case.id, ask.repeat), Case(rubric, answer.text, question))
                    for rubric in rubrics(plan.expected.get(ask.case.id, ()))
                ]
        if not places:
            return {}
        self.model = self.model or JudgeModel(self.call, self.wanted, self.spent)
        found: dict[Place, dict[str, Judgement]] = {}
        said = self.model.verdicts([case for _, case in places])
        self.signal = self.model.signal
        for (place, case), judgement in zip(places, said, strict=True):
            found.setdefault(place, {})[case.rubric] = judgement
        return found

    def _context(
        self, plan: Plan, ask: Ask, answer: Answer, verdicts: Mapping[str, Judgement]
    ) -> Context:
        if self._counter is None:
            self._counter = Counter(places(self.call.environ), self.call.settings().models)
        return Context(
            ask.case,
            cut=answer.cut,
            prompt=last_of_user(ask.request.messages),
            model=plan.target.model,
            counter=self._counter,
            allow_code=self.wanted.allow_code,
            verdicts=verdicts,
        )


def rubrics(expected: Sequence[Expectation]) -> list[str]:
    """The rubrics that a judge is asked for, each once."""
    found = (one.assertion for one in expected if one.assertion.kind == "judge")
    return list(dict.fromkeys(str(one.argument["rubric"]) for one in found))
