"""`promptops cliff --plan`: what a study of these rules and cases takes, by simulating it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from promptops.cli._cliff.interference import TYPICAL, settings_of
from promptops.cli._cliff.work import Work, listed, points
from promptops.cli._eval.blocks import money
from promptops.cli._eval.plan import cost_range
from promptops.cliff.plan import Plan, formula, plan
from promptops.cliff.study import Layout
from promptops.cliff.subject import THE_TASK, Subject
from promptops.errors import PromptopsError
from promptops.report import Block, Heading, Report, Table, Text
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places

STUDIES = 800  # rules times studies that are simulated: a few seconds
MOST_STUDIES, FEWEST_STUDIES = 50, 12
MOST_RULES = 12  # shown, those with the fewest checks first
KEEPS_WARM = 4  # cases a drop set, where a cache is to be used


@dataclass(frozen=True, slots=True)
class Bill:
    """Of one call with the whole prompt. Dollars and tokens; None where not known."""

    tokens: int | None
    low: float | None
    high: float | None
    cached: float | None  # share of the input that a provider serves again from its cache


def planned_report(work: Work) -> Report:
    """Calls, tokens, money, checks, what nobody tests, what could be seen; asks nobody."""
    subject = work.subject()
    layout = subject.layout()
    rates, known = compliance(work, layout)
    settings = replace(settings_of(work), budget=_horizon(work, layout))
    studies = min(MOST_STUDIES, max(FEWEST_STUDIES, STUDIES // len(layout.rules)))
    found = plan(layout.incidence(), rates, settings, studies, work.measured.seed)
    least = plan_detectable(work, layout)
    data = {
        **work.head(),
        "digests": subject.plan.digests(),
        "plan": _data(work, subject, layout, found, least, studies, known),
        "calls": 0,
        "usd": 0.0,
        "complete": True,
        "notes": _notes(found, subject),
    }
    return Report("cliff", data, tuple(_blocks(data, work.measured.delta)))


def plan_detectable(work: Work, layout: Layout) -> float | None:
    """The smallest harm that the budget finds nine times of ten, by the formula."""
    from promptops.cliff.plan import detectable

    checks = layout.incidence()
    seen = checks.any(0)
    return detectable(int(seen.sum()), float(checks[:, seen].mean()), TYPICAL, work.measured.calls)


def compliance(work: Work, layout: Layout) -> tuple[Any, str]:
    """(How often each rule is kept, how that is known): from evidence where there is some."""
    import numpy as np

    from promptops.source.evidence import all_evidence

    known: Mapping[str, Any] = {}
    for one in all_evidence(work.call.tree(), work.prompt):
        if one.sealed and one.data["model"] == work.target.model and one.data["rules"]:
            known = one.data["rules"]
    rates = [known.get(rule, {}).get("rate") or TYPICAL for rule in layout.rules]
    return np.asarray(rates), "evidence" if known else "assumed"


def _horizon(work: Work, layout: Layout) -> int:
    """How far to look: the budget, or twice what the formula expects."""
    checks = layout.incidence()
    seen = checks.any(0)
    kappa = float(checks[:, seen].mean())
    return max(
        work.measured.calls, 2 * formula(int(seen.sum()), kappa, TYPICAL, work.measured.delta)
    )


def bill(work: Work, subject: Subject) -> Bill:
    """What one call costs, and how much of it a cache could serve."""
    from promptops.render import render
    from promptops.tokens.summary import summarize

    count = len(subject.plan.requests)
    low, high = cost_range(work.call, subject.plan, subject.plan.requests, work.tariff)
    tokens = share = None
    try:
        counter = Counter(places(work.call.environ), work.call.settings().models)
        figures = summarize(work.prompt, [work.target.model], counter, render)[work.target.model]
    except PromptopsError:
        figures = None
    if figures is not None:
        tokens = figures.spread.typical.tokens
        if tokens and figures.caching is not None:
            share = min(figures.caching.cached / tokens, 1.0)
    return Bill(
        tokens, None if low is None else low / count, None if high is None else high / count, share
    )


def _data(
    work: Work,
    subject: Subject,
    layout: Layout,
    found: Plan,
    least: float | None,
    studies: int,
    known: str,
) -> dict[str, Any]:
    each = bill(work, subject)
    calls = min(found.calls or work.measured.calls, work.measured.calls)
    reuse = work.measured.reuse

    def dollars(one: float | None) -> float | None:
        return None if one is None else round(one * calls, 6)

    return {
        "calls": calls,
        "calls_needed": found.calls,
        "max_calls": work.measured.calls,
        "usd": {"low": dollars(each.low), "high": dollars(each.high)} if each.high else None,
        "tokens": None if each.tokens is None else each.tokens * calls,
        "tokens_per_call": each.tokens,
        "cached_share": None if each.cached is None else round(each.cached * (1 - 1 / reuse), 3),
        "cacheable_share": None if each.cached is None else round(each.cached, 3),
        "detectable_pp": points(least),
        "delta_pp": points(work.measured.delta),
        "power": [[at, round(share, 3)] for at, share in found.power],
        "studies": studies,
        "compliance": known,
        "checks": {
            rule: round(n, 1)
            for rule, n in zip(layout.rules, found.checks, strict=True)
            if rule != THE_TASK
        },
        "untested": [layout.rules[k] for k in found.untested],
        "leave_one_out_calls": found.leave_one_out,
        "cases": len(layout.cases),
        "reuse": reuse,
    }


def _notes(found: Plan, subject: Subject) -> list[str]:
    notes = []
    if found.calls is None:
        notes.append(
            "no budget within reach finds nine of ten such harms: more cases would help most"
        )
    if len(subject.cases) < 10:
        notes.append("fewer than 10 cases: what is found will hold for these cases only")
    if subject.unjudged:
        notes.append(f"assertions not judged here: {', '.join(subject.unjudged)}")
    return notes


def _blocks(data: dict[str, Any], delta: float) -> list[Block]:
    planned = data["plan"]
    blocks: list[Block] = [
        Heading(f"{data['prompt']} on {data['model']}", 1),
        Text(_calls(planned, delta)),
        Text(_money(planned, data["simulated"])),
        Text(
            f"{planned['max_calls']} calls find harms of {planned['detectable_pp']:.0f} points or more"
            if planned["detectable_pp"] is not None
            else f"{planned['max_calls']} calls are too few to find any harm surely"
        ),
    ]
    alone = planned["leave_one_out_calls"]
    if alone:  # none where no rule has a test
        said = f"leaving out one rule at a time would take {alone:,} calls for the same"
        blocks.append(Text(said, "quiet"))
    blocks.append(_checks(planned))
    if planned["untested"]:
        blocks.append(
            Text(f"nobody tests {listed(planned['untested'])}: harm to them cannot be seen", "warn")
        )
    return [*blocks, *(Text(note, "warn") for note in data["notes"])]


def _calls(planned: Mapping[str, Any], delta: float) -> str:
    known = "as the evidence says" if planned["compliance"] == "evidence" else "assumed to be 90 %"
    how = f"{planned['studies']} simulated studies of these rules and cases, compliance {known}"
    if planned["calls_needed"] is None:
        return f"not within {planned['power'][-1][0]} calls: nine of ten harms of {delta:.0%}; by {how}"
    needed = f"{planned['calls_needed']} calls find nine of ten harms of {100 * delta:.0f} points"
    return f"{needed}, by {how}"


def _money(planned: Mapping[str, Any], simulated: bool) -> str:
    usd, tokens = planned["usd"], planned["tokens"]
    cost = f"{money(usd['low'])} to {money(usd['high'])}" if usd else "price unknown"
    cost = "free" if simulated else cost
    size = f"about {tokens:,} tokens in" if tokens is not None else "tokens unknown"
    said = f"{planned['calls']} calls, {size}, {cost}; answers in the store are free"
    if planned["cacheable_share"]:
        share = planned["cached_share"]
        if share:
            return f"{said}; up to {share:.0%} of the input from the provider's cache"
        could = planned["cacheable_share"] * (1 - 1 / KEEPS_WARM)
        return f"{said}; with --reuse {KEEPS_WARM} up to {could:.0%} of the input comes from the cache, for some 9 % more calls"
    return said


def _checks(planned: Mapping[str, Any]) -> Table:
    ranked = sorted(planned["checks"].items(), key=lambda pair: pair[1])
    rows = [(rule, f"{n:.0f}") for rule, n in ranked[:MOST_RULES]]
    if len(ranked) > MOST_RULES:
        rows.append((f"{len(ranked) - MOST_RULES} more", f"{ranked[MOST_RULES][1]:.0f} or more"))
    return Table(("rule", f"judged in {planned['calls']} calls"), tuple(rows), "lr")
