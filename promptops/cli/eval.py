"""`promptops eval`."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._eval_blocks import eval_blocks
from promptops.cli._eval_findings import findings
from promptops.cli._eval_options import Wanted
from promptops.cli._eval_run import run_requests
from promptops.cli._prompts import find_prompt, usable
from promptops.errors import (
    EXIT_CANNOT,
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_INCOMPLETE,
    PromptopsError,
    UsageError,
)
from promptops.evals import Answer, Judgement, State, result
from promptops.evals.assertions import Context, judge, registry
from promptops.evals.money import Tariff
from promptops.evals.plan import Ask, Expectation, Plan, plan
from promptops.evals.runner import Run
from promptops.evals.score import Against, Score, against, score
from promptops.model import Prompt
from promptops.report import Report
from promptops.source.reading import Reading
from promptops.tokens.prices import price

FORMATS = ("text", "json", "junit", "markdown", "html")


@define(
    formats=FORMATS,
    examples=(
        "promptops eval support-agent --model openai/gpt-4o-mini --plan",
        "promptops eval support-agent --api-base http://127.0.0.1:8000/v1 --model m --against main",
    ),
)
@click.argument("name", metavar="PROMPT")
@click.option("--model", metavar="M", help="Who answers; else the prompt's first model.")
@click.option("--api-base", metavar="URL", help="An OpenAI-compatible server, asked directly.")
@click.option("--api-key-env", metavar="NAME", help="The variable that holds the server's key.")
@click.option("--answers-as", multiple=True, metavar="M", help="The model's name in its answers.")
@click.option("--command", metavar="ARGV", help="Ask a program instead (needs --allow-code).")
@click.option("--allow-code", is_flag=True, help="Let --command run.")
@click.option("--replay", metavar="FILE", help="Answers from `store export`; asks nobody.")
@click.option("--case", "cases", multiple=True, metavar="ID", help="Only these cases.")
@click.option("--repeats", type=click.IntRange(1, 1000), default=1, show_default=True)
@click.option("--against", metavar="REV", help="Compare with the prompt as it was in REV.")
@click.option("--plan", is_flag=True, help="Say what it would take; ask nobody.")
@click.option("--max-usd", type=click.FloatRange(0), help="Stop before this much is spent.")
@click.option("--max-calls", type=click.IntRange(0), help="Stop after so many calls.")
@click.option("--concurrency", type=click.IntRange(1, 1024), default=8, show_default=True)
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Calls a minute at most.")
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True)
@click.option("--temperature", type=click.FloatRange(0, 2), help="Else the provider's own.")
@click.option("--max-tokens", type=click.IntRange(1), default=1024, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of jitter and tests.")
@click.option("--at-least", type=click.FloatRange(0, 1), default=0.8, show_default=True)
@click.option("--margin", type=click.FloatRange(0, 1), default=0.05, show_default=True)
@click.option("--evidence", is_flag=True, help="Write the summary beside the prompt.")
def command(call: Call, name: str, **flags: Any) -> Report:
    """Ask a model, judge its answers, and say what the numbers carry.

    Every rule is judged by its tests, where it must fire and where it must not. Exit code 1 where
    a rule is certainly kept in less than --at-least of the answers or the prompt got worse, 3 where
    answers are missing or the cases are too few to tell.
    """
    wanted = Wanted(**flags)
    wanted.refuse_nonsense(call)
    reading = find_prompt(call, call.tree(), call.settings(), name)
    prompt = usable(reading)
    planned = plan(prompt, wanted.target(prompt), repeats=wanted.repeats, cases=wanted.cases)
    before = _before(call, wanted, planned) if wanted.against else None
    work = _Work(call, wanted, reading, planned, before)
    if wanted.plan:
        return work.planned_report()
    return work.report()


@dataclass(frozen=True, slots=True)
class _Work:
    """One evaluation: the plan, and the plan of the revision it is compared with."""

    call: Call
    wanted: Wanted
    reading: Reading
    plan: Plan
    before: Plan | None

    @property
    def tariff(self) -> Tariff:
        """The model's price; UsageError where a budget in dollars needs one and there is none."""
        model = self.plan.target.model
        found = None
        if self.plan.target.provider not in ("simulated", "replay", "command"):
            found = price(model, self.call.settings().models)
        tariff = Tariff(found)
        if self.wanted.max_usd is not None and tariff.bound(self.plan.requests[0]) is None:
            hint = "give it in [tool.promptops.models], or limit the run with --max-calls"
            raise UsageError(f"the price of {model} is unknown: --max-usd could not be kept", hint)
        return tariff

    def planned_report(self) -> Report:
        """Calls, cost range, smallest detectable effect."""
        from promptops.cli._eval_plan import planned_report

        requests = [*self.plan.requests, *(self.before.requests if self.before else ())]
        return planned_report(self.call, self.plan, requests, self.tariff)

    def report(self) -> Report:
        """Ask, judge, compare, report."""
        requests = [*self.plan.requests, *(self.before.requests if self.before else ())]
        run, signal = self._run(requests)
        if run.error is not None and not run.count(State.ANSWER):
            raise _cannot(run.error)
        own = replace(run, answers=run.answers[: len(self.plan.asks)])
        scored = score(self.plan, own.answers, judged)
        compared = self._compared(scored, run.answers[len(self.plan.asks) :])
        data = self._data(own, run, scored, compared)
        if self.wanted.evidence:
            data["notes"] = [*data["notes"], self._write_evidence(data)]
        wrong = findings(self.reading, data)
        blocks = tuple(eval_blocks(data, self.call.screen, self.wanted.at_least, wrong))
        return Report("eval", data, blocks, signal or _exit_code(data, compared))

    def _run(self, requests: Sequence[Any]) -> tuple[Run, int]:
        prompts = (self.plan.prompt, *((self.before.prompt,) if self.before else ()))
        link = self.wanted.link(self.call, prompts)
        provider = self.plan.target.provider
        return run_requests(
            self.call, provider, link, self.wanted.limits, self.tariff, list(requests)
        )

    def _compared(self, scored: Score, answers: Sequence[Answer]) -> Against | None:
        if self.before is None:
            return None
        old = score(self.before, answers, judged)
        return against(old, scored, margin=self.wanted.margin, seed=self.wanted.seed)

    def _data(self, own: Run, run: Run, scored: Score, compared: Against | None) -> dict[str, Any]:
        least = self.wanted.at_least
        texts = {
            (a.case.id, a.repeat): t.text for a, t in zip(self.plan.asks, own.answers, strict=True)
        }
        task = scored.task
        worst = scored.worst_slice
        slices = {one.name: result.slice_data(one) for one in scored.slices}
        reasons = Tally(a.reason for a in run.answers if a.state is not State.ANSWER and a.reason)
        return {
            "prompt": self.plan.prompt.id,
            "version": self.plan.prompt.version,
            "model": self.plan.target.model,
            "simulated": self.plan.target.provider == "simulated",
            "digests": self.plan.digests(),
            "calls": result.calls_data(run),
            "attempts": run.calls,
            "from_store": run.kept,
            "usd": _usd(run),
            "usd_assumed": round(run.assumed, 9),
            "at_least": least,
            "rules": result.rules_data(scored, least),
            "task": task and {**result.cell_data(task), "verdict": task.verdict(least)},
            "slices": slices,
            "worst_slice": worst and {"slice": worst.name, **result.cell_data(worst.cell)},
            "ifeval": None,
            "against": compared and result.against_data(compared, str(self.wanted.against)),
            "failures": result.failures_data(scored, texts),
            "complete": scored.complete and not run.stopped,
            "stopped": run.stopped,
            "reasons": dict(reasons.most_common(5)),
            "notes": _notes(scored),
        }

    def _write_evidence(self, data: dict[str, Any]) -> str:
        from promptops.cli._eval_evidence import write_evidence

        return write_evidence(self.call, self.plan, data)


def judged(ask: Ask, answer: Answer, expectation: Expectation) -> Judgement:
    """What an assertion says of an answer; not judged where it needs more than its text."""
    assertion = expectation.assertion
    if assertion.kind not in registry():
        return Judgement(None, f"`{assertion.kind}` was not run")
    context = Context(ask.case, assertion.options, answer.cut)
    return judge(answer.text, assertion, context)


def _before(call: Call, wanted: Wanted, now: Plan) -> Plan:
    """The prompt as it was, on the cases and by the tests of today: the same in both."""
    from promptops.history.git import Repository
    from promptops.history.trees import CommitTree
    from promptops.source.reading import read_prompt

    with Repository.find(call.root, call.environ) as repository:
        tree = CommitTree(repository, repository.resolve(str(wanted.against)))
        path = now.prompt.path
        if not tree.exists(path):
            hint = "a renamed prompt is compared by running both versions"
            raise UsageError(f"{wanted.against} has no {path}", hint)
        old = usable(read_prompt(tree, path))
    known = set(old.variables)
    cases = tuple(
        replace(case, variables={k: v for k, v in case.variables.items() if k in known})
        for case in now.cases
    )
    same: Prompt = replace(old, cases=cases)
    return plan(same, now.target, repeats=now.repeats, expected=now.expected)


def _cannot(error: PromptopsError) -> PromptopsError:
    """Nothing at all was done: exit 2, whatever it would be half-way."""
    error.exit_code = EXIT_CANNOT
    return error


def _usd(run: Run) -> float | None:
    """What the answers cost, those from earlier runs too; None where that is unknown."""
    if run.usd is None:
        return None
    return round(run.usd, 9)


def _notes(scored: Score) -> list[str]:
    kinds = Tally(
        o.expectation.assertion.kind for o in scored.outcomes if o.judgement.passed is None
    )
    return [
        f"{count} outcomes of `{kind}` were not judged" for kind, count in sorted(kinds.items())
    ]


def _exit_code(data: dict[str, Any], compared: Against | None) -> int:
    verdicts = {rule["verdict"] for rule in data["rules"].values()}
    if compared is not None:
        verdicts = {compared.verdict}
    if not data["complete"]:
        return EXIT_INCOMPLETE
    if "no" in verdicts or "worse" in verdicts:
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if "cannot_tell" in verdicts else EXIT_CLEAN
