"""What every measurement of `promptops cliff` works with, and what all their results share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from promptops.cli._call import Call
from promptops.cli._cliff.options import Measured
from promptops.cli._eval.options import Wanted
from promptops.cli._eval.session import Session
from promptops.cliff.drive import SENT
from promptops.cliff.subject import Scoring, Subject
from promptops.errors import (
    EXIT_CANNOT,
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_INCOMPLETE,
    UsageError,
)
from promptops.evals import State
from promptops.evals.money import Tariff
from promptops.evals.plan import Target, request_for
from promptops.model import Assertion, Prompt
from promptops.source.reading import Reading
from promptops.tokens.prices import price

DIGITS = 4
FREE = ("simulated", "replay", "command")


@dataclass(frozen=True, slots=True)
class Work:
    """One measurement: the prompt, who answers, what is wanted. store: "" for the usual folder."""

    call: Call
    wanted: Wanted
    measured: Measured
    reading: Reading
    prompt: Prompt
    target: Target
    store: str = ""

    @property
    def simulated(self) -> bool:
        """True where a model made of dice answers."""
        return self.target.provider == "simulated"

    def subject(self, prompt: Prompt | None = None) -> Subject:
        """The prompt with its cases and tests, ready to be asked."""
        from promptops.cli._eval.judging import Bench

        bench = Bench(self.call, self.wanted)
        scoring = Scoring(lambda plan: bench.judge(plan, ()), self._able)
        chosen = prompt or self.prompt
        subject = Subject(chosen, self.target, scoring, self.wanted.cases, self.simulated)
        bench.ready(subject.judged_plan)
        return subject

    def _able(self, assertion: Assertion) -> bool:
        """False for what another model would have to judge, and for code that may not run."""
        if assertion.kind == "python":
            return self.wanted.allow_code
        return assertion.kind != "judge"

    @property
    def tariff(self) -> Tariff:
        """The model's price; UsageError where a budget in dollars needs one and there is none."""
        model = self.target.model
        known = None if self.target.provider in FREE else price(model, self.call.settings().models)
        tariff = self.wanted.priced(known)
        if self.wanted.max_usd is not None:
            request = request_for(self.prompt, self.prompt.cases[0], self.target)
            if tariff.bound(request) is None:
                hint = "give it in [tool.promptops.models], or limit the run with --max-calls"
                raise UsageError(
                    f"the price of {model} is unknown: --max-usd could not be kept", hint
                )
        return tariff

    def session(self, prompts: Collection[Prompt] = ()) -> Session:
        """Calls under this budget; --max-calls counts what goes out, whatever comes back."""
        from dataclasses import replace

        link = self.wanted.link(self.call, tuple(prompts) or (self.prompt,))
        limits = replace(self.wanted.limits, max_calls=self.measured.calls)
        means = (self.call, self.target.provider, link, limits, self.tariff, self.store)
        match self.wanted.engine:
            case "local":
                return Session(*means)
            case "batch":
                from promptops.cli._eval.batch import BatchSession

                return BatchSession(*means, target=self.target, seconds=self.wanted.wait or 0.0)
            case engine:
                from promptops.cli._eval.engine import ShardedSession

                return ShardedSession(*means, engine=(engine, self.wanted.workers))

    def state_folder(self) -> str:
        """Where the course of a study is kept."""
        from promptops.cli._state import state_folder

        return self.store or state_folder(self.call)

    def head(self) -> dict[str, Any]:
        """What every result begins with."""
        return {
            "prompt": self.prompt.id,
            "version": self.prompt.version,
            "model": self.target.model,
            "simulated": self.simulated,
            "kind": self.measured.kind,
            "seed": self.measured.seed,
            "interference": [],
            "harmful_rules": [],
            "capacity": None,
            "add": None,
        }


def money_data(session: Session) -> dict[str, Any]:
    """What was asked and what it took."""
    spent = session.spent
    states = {state.value: spent.states[state] for state in State if state is not State.ANSWER}
    return {
        "calls": sum(spent.states[state] for state in SENT),
        "states": {"answered": spent.states[State.ANSWER], **states},
        "attempts": spent.attempts,
        "from_store": spent.kept,
        "usd": None if spent.usd is None else round(spent.usd, 9),
        "usd_assumed": round(spent.assumed, 9),
        "reasons": dict(spent.reasons.most_common(5)),
    }


def refuse_silence(session: Session) -> None:
    """The error of a provider that gave no answer at all: exit 2, whatever it would be half-way."""
    if session.error is not None and not session.spent.states[State.ANSWER]:
        session.error.exit_code = EXIT_CANNOT
        raise session.error


def why_stopped(session: Session, stop: str) -> str:
    """ "decided", "budget", "interrupted", or what the provider did."""
    return session.stopped if stop == "stopped" else stop


def exit_code(session: Session, bad: bool, complete: bool) -> int:
    """That of a signal; 1 for a verdict of no, 0 for a whole yes, 3 for what cannot be told."""
    if session.exit_code:
        return session.exit_code
    if bad:
        return EXIT_FINDINGS
    return EXIT_CLEAN if complete else EXIT_INCOMPLETE


def points(share: float | None) -> float | None:
    """A fraction in percentage points."""
    return None if share is None else round(100 * share, 2)


def interval_points(interval: Any) -> list[float] | None:
    """[low, high] in percentage points."""
    return interval and [round(100 * interval.low, 2), round(100 * interval.high, 2)]


def listed(names: Sequence[str], most: int = 12) -> str:
    """`a, b, c and 4 more`."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
