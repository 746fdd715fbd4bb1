"""One evaluation, from a plan to a report."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.answers import ask, plans
from promptops.cli._eval.blocks import counted, eval_blocks
from promptops.cli._eval.findings import findings
from promptops.cli._eval.got import Got
from promptops.cli._eval.instructions import find_measured
from promptops.cli._eval.judging import Bench
from promptops.cli._eval.options import Wanted
from promptops.cli._eval.sheet import sheet, verdicts
from promptops.cli._prompts import sound
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, UsageError
from promptops.evals import Answer, State, result
from promptops.evals.against import Against, against
from promptops.evals.plan import Plan
from promptops.evals.runner import Run
from promptops.evals.score import Score, score
from promptops.excerpt import typed
from promptops.report import Report
from promptops.source.reading import Reading


def evaluate(call: Call, wanted: Wanted, name: str) -> Report:
    """The report on the prompt `name`; with --plan, of what it would take."""
    reading = find_measured(call, name)
    if wanted.evidence and reading.sidecar is not None:
        hint = f"`promptops import {typed(reading.path)}` makes a governed prompt of it"
        raise UsageError("evidence is of governed prompts", hint, path=reading.path)
    now, before, recorded = plans(call, wanted, sound(reading))
    bench = Bench(call, wanted)
    bench.ready(now)
    if wanted.plan:
        from promptops.cli._eval.plan import planned_report

        requests = [*now.requests, *(before.requests if before else ())]
        return planned_report(call, now, requests, wanted.tariff(call, now), wanted.judge or "")
    got = ask(call, wanted, (now, before), recorded)
    if got.night is not None and (got.night.waiting or got.signal):
        from promptops.cli._eval.batch import later_report

        return later_report(now, got)
    bench.spent, bench.signal = (got.run.calls, got.run.usd or 0.0), got.signal
    return _Work(call, wanted, reading, bench, now, before).report(got)


@dataclass(frozen=True, slots=True)
class _Work:
    """One evaluation: the plan, and the plan of the revision it is compared with."""

    call: Call
    wanted: Wanted
    reading: Reading
    bench: Bench
    plan: Plan
    before: Plan | None

    def report(self, got: Got) -> Report:
        """Judge, compare, report."""
        run = got.run
        own, old = run.answers[: len(self.plan.asks)], run.answers[len(self.plan.asks) :]
        scored = self._scored(self.plan, own)
        compared = None
        if self.before is not None:
            margin, seed = self.wanted.margin, self.wanted.seed
            compared = against(self._scored(self.before, old), scored, margin=margin, seed=seed)
        data = self._data(own, got, scored, compared)
        if self.wanted.evidence:
            data["notes"] = [*data["notes"], self._write_evidence(data)]
        wrong = findings(self.reading, data)
        blocks = tuple(eval_blocks(data, self.call.screen, wrong))
        code = self.bench.signal or _exit_code(data, compared)
        return Report("eval", data, blocks, code, sheet=sheet(data), verdicts=verdicts(data))

    def _scored(self, plan: Plan, answers: Sequence[Answer]) -> Score:
        return score(plan, answers, self.bench.judge(plan, answers))

    def _data(
        self, own: Sequence[Answer], got: Got, scored: Score, compared: Against | None
    ) -> dict[str, Any]:
        least, run = self.wanted.at_least, got.run
        asks = self.plan.asks
        texts = {(a.case.id, a.repeat): t.text for a, t in zip(asks, own, strict=True)}
        task, worst = scored.task, scored.worst_slice
        model, stopped = self.plan.target.model, run.stopped or self.bench.stopped
        return {
            "prompt": self.plan.prompt.id,
            "version": self.plan.prompt.version,
            "model": model,
            "simulated": model.split("/")[0] == "simulated",
            "digests": self.plan.digests(),
            "calls": result.calls_data(replace(run, answers=tuple(own))),
            **money_data(run),
            "at_least": least,
            "rules": result.rules_data(scored, least),
            "family": result.family_data(scored, least),
            "task": task and {**result.cell_data(task), "verdict": task.verdict(least)},
            "slices": {one.name: result.slice_data(one) for one in scored.slices},
            "worst_slice": worst and {"slice": worst.name, **result.cell_data(worst.cell)},
            "ifeval": None,
            "judge": self.bench.data(),
            "against": compared and result.against_data(compared, got.against),
            "responses": got.recorded,
            "failures": result.failures_data(scored, texts),
            "complete": scored.complete and not stopped and not self.bench.void,
            "stopped": stopped,
            "reasons": reasons(run.answers),
            "notes": notes(scored),
        }

    def _write_evidence(self, data: dict[str, Any]) -> str:
        from promptops.cli._eval.evidence import write_evidence

        return write_evidence(self.call, self.plan, data)


def money_data(run: Run) -> dict[str, Any]:
    """What the answers cost, those from earlier runs too; null where that is unknown."""
    usd = None if run.usd is None else round(run.usd, 9)
    assumed = round(run.assumed, 9)
    return {"attempts": run.calls, "from_store": run.kept, "usd": usd, "usd_assumed": assumed}


def reasons(answers: Sequence[Answer]) -> dict[str, int]:
    """Why there are no answers: the five most common reasons."""
    found = Tally(a.reason for a in answers if a.state is not State.ANSWER and a.reason)
    return dict(found.most_common(5))


def notes(scored: Score) -> list[str]:
    """What was not judged, and the most common reason."""
    left: dict[str, Tally[str]] = {}
    for one in scored.outcomes:
        if one.judgement.passed is None:
            kind = one.expectation.assertion.kind
            left.setdefault(kind, Tally())[one.judgement.reason] += 1
    return [
        f"{counted(found.total(), 'outcome')} of `{kind}` not judged: {found.most_common(1)[0][0]}"
        for kind, found in sorted(left.items())
    ]


def _exit_code(data: dict[str, Any], compared: Against | None) -> int:
    """A rule that is not kept fails the run; with --against, what is still to be told is told by
    the comparison."""
    verdicts = {rule["verdict"] for rule in data["rules"].values()}
    if not data["complete"]:
        return EXIT_INCOMPLETE
    if "no" in verdicts or (compared is not None and compared.verdict == "worse"):
        return EXIT_FINDINGS
    open_ = "cannot_tell" in (verdicts if compared is None else (compared.verdict,))
    return EXIT_INCOMPLETE if open_ else EXIT_CLEAN
