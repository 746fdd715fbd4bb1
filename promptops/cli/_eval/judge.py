"""Asking the model that judges: its calls, the planted answers among them, its calibration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.options import Wanted, named_key
from promptops.errors import UsageError
from promptops.evals import Answer, Judgement, Request, State
from promptops.evals.judging import (
    PLANTED,
    Case,
    judge_prompt,
    prompt_digest,
    request,
    verdict,
    wrong_on,
)
from promptops.evals.judging.calibration import said_of
from promptops.evals.money import Tariff
from promptops.evals.plan import Target
from promptops.evals.providers import Link
from promptops.source.calibration import BROKEN, WORDS, calibration_path, read_calibration

MOST_TOKENS = 400  # of a verdict, which has at most 20 words of quotation


@dataclass(slots=True)
class JudgeModel:
    """The judge of one command. Verdicts count only where every planted answer was judged right.

    spent: calls and dollars of the same command before the judge was asked. signal: the exit code of
    what interrupted it, or 0.
    """

    call: Call
    wanted: Wanted
    spent: tuple[int, float] = (0, 0.0)
    calls: int = 0
    usd: float | None = 0.0
    stopped: str = ""
    wrong: str = ""
    signal: int = 0

    @property
    def model(self) -> str:
        """Its name."""
        return str(self.wanted.judge)

    @property
    def target(self) -> Target:
        """Who is asked; at temperature 0, so that its verdicts vary as little as they can."""
        base = self.wanted.judge_api_base or ""
        name = "openai_compatible" if base else "litellm"
        name = "simulated" if not base and self.model.split("/")[0] == "simulated" else name
        return Target(name, self.model, {"max_tokens": MOST_TOKENS, "temperature": 0.0}, base)

    def verdicts(self, cases: Sequence[Case]) -> list[Judgement]:
        """Of each case, once the planted ones are judged right; else all are not judged."""
        planted = [request(self.target, case) for _, case, _ in PLANTED]
        asked = [request(self.target, case) for case in cases]
        answers = self.answers([*planted, *asked])
        own, rest = answers[: len(planted)], answers[len(planted) :]
        self.wrong = self.wrong or wrong_on(own)
        if self.wrong:
            why = f"the judge was wrong on a planted answer: {self.wrong}"
            return [Judgement(None, why)] * len(cases)
        return [verdict(said, case.answer) for said, case in zip(rest, cases, strict=True)]

    def answers(self, requests: Sequence[Request]) -> tuple[Answer, ...]:
        """Ask; budgets count what was spent before. The provider's error where nothing came back."""
        from promptops.cli._eval.run import run_requests

        limits = self.wanted.limits
        calls, usd = self.calls + self.spent[0], (self.usd or 0.0) + self.spent[1]
        if limits.max_calls is not None:
            limits = replace(limits, max_calls=max(0, limits.max_calls - calls))
        if limits.max_usd is not None:
            limits = replace(limits, max_usd=max(0.0, limits.max_usd - usd))
        name, tariff = self.target.provider, self._tariff(requests)
        run, signal = run_requests(self.call, name, self._link(), limits, tariff, list(requests))
        self.calls += run.calls
        self.signal = self.signal or signal
        self.usd = None if run.usd is None or self.usd is None else self.usd + run.usd
        self.stopped = self.stopped or run.stopped
        if run.error is not None and not run.count(State.ANSWER):
            raise run.error
        return run.answers

    def _tariff(self, requests: Sequence[Request]) -> Tariff:
        from promptops.tokens.prices import price

        tariff = Tariff(price(self.model, self.call.settings().models))
        if self.wanted.max_usd is not None and tariff.bound(requests[0]) is None:
            hint = "give it in [tool.promptops.models], or limit the run with --max-calls"
            raise UsageError(
                f"the price of {self.model} is unknown: --max-usd cannot be kept", hint
            )
        return tariff

    def _link(self) -> Link:
        wanted, base = self.wanted, self.wanted.judge_api_base or ""
        named = wanted.judge_key_env or ""
        key = named_key(self.call, named) if named else ""
        return Link(base, key, named, concurrency=wanted.concurrency, seed=wanted.seed,
                    environ=self.call.environ, prompts=(judge_prompt(),))  # fmt: skip

    def data(self) -> dict[str, Any]:
        """What every result that it touched says of it."""
        found, why = calibration_of(self.call, self.model)
        calibrated, said = said_of(self.model, found, why)
        if self.wrong:
            calibrated = False
            said = (
                f"no verdict of {self.model} counts: it was wrong on a planted answer, {self.wrong}"
            )
        usd = None if self.usd is None else round(self.usd, 9)
        return {
            "model": self.model,
            "calibrated": calibrated,
            "calibration": found,
            "said": said,
            "void": bool(self.wrong),
            "attempts": self.calls,
            "usd": usd,
        }


def calibration_of(call: Call, model: str) -> tuple[Mapping[str, Any] | None, str]:
    """(the committed calibration, what is wrong with it): (None, "") where there is none."""
    path = calibration_path(model)
    if not os.path.lexists(os.path.join(call.root, path)):
        return None, ""
    data, why = read_calibration(call.tree(), path, prompt_digest())
    if data is None or why:
        return None, f"{path} {WORDS[why]}"
    try:
        if data["model"] == model:
            said_of(model, data["calibration"])
            return data["calibration"], ""
        return None, f"{path} is of `{data['model']}`, another model"
    except (KeyError, TypeError, ValueError):
        return None, f"{path} {WORDS[BROKEN]}"
