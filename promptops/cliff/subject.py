"""A prompt to be studied: which calls there are, and how their answers are scored.

Only an answer is scored. What failed, was refused or never came has no outcome at all, so it can
enter no test; an assertion that could not be judged is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from promptops.cliff.study import Call, Layout, Outcome
from promptops.digest import digest
from promptops.errors import UsageError
from promptops.evals import Answer, Request, State
from promptops.evals.plan import TASK, Ask, Expectation, Plan, Target, plan, request_for
from promptops.evals.score import Judge
from promptops.model import Assertion, Case, Prompt, Rule
from promptops.render import applies

THE_TASK = "(task)"  # the row of what the cases themselves assert; it is never left out


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a plan's answers are judged. able: whether an assertion can be judged here at all."""

    judge: Callable[[Plan], Judge]
    able: Callable[[Assertion], bool]


class Subject:
    """One prompt, who is asked, and its cases by id.

    anew: every call throws new dice, for a simulated model whose luck follows from its repeat.
    """

    def __init__(
        self,
        prompt: Prompt,
        target: Target,
        scoring: Scoring,
        cases: Collection[str] = (),
        anew: bool = False,
    ) -> None:
        planned = plan(prompt, target, cases=cases)
        self.prompt, self.target, self.scoring = prompt, target, scoring
        self.plan = planned
        self._judge = scoring.judge(planned)
        self.cases: Mapping[str, Case] = {case.id: case for case in planned.cases}
        self.expected = {
            case.id: tuple(self._judged(case, planned.expected.get(case.id, ())))
            for case in planned.cases
        }
        self.anew = anew
        self._asked = 0
        self._times: Counter[str] = Counter()

    def _judged(self, case: Case, expected: Sequence[Expectation]) -> list[Expectation]:
        away = {rule.id for rule in self.prompt.rules if not applies(rule, case.slices)}
        return [
            one for one in expected if one.rule not in away and self.scoring.able(one.assertion)
        ]

    @property
    def judged_plan(self) -> Plan:
        """The plan with only what is judged here."""
        return replace(self.plan, expected=self.expected)

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Kinds of assertions that cannot be judged here."""
        all_ = (one.assertion for expected in self.plan.expected.values() for one in expected)
        return tuple(sorted({one.kind for one in all_ if not self.scoring.able(one)}))

    @property
    def frozen(self) -> bool:
        """True where the same call is sure to get the same answer: repeats are no evidence."""
        return self.target.parameters.get("temperature") == 0

    def checks(self) -> dict[str, frozenset[str]]:
        """By case: the rules whose tests judge its answers, the task among them."""
        return {
            case: frozenset(one.rule or THE_TASK for one in expected)
            for case, expected in self.expected.items()
        }

    def layout(self) -> Layout:
        """Rules (and the task, where a case asserts something of it), cases, and who checks what.

        UsageError where fewer than two rules could be told apart.
        """
        rules = self.prompt.rules
        if len(rules) < 2:
            hint = "`promptops eval` measures a prompt without rules to tell apart"
            raise UsageError(f"`{self.prompt.id}` has fewer than two rules", hint)
        checks = self.checks()
        if not any(checks.values()):
            hint = "give its rules `tests:` that name cases and what to assert"
            raise UsageError(f"no test of `{self.prompt.id}` can be judged", hint)
        ids = [rule.id for rule in rules]
        fixed = {rule.id for rule in rules if rule.fixed}
        if any(THE_TASK in judged for judged in checks.values()):
            ids.append(THE_TASK)
            fixed.add(THE_TASK)
        return Layout(tuple(ids), tuple(self.cases), checks, frozenset(fixed))

    def requests(self, calls: Sequence[Call]) -> list[Request]:
        """The requests of a round's calls, all of them, in order: a repeated one is asked anew."""
        return [self._of_call(call) for call in calls]

    def _of_call(self, call: Call) -> Request:
        kept = set(call.kept)
        gone = [rule.id for rule in self.prompt.rules if rule.id not in kept]
        return self.numbered(request_for(self.prompt, self.cases[call.case], self.target, 0, gone))

    def numbered(self, request: Request) -> Request:
        """The request with the repeat index that keeps its answer from standing for another's."""
        self._asked += 1
        if self.frozen:
            return request
        if self.anew:
            return replace(request, repeat=self._asked)
        key = digest("\0".join(m.content for m in request.messages).encode("utf-8", "replace"))
        self._times[key] += 1
        return replace(request, repeat=self._times[key] - 1)

    def outcomes(
        self, calls: Sequence[Call], requests: Sequence[Request], answers: Sequence[Answer]
    ) -> list[Outcome]:
        """What the answers say; a call without an answer has no outcome."""
        rows = zip(calls, requests, answers, strict=True)
        return [
            Outcome(call, self.score(call.case, set(call.kept), request, answer), self.frozen)
            for call, request, answer in rows
            if answer.state is State.ANSWER
        ]

    def score(
        self, case: str, kept: Collection[str], request: Request, answer: Answer
    ) -> dict[str, bool | None]:
        """For each rule in the prompt whether all that its tests expect of the case holds."""
        ask = Ask(self.cases[case], request.repeat, request)
        held: dict[str, bool | None] = {}
        for one in self.expected[case]:
            rule = one.rule or THE_TASK
            if one.rule == TASK or one.rule in kept:
                passed = self._judge(ask, answer, one).passed
                held[rule] = _both(held.get(rule, True), passed)
        return held

    def rule(self, name: str) -> Rule | None:
        """The rule of that id; None for the task."""
        return next((rule for rule in self.prompt.rules if rule.id == name), None)


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True
