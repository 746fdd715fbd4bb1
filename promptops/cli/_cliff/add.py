"""`promptops cliff PROMPT --add RULE.yaml`, `--staged`, `--since REV`: may this be merged?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promptops.cli._cliff.blocks import head_blocks, next_blocks, spread
from promptops.cli._cliff.candidates import candidates
from promptops.cli._cliff.findings import addition_diagnostics
from promptops.cli._cliff.interference import METHOD, planned_usd
from promptops.cli._cliff.work import (
    DIGITS,
    Work,
    exit_code,
    interval_points,
    listed,
    money_data,
    points,
    refuse_silence,
    why_stopped,
)
from promptops.cli._eval.session import Session
from promptops.cliff.addition import CLEAN, HARMFUL, Addition
from promptops.cliff.candidate import Candidate, Trial, incidence
from promptops.cliff.drive import NO_LIMIT
from promptops.cliff.journal import Journal
from promptops.digest import digest
from promptops.report import Block, Heading, Report, Table, Text

WORDS = {HARMFUL: "harmful", CLEAN: "safe"}
SHOWN = {"harmed": "broken", "clean": "clean", "open": "open"}
MOST_ROWS = 12


def addition_report(work: Work) -> Report:
    """Ask with and without the new rules until they are harmful, clean, or the budget is spent."""
    candidate = candidates(work)
    if candidate is None:
        return _nothing_new(work)
    trial = _trial(work, candidate)
    if work.measured.plan:
        return _planned(work, trial)
    with work.session((candidate.after, candidate.before)) as session:
        trial.run(session.ask, Journal(work.state_folder(), _key(work, trial)), work.measured.calls)
    refuse_silence(session)
    data = {
        **work.head(),
        "digests": trial.after.plan.digests(),
        "plan": _plan(work, trial),
        **money_data(session),
        "stop": why_stopped(session, trial.stop),
        "add": _data(work, trial),
    }
    data["complete"] = data["add"]["verdict"] != "cannot_tell"
    data["next"] = list(_next(trial, data))
    data["notes"] = _notes(trial, data["add"])
    return _finish(work, trial, data, session)


def _finish(work: Work, trial: Trial, data: dict[str, Any], session: Session) -> Report:
    if work.measured.evidence:
        from promptops.cli._cliff.evidence import write_addition

        data["notes"].append(write_addition(work, trial, data))
    blocks = [
        *addition_blocks(data, work.call.verbosity),
        addition_diagnostics(work.reading, data),
    ]
    harmful = data["add"]["verdict"] == "harmful"
    code = exit_code(session, harmful, data["complete"])
    return Report("cliff", data, tuple(blocks), code, marker="promptops-cliff")


def _trial(work: Work, candidate: Candidate) -> Trial:
    before, after = work.subject(candidate.before), work.subject(candidate.after)
    addition = Addition(
        incidence(candidate, before, after),
        work.measured.margin,
        work.measured.alpha,
        work.measured.seed,
        NO_LIMIT,
    )
    return Trial(candidate, before, after, addition)


def _key(work: Work, trial: Trial) -> str:
    target, measured = work.target, work.measured
    parts = [
        METHOD,
        trial.before.plan.digests(),
        trial.after.plan.digests(),
        [target.provider, target.base_url],
        trial.columns,
        [measured.margin, measured.alpha, measured.seed],
    ]
    return digest(json.dumps(parts, sort_keys=True).encode(), 16)


def _nothing_new(work: Work) -> Report:
    data = {
        **work.head(),
        "complete": True,
        "notes": ["the change adds and rewords no rule: there is nothing to ask"],
    }
    return Report("cliff", data, (Text(data["notes"][0]),))


def _plan(work: Work, trial: Trial) -> dict[str, Any]:
    return {
        "calls": work.measured.calls,
        "usd": planned_usd(work, trial.after, work.measured.calls),
        "detectable_pp": points(work.measured.margin),
    }


def _planned(work: Work, trial: Trial) -> Report:
    plan = _plan(work, trial)
    untested = _untested(trial)
    data = {
        **work.head(),
        "plan": {**plan, "untested": untested},
        "calls": 0,
        "usd": 0.0,
        "complete": True,
        "notes": [],
    }
    names = listed(trial.candidate.rules)
    most = "price unknown" if plan["usd"] is None else f"at most ${plan['usd']:.2f}"
    blocks: list[Block] = [
        Heading(f"{work.prompt.id} on {work.target.model}: may {names} be added?", 1),
        Text(
            f"up to {plan['calls']} calls, {'free' if work.simulated else most}; each of "
            f"{int(trial.addition.checks.any(1).sum())} cases is asked with and without, "
            "until the answer is known; answers in the store are free"
        ),
    ]
    if untested:
        blocks.append(Text(f"nobody tests {listed(untested)}: harm to them cannot be seen", "warn"))
    return Report("cliff", data, tuple(blocks))


def _untested(trial: Trial) -> list[str]:
    seen = trial.addition.tested
    return [name for name, tested in zip(trial.columns, seen, strict=True) if not tested]


def _data(work: Work, trial: Trial) -> dict[str, Any]:
    addition = trial.addition
    verdict = WORDS.get(addition.verdict, "cannot_tell")
    missing = trial.valid.incomplete
    if not trial.valid.enough or (verdict == "safe" and missing):
        verdict = "cannot_tell"
    rows = [
        replace(row, verdict="open") if _missing(trial, row.rule) else row
        for row in addition.rules()
    ]
    breaks = [trial.columns[row.rule] for row in rows if row.verdict == "harmed"]
    if verdict == "harmful" and not breaks:
        verdict = "cannot_tell"
    highs = [row.interval.high if row.interval else 1.0 for row in rows if row.verdict == "open"]
    worst = max(highs, default=work.measured.margin)
    return {
        "verdict": verdict,
        "candidates": list(trial.candidate.rules),
        "breaks": breaks if verdict == "harmful" else [],
        "margin_pp": points(work.measured.margin),
        "detectable_pp": points(worst),
        "rules": [
            {
                "rule": trial.columns[row.rule],
                "verdict": row.verdict,
                "harm_pp": points(row.harm),
                "interval": interval_points(row.interval),
                "checks": row.checks,
            }
            for row in rows
        ],
        "untested": _untested(trial),
        "calls_needed": trial.needed() if verdict == "cannot_tell" else None,
        "own": {
            rule: {"passed": passed, "n": n, "rate": round(passed / n, DIGITS)}
            for rule, (passed, n) in sorted(trial.own.items())
        },
    }


def _missing(trial: Trial, rule: int) -> bool:
    return not trial.valid.enough or trial.columns[rule] in trial.valid.incomplete


def _next(trial: Trial, data: Mapping[str, Any]) -> Iterator[str]:
    add, names = data["add"], listed([f"`{one}`" for one in trial.candidate.rules])
    if add["verdict"] == "harmful":
        broken = listed([f"`{one}`" for one in add["breaks"]])
        yield f"reword {names} so that {broken} can be kept beside it, narrow it with `when`, or leave it out"
    if data["stop"] == "cases":
        yield "every case is asked, and at temperature 0 asking again tells nothing: add cases"
    elif add["verdict"] == "cannot_tell" and add["calls_needed"]:
        total = data["calls"] + add["calls_needed"]
        yield (
            f"about {total} calls in all would settle it (--max-calls {-(-total // 50) * 50}; what was "
            "answered is not paid again)"
        )
    elif add["verdict"] == "cannot_tell":
        yield "give it a larger --max-calls, more cases, or a wider --margin"
    if add["untested"]:
        yield f"write tests for {listed(add['untested'])}: harm to them cannot be seen"
    for rule, own in add["own"].items():
        if own["n"] >= 10 and own["rate"] < 0.5:
            share = f"{own['passed']} of {own['n']}"
            yield f"`{rule}` itself is kept in {share} answers: it may not be worth its tokens"


def _notes(trial: Trial, add: Mapping[str, Any]) -> list[str]:
    notes = []
    cases = int(trial.addition.checks.any(1).sum())
    if cases < 10:
        notes.append(f"{cases} cases judge anything: what is said holds for these cases only")
    if not trial.valid.enough:
        share = f"{trial.valid.answered} of {trial.valid.asked}"
        notes.append(f"only {share} pairs of calls were answered whole: no verdict is given")
    if trial.before.unjudged:
        notes.append(f"assertions not judged here: {', '.join(trial.before.unjudged)}")
    if add["verdict"] == "safe":
        notes.append("safe means: each tested rule certainly loses less than the margin")
    return notes


def addition_blocks(result: Mapping[str, Any], verbosity: int = 0) -> Iterator[Block]:
    """The verdict with names, then every rule that is not clean."""
    add = result["add"]
    yield from head_blocks(result)
    names = listed([f"`{one}`" for one in add["candidates"]])
    yield _verdict(add, names)
    shown = [r for r in add["rules"] if verbosity > 0 or r["verdict"] != "clean"]
    rows = [
        (
            row["rule"],
            SHOWN[row["verdict"]],
            spread(row["harm_pp"], row["interval"]),
            str(row["checks"]),
        )
        for row in shown[: None if verbosity > 0 else MOST_ROWS]
    ]
    if rows:
        yield Table(("rule", "verdict", "points lost", "pairs"), tuple(rows), "llrr")
    rest = len(add["rules"]) - len(rows)
    if rest:
        yield Text(f"{rest} more: -v shows them all", "quiet")
    yield from next_blocks(result)


def _verdict(add: Mapping[str, Any], names: str) -> Text:
    if add["verdict"] == "harmful":
        return Text(f"harmful: {names} breaks {listed(add['breaks'])}", "bad")
    if add["verdict"] == "safe":
        n = len(add["rules"])
        return Text(
            f"safe: {names} costs none of {n} tested rules {add['margin_pp']:.0f} points or more",
            "good",
        )
    open_ = sum(row["verdict"] == "open" for row in add["rules"])
    return Text(
        f"not enough evidence on {names}: {open_} rules are open, and harm up to "
        f"{add['detectable_pp']:.0f} points is not ruled out",
        "warn",
    )
