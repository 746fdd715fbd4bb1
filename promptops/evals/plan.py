"""What will be asked, and what each answer will be judged by: known before a cent is spent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promptops.digest import digest
from promptops.errors import PromptopsError, UsageError
from promptops.evals import Request
from promptops.evals.keys import canonical
from promptops.model import Assertion, Case, CaseSelection, Message, Prompt, Rule, Test
from promptops.render import render
from promptops.source.evidence import digests_of

TASK = ""  # stands for the rule where an assertion belongs to the task itself


@dataclass(frozen=True, slots=True)
class Target:
    """Who is asked, and how. parameters: as the provider takes them."""

    provider: str
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One assertion on the answers to one case. rule: its id, or `TASK`.

    fires: False where the rule must not fire, so that a failure is over-blocking.
    """

    rule: str
    fires: bool
    assertion: Assertion


@dataclass(frozen=True, slots=True)
class Ask:
    """One case, asked once."""

    case: Case
    repeat: int
    request: Request


@dataclass(frozen=True, slots=True)
class Plan:
    """Prompt x cases x repeats, and by case id what is expected of the answers."""

    prompt: Prompt
    target: Target
    repeats: int
    asks: tuple[Ask, ...]
    expected: Mapping[str, tuple[Expectation, ...]]

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests, in the order of `asks`."""
        return tuple(ask.request for ask in self.asks)

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases, each once."""
        return tuple(ask.case for ask in self.asks if ask.repeat == 0)

    def digests(self) -> dict[str, str]:
        """Digests of all that was measured: evidence that no longer has them is stale."""
        asked = [self.target.model, dict(self.target.parameters), self.repeats]
        measured = digests_of(replace(self.prompt, cases=self.cases))
        return {**measured, "parameters": digest(canonical(asked).encode())}


def plan(
    prompt: Prompt,
    target: Target,
    *,
    repeats: int = 1,
    cases: Collection[str] = (),
    expected: Mapping[str, tuple[Expectation, ...]] | None = None,
) -> Plan:
    """The plan for `prompt` on its cases (those named, or all).

    A variable that a case leaves out has its first example, as where tokens are counted.
    expected: what to judge by, where that is not the prompt's own tests.
    UsageError for a case that does not exist and for a prompt without cases; TemplateError, with
    the case named, where one does not render.
    """
    chosen = _chosen(prompt, cases)
    shared: dict[Message, Message] = {}  # most cases share a long message
    asks = [ask for case in chosen for ask in _asks(prompt, case, target, repeats, shared)]
    judged = expectations(prompt, chosen) if expected is None else expected
    return Plan(prompt, target, repeats, tuple(asks), judged)


def _asks(
    prompt: Prompt, case: Case, target: Target, repeats: int, shared: dict[Message, Message]
) -> list[Ask]:
    request = request_for(prompt, case, target)
    told = tuple(shared.setdefault(message, message) for message in request.messages)
    return [Ask(case, i, replace(request, messages=told, repeat=i)) for i in range(repeats)]


def expectations(prompt: Prompt, cases: Sequence[Case]) -> dict[str, tuple[Expectation, ...]]:
    """By case id: the assertions of every rule's tests, then those of the case itself."""
    return {
        case.id: (
            *(one for rule in prompt.rules for one in _of_rule(rule, case)),
            *(Expectation(TASK, True, assertion) for assertion in case.asserts),
        )
        for case in cases
    }


def selects(selection: CaseSelection, case: Case) -> bool:
    """True if a test's selection takes in the case."""
    if selection.all or case.id in selection.ids:
        return True
    wanted = selection.slice
    return bool(wanted) and all(case.slices.get(k) in values for k, values in wanted.items())


def must_fire(rule: Rule, test: Test) -> bool:
    """False where a test says that the rule must not fire.

    It says so by `fires: false`, or by denying the very assertions that another test of the rule
    makes. A rule that only forbids has no such other test: its denials are what it must keep.
    """
    if not test.fires:
        return False
    made = [a for t in rule.tests if t.fires for a in t.asserts if not a.negated]
    return not all(a.negated and _mirrored(a, made) for a in test.asserts)


def _mirrored(denied: Assertion, made: Sequence[Assertion]) -> bool:
    return any(a.kind == denied.kind and a.argument == denied.argument for a in made)


def _of_rule(rule: Rule, case: Case) -> Iterator[Expectation]:
    for test in rule.tests:
        if selects(test.cases, case):
            fires = must_fire(rule, test)
            yield from (Expectation(rule.id, fires, assertion) for assertion in test.asserts)


def _chosen(prompt: Prompt, wanted: Collection[str]) -> Sequence[Case]:
    known = {case.id for case in prompt.cases}
    for name in wanted:
        if name not in known:
            hint = f"its cases: {', '.join(sorted(known)) or 'none'}"
            raise UsageError(f"`{prompt.id}` has no case `{name}`", hint[:300], path=prompt.path)
    chosen = [case for case in prompt.cases if not wanted or case.id in wanted]
    if not chosen:
        hint = "write some into cases.yaml beside it: `promptops schema cases` says how"
        raise UsageError(f"`{prompt.id}` has no cases", hint, path=prompt.path)
    return chosen


def request_for(
    prompt: Prompt, case: Case, target: Target, repeat: int = 0, without: Collection[str] = ()
) -> Request:
    """One call: the prompt on this case, without the rules named; errors name the case."""
    examples = {name: v.examples[0] for name, v in prompt.variables.items() if v.examples}
    values = {**examples, **case.variables}
    try:
        messages = render(prompt, values, without=without, slices=case.slices)
    except PromptopsError as error:
        error.message = f"case `{case.id}`: {error.message}"
        error.args = (error.message,)
        raise
    told = with_history(messages, case.history)
    return Request(target.provider, target.model, told, target.parameters, repeat, target.base_url)


def with_history(
    messages: tuple[Message, ...], history: tuple[Message, ...]
) -> tuple[Message, ...]:
    """The earlier turns before the last message of the user, at the end where there is none."""
    if messages and messages[-1].role == "user":
        return (*messages[:-1], *history, messages[-1])
    return (*messages, *history)
