"""Interference: which rule breaks which, from a study that may be read at any time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from promptops.cli._cliff.blocks import interference_blocks
from promptops.cli._cliff.findings import harmful_diagnostics
from promptops.cli._cliff.money import costs
from promptops.cli._cliff.work import (
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
from promptops.cliff.advice import advise
from promptops.cliff.drive import NO_LIMIT, Driver
from promptops.cliff.findings import Findings, Pair, read
from promptops.cliff.journal import Journal
from promptops.cliff.ledger import Settings
from promptops.cliff.plan import detectable, formula
from promptops.cliff.study import Study
from promptops.cliff.subject import Subject
from promptops.digest import digest
from promptops.report import Report

METHOD = 1  # raised when the same answers would lead to other calls
MOST_PAIRS = 2000
TYPICAL = 0.9  # compliance, before anything is known
DOUBTS = {
    "few-checks": "some rules were judged in fewer than 15 answers",
    "few-cases": "fewer than 10 cases judge anything: what is said holds for these cases only",
    "no-anchors": "nothing shows that shortened prompts behave like the whole one",
    "not-local": "shortened prompts have not been shown to behave like the whole one, so nothing is cleared",
    "identical-answers": "the same prompt gave the same outcome every time: more calls on the same cases add little",
}


def interference_report(work: Work) -> Report:
    """Ask until every pair is decided or the budget is spent; say what is known."""
    subject = work.subject()
    study = Study(subject.layout(), settings_of(work))
    key = study_key(work, subject, study.settings)
    with work.session() as session:
        driver = Driver(study, subject, session.ask, Journal(work.state_folder(), key))
        session.note = lambda: (
            f"{driver.calls} calls, {int(study.core.ledger.found.sum())} found, "
            f"{int(study.core.ledger.open.sum())} open · "
        )
        driver.run(work.measured.calls)
    refuse_silence(session)
    return _report(work, subject, driver, session)


def settings_of(work: Work) -> Settings:
    """The study's settings; its budget is the driver's to keep."""
    wanted = work.measured
    return Settings(
        delta=wanted.delta,
        alpha=wanted.alpha,
        budget=NO_LIMIT,
        reuse=wanted.reuse,
        seed=wanted.seed,
    )


def study_key(work: Work, subject: Subject, settings: Settings) -> str:
    """The digest of all that decides which calls a study makes."""
    target = work.target
    parts: list[Any] = [
        METHOD,
        subject.plan.digests(),
        [rule.id for rule in subject.prompt.rules],
        [target.provider, target.base_url],
        sorted(subject.unjudged),
        asdict(settings),
    ]
    return digest(json.dumps(parts, sort_keys=True, default=str).encode(), 16)


def _report(work: Work, subject: Subject, driver: Driver, session: Session) -> Report:
    found = _doubted(read(driver.study), driver)
    data = {
        **work.head(),
        "digests": subject.plan.digests(),
        "plan": plan_data(work, subject, driver.study),
        **money_data(session),
        **_settings_data(driver.study.settings),
        "stop": why_stopped(session, driver.stop),
        **_findings_data(found, subject.layout().rules),
        "untested": list(found.untested),
        "locality": _locality(found),
    }
    confirmed = found.verdict("confirmed")
    cost = costs(work)
    data["ranking"] = _ranking(found, cost.data)
    data["next"] = _next(work, data, [one.text for one in advise(subject.prompt, confirmed)])
    data["complete"] = driver.stop == "decided" and not _missing(driver)
    data["notes"] = _notes(driver, subject, found)
    if work.measured.evidence:
        from promptops.cli._cliff.evidence import write_study

        data["notes"].append(write_study(work, subject, data))
    wrong = harmful_diagnostics(work.reading, data)
    blocks = [*interference_blocks(data, work.call.screen, wrong, work.call.verbosity)]
    if work.measured.demo:
        from promptops.cli._cliff.demo import compared, planted

        data["planted"] = planted(work)
        blocks += compared(data)
    code = exit_code(session, bool(confirmed), data["complete"])
    return Report("cliff", data, tuple(blocks), code)


def plan_data(work: Work, subject: Subject, study: Study) -> dict[str, Any]:
    """What the formula says of this study, without simulating it."""
    checks = study.layout.incidence()
    seen = checks.any(0)
    kappa = float(checks[:, seen].mean()) if seen.any() else 0.0
    rules = int(seen.sum())
    least = detectable(rules, kappa, TYPICAL, work.measured.calls)
    return {
        "calls": formula(rules, kappa, TYPICAL, work.measured.delta),
        "usd": planned_usd(work, subject, work.measured.calls),
        "detectable_pp": points(least),
    }


def planned_usd(work: Work, subject: Subject, calls: int) -> float | None:
    """The most that so many calls of the whole prompt can cost; None where the price is unknown."""
    bounds = [work.tariff.bound(request) for request in subject.plan.requests]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds) or not known:
        return None
    return round(calls * sum(known) / len(known), 6)


def _doubted(found: Findings, driver: Driver) -> Findings:
    """Without verdicts where too many answers are missing for one."""
    missing = driver.valid.incomplete
    if driver.valid.enough and not missing:
        return found

    def pair(one: Pair) -> Pair:
        if driver.valid.enough and one.target not in missing:
            return one
        return replace(one, verdict="undecided")

    return replace(found, pairs=tuple(pair(one) for one in found.pairs))


def _missing(driver: Driver) -> bool:
    return not driver.valid.enough or bool(driver.valid.incomplete)


def _settings_data(settings: Settings) -> dict[str, Any]:
    return {
        "settings": {
            "delta_pp": points(settings.delta),
            "alpha": settings.alpha,
            "reuse": settings.reuse,
        }
    }


def _findings_data(found: Findings, rules: Sequence[str]) -> dict[str, Any]:
    confirmed = found.verdict("confirmed")
    undecided = found.verdict("undecided")
    needed = sorted(pair.needed for pair in undecided if pair.needed is not None)
    harmful: dict[str, float] = {}
    for pair in confirmed:
        harmful[pair.source] = harmful.get(pair.source, 0.0) + (pair.harm or 0.0)
    return {
        "rules": list(rules),
        "interference": [_pair_data(pair) for pair in found.pairs[:MOST_PAIRS]],
        "pairs": {
            "confirmed": len(confirmed),
            "undecided": len(undecided),
            "cleared": len(found.verdict("cleared")),
            "in_all": len(found.pairs),
        },
        "harmful_rules": sorted(harmful, key=lambda rule: -harmful[rule]),
        "calls_needed": needed[int(0.9 * (len(needed) - 1))] if needed else None,
    }


def _pair_data(pair: Pair) -> dict[str, Any]:
    return {
        "source": pair.source,
        "target": pair.target,
        "effect_pp": points(pair.harm),
        "interval": interval_points(pair.interval),
        "e_value": float(f"{pair.e:.4g}"),
        "confirmed": pair.verdict == "confirmed",
        "verdict": pair.verdict,
        "calls_needed": pair.needed,
    }


def _locality(found: Findings) -> dict[str, Any]:
    return {
        "capacity_suspected": found.capacity,
        "gap_pp": points(found.gap),
        "interval": interval_points(found.gap_interval),
    }


def _ranking(found: Findings, cost: Any) -> list[dict[str, Any]]:
    breaks: dict[str, list[str]] = {}
    for pair in found.verdict("confirmed"):
        breaks.setdefault(pair.source, []).append(pair.target)
    rows = [
        {
            "rule": total.rule,
            "breaks": breaks.get(total.rule, []),
            "broken_per_100_answers": points(total.harm),
            "interval": interval_points(total.interval),
            "confirmed_per_100_answers": points(total.confirmed),
            **cost(total.rule),
        }
        for total in found.totals
        if total.harm is not None
    ]
    return sorted(
        rows,
        key=lambda row: (-row["confirmed_per_100_answers"], -row["broken_per_100_answers"]),
    )


def _next(work: Work, data: dict[str, Any], advice: list[str]) -> list[str]:
    said = list(advice)
    if advice:
        name = "PROMPT" if work.measured.demo else work.prompt.id
        said.append(f"measure each change before it is merged: `promptops cliff {name} --staged`")
    if data["locality"]["capacity_suspected"]:
        said.append(
            "the whole prompt is past what the model holds: give rules that few calls need a `when`, "
            f"or a prompt of their own; `promptops cliff {work.prompt.id} --capacity` says where it breaks"
        )
    if data["pairs"]["undecided"] and data["stop"] != "decided":
        said.append(_go_on(data))
    if data["untested"]:
        said.append(f"write tests for {listed(data['untested'])}: harm to them cannot be seen")
    return said


def _go_on(data: dict[str, Any]) -> str:
    """How many calls in all would settle most: at their present pace, by the formula before that."""
    more, planned = data["calls_needed"], data["plan"]["calls"]
    total = max(data["calls"] + (more or 0), planned if data["calls"] < planned / 4 else 0)
    if total <= data["calls"]:
        return f"{data['pairs']['undecided']} pairs are open: go on with a larger --max-calls"
    return (
        f"{data['pairs']['undecided']} pairs are open: about {total} calls in all would settle most "
        f"(--max-calls {-(-total // 100) * 100}; what was answered is not paid again)"
    )


def _notes(driver: Driver, subject: Subject, found: Findings) -> list[str]:
    notes = [f"not enough evidence: {DOUBTS[doubt]}" for doubt in found.doubts]
    if not driver.valid.enough:
        share = f"{driver.valid.answered} of {driver.valid.asked}"
        notes.append(f"only {share} calls were answered whole: no verdict is given")
    if driver.valid.incomplete:
        notes.append(f"too few whole answers to judge {listed(driver.valid.incomplete)}")
    if subject.unjudged:
        notes.append(f"assertions not judged here: {', '.join(subject.unjudged)}")
    if len(subject.prompt.rules) < 8:
        notes.append(
            "with fewer than 8 rules one rule is most of the prompt: --add tests one at a time for less"
        )
    if found.verdict("cleared"):
        notes.append("cleared means: no effect of that size was seen, not that there is none")
    return notes
