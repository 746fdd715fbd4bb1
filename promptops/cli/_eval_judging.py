"""What is needed to judge answers, and known before any is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval_options import Wanted
from promptops.evals import Answer, Judgement, State
from promptops.evals.assertions import Context, judge
from promptops.evals.plan import Ask, Expectation, Plan
from promptops.evals.recorded import last_of_user
from promptops.evals.score import Judge
from promptops.model import Assertion
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places


@dataclass(slots=True)
class Bench:
    """Judges answers. Nothing is read, asked or run that the command line did not allow."""

    call: Call
    wanted: Wanted
    _counter: Counter | None = None

    def ready(self, plan: Plan) -> None:
        """Raise now what would be raised once the answers are paid for: a library that is missing,
        a pattern that cannot be used, code that is not allowed."""
        asserted = [one.assertion for e in plan.expected.values() for one in e]
        distinct: Mapping[str, Assertion] = {repr(one): one for one in asserted}
        for one in distinct.values():
            if one.kind != "python" or not self.wanted.allow_code:
                judge("Is this so?", one, self._context(plan, plan.asks[0], Answer(State.ANSWER)))

    def judge(self, plan: Plan, answers: Sequence[Answer]) -> Judge:  # noqa: ARG002
        """What the assertions say of each answer."""

        def judged(ask: Ask, answer: Answer, expectation: Expectation) -> Judgement:
            return judge(answer.text, expectation.assertion, self._context(plan, ask, answer))

        return judged

    def data(self) -> dict[str, Any] | None:
        """Of the model that judged, None where none did."""
        return None

    def _context(self, plan: Plan, ask: Ask, answer: Answer) -> Context:
        if self._counter is None:
            self._counter = Counter(places(self.call.environ), self.call.settings().models)
        return Context(
            ask.case,
            cut=answer.cut,
            prompt=last_of_user(ask.request.messages),
            model=plan.target.model,
            counter=self._counter,
            allow_code=self.wanted.allow_code,
        )
