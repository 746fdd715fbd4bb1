"""What `promptops eval` was asked for, and who is to answer."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptops.cli import _out
from promptops.cli._call import Call
from promptops.errors import UsageError
from promptops.evals.keys import key_in
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.plan import Plan, Target
from promptops.evals.providers import Link
from promptops.evals.recorded import Recorded
from promptops.model import Prompt

if TYPE_CHECKING:
    from promptops.tokens.prices import Price

STRANGERS = ("pull_request_target", "workflow_run")  # events that run with keys on foreign code
UNNAMED = "unnamed model"  # whose answers were recorded without its name
DEFAULT_KEY = "PROMPTOPS_API_KEY"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command line, as given."""

    model: str | None = None
    api_base: str | None = None
    api_key_env: str | None = None
    answers_as: tuple[str, ...] = ()
    command: str | None = None
    allow_code: bool = False
    replay: str | None = None
    responses: str | None = None
    variant: str | None = None
    ifeval: str | None = None
    calibrate: str | None = None
    judge: str | None = None
    judge_api_base: str | None = None
    judge_key_env: str | None = None
    cases: tuple[str, ...] = ()
    repeats: int | None = 1
    against: str | None = None
    plan: bool = False
    max_usd: float | None = None
    max_calls: int | None = None
    concurrency: int = 8
    rate: float | None = None
    timeout: float = 60.0
    temperature: float | None = None
    max_tokens: int = 1024
    seed: int = 0
    at_least: float = 0.8
    margin: float = 0.05
    evidence: bool = False
    engine: str = "local"
    workers: int = 2
    wait: float | None = None

    def refuse_nonsense(self, call: Call) -> None:
        """UsageError for options that exclude each other, and for code where it may not run."""
        ways = {
            "--api-base": self.api_base,
            "--command": self.command,
            "--replay": self.replay,
            "--responses": self.responses,
        }
        given = [name for name, value in ways.items() if value]
        if len(given) > 1:
            raise UsageError(f"{given[0]} and {given[1]} exclude each other", "use one of them")
        if (self.judge_api_base or self.judge_key_env) and not self.judge:
            raise UsageError("the judge has a server but no name", "name its model with --judge M")
        if self.variant and not self.responses:
            raise UsageError("--variant chooses among recorded answers", "name --responses FILE")
        if self.command and not self.allow_code:
            hint = "--allow-code says that you trust the program"
            raise UsageError("--command runs a program", hint)
        if self.evidence and self.cases:
            raise UsageError("evidence is of all cases of a prompt", "leave --case out")
        if self.wait is not None and self.engine != "batch":
            raise UsageError("--wait is for batches", "add --engine batch")
        if self.engine == "batch" and (self.command or self.replay):
            raise UsageError("--engine batch asks a provider", "leave --command and --replay out")
        event = call.environ.get("GITHUB_EVENT_NAME", "")
        if self.allow_code and event in STRANGERS:
            hint = "run it on pull_request, which has no keys"
            raise UsageError(f"--allow-code is refused under {event}", hint)

    @property
    def limits(self) -> Limits:
        """What the run may do."""
        return Limits(
            concurrency=self.concurrency,
            seconds=self.timeout,
            max_usd=self.max_usd,
            max_calls=self.max_calls,
            per_minute=self.rate,
            seed=self.seed,
        )

    def tariff(self, call: Call, plan: Plan) -> Tariff:
        """The model's price; UsageError where a budget in dollars needs one and there is none."""
        from promptops.tokens.prices import price

        model, found = plan.target.model, None
        if plan.target.provider in ("litellm", "openai_compatible"):
            found = price(model, call.settings().models)
        tariff = self.priced(found)
        if self.max_usd is not None and tariff.bound(plan.requests[0]) is None:
            hint = "give it in [tool.promptops.models], or limit the run with --max-calls"
            raise UsageError(f"the price of {model} is unknown: --max-usd could not be kept", hint)
        return tariff

    def priced(self, found: Price | None) -> Tariff:
        """What calls cost, in a batch where that is how they go out."""
        from promptops.tokens.prices import batch_price

        return Tariff(batch_price(found) if found and self.engine == "batch" else found)

    def target(self, prompt: Prompt, recorded: Sequence[Recorded] = ()) -> Target:
        """Who is asked: the model of the command line, else the prompt's first; of recorded
        answers, who gave them."""
        if recorded:
            names = [self.model, *(name for one in recorded for name in one.models)]
            return Target("recorded", next(filter(None, names), UNNAMED))
        model = self.model or next(iter(prompt.models), "")
        if not model and not (self.command or self.replay):
            hint = "name one with --model, or in `models:`"
            raise UsageError(f"`{prompt.id}` names no model", hint, path=prompt.path)
        parameters: dict[str, Any] = {"max_tokens": self.max_tokens}
        if self.temperature is not None:
            parameters["temperature"] = self.temperature
        provider = self._provider(model)
        if provider == "simulated":
            parameters["seed"] = self.seed
        return Target(provider, model or provider, parameters, self.api_base or "")

    def _provider(self, model: str) -> str:
        if self.api_base:
            return "openai_compatible"
        if self.command:
            return "command"
        if self.replay:
            return "replay"
        return "simulated" if model.split("/")[0] == "simulated" else "litellm"

    def link(self, call: Call, prompts: tuple[Prompt, ...]) -> Link:
        """What the provider is told."""
        name = self.api_key_env or DEFAULT_KEY
        _out.named.update(filter(None, (self.api_key_env, self.judge_key_env)))
        return Link(
            base_url=self.api_base or "",
            key=named_key(call, self.api_key_env)
            if self.api_key_env
            else key_in(call.environ, name),
            key_env=name,
            answers_as=self.answers_as,
            concurrency=self.concurrency,
            seed=self.seed,
            argv=tuple(shlex.split(self.command)) if self.command else (),
            environ={k: v for k, v in call.environ.items() if k not in _out.named},
            records=self.replay or "",
            prompts=prompts,
        )


def named_key(call: Call, name: str) -> str:
    """The key in a variable that the command line names; from now on no complaint shows it."""
    _out.named.add(name)
    key = key_in(call.environ, name)
    if not key:
        raise UsageError(f"the environment variable {name} is not set", "export the key first")
    return key
