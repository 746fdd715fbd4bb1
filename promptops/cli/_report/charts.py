"""The report's pictures, from what is known to what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from promptops.history.dates import day
from promptops.overview.measured import Measured
from promptops.overview.overview import Overview
from promptops.report import Block, Picture, Table, Text
from promptops.report.charts import NARROW
from promptops.report.charts.capacity import capacity_curve, sentence
from promptops.report.charts.forest import Estimate, forest, stacked
from promptops.report.charts.interference import interference_list, interference_map
from promptops.report.charts.timeline import Step, timeline

_TONES = {"no": "bad", "cannot_tell": "warn"}
_LEGEND = {
    "bad": "kept too seldom",
    "warn": "cannot tell yet",
    "": "kept often enough",
    "idle": "silent where it must be; no verdict",
}
MOST = 6  # harms that are told in words
FAR = 2.5  # times the largest value: a limit farther off would flatten the line


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def life_picture(seen: Overview) -> Picture | None:
    """Tokens over time, with the rules that came and went; None where fewer than two have a known size."""
    dated = [one for one in seen.life.moments if one.commit.time is not None]
    if len(dated) < 2:
        return None
    steps = [
        Step(
            one.commit.time or 0,
            float(one.size.tokens) if one.size and one.size.tokens is not None else None,
            f"{day(one.commit.time)} {one.version}: {_counted(one.rules, 'rule')}",
            len(one.added),
            len(one.removed),
        )
        for one in sorted(dated, key=lambda moment: moment.commit.time or 0)
    ]
    budget = seen.prompt.budget.prompt_tokens
    values = [step.value for step in steps if step.value is not None]
    if len(values) < 2:
        return None
    title = f"Tokens of {seen.prompt.id} over time"
    grown = f"from {values[0]:,.0f} to {values[-1]:,.0f} tokens"
    summary = (
        f"on {seen.model}, {grown} in {_counted(len(steps), 'commit')};"
        " below: rules that came (+) and went (−)"
    )
    rows = [
        (day(step.time), "–" if step.value is None else f"{step.value:,.0f}",
         str(step.added), str(step.removed))
        for step in steps
    ]  # fmt: skip
    figures = Table(("when", "tokens", "rules in", "rules out"), tuple(rows), "lrrr")
    near = budget is not None and budget <= FAR * max(values)
    if budget is not None and not near:
        summary += f"; the budget is {budget:,}"
    limit = float(budget) if budget is not None and near else None
    shown = (title, steps, limit, f"budget {budget:,}" if budget else "")
    return Picture(title, summary, timeline(*shown), figures, narrow=timeline(*shown, NARROW))


def kept_picture(one: Measured) -> Picture | None:
    """How often each rule was kept, the least kept first; None where nothing was judged."""
    kept = [(rule, o, o.rate, _TONES.get(o.verdict, "")) for rule, o in one.rules.items()]
    kept += [(f"{rule}, silent", o, o.rate, "idle") for rule, o in one.over.items()]
    judged = [(rule, o, rate, tone) for rule, o, rate, tone in kept if rate is not None]
    judged.sort(key=lambda row: (row[3] == "idle", row[2]))
    if not judged:
        return None
    estimates = [
        Estimate(
            rule,
            rate,
            outcome.interval or (rate, rate),
            f"{outcome.passed} of {outcome.n}",
            tone,
        )
        for rule, outcome, rate, tone in judged
    ]
    title = f"How often rules are kept on {one.model}"
    summary = f"measured {one.when[:10]} on version {one.version}; lines are intervals"
    if one.over:
        summary += "; silent: where the rule must not fire"
    rows = [
        (e.label, f"{e.rate:.0%}", f"{e.interval[0]:.0%} to {e.interval[1]:.0%}", e.note)
        for e in estimates
    ]
    figures = Table(("rule", "kept", "interval", "answers"), tuple(rows), "lrrr")
    shown = (title, estimates, _LEGEND)
    return Picture(title, summary, forest(*shown), figures, narrow=stacked(*shown))


def cliff_pictures(seen: Overview, one: Measured) -> Iterator[Block]:
    """What `promptops cliff` found and kept: who breaks whom, and the curve of capacity."""
    cliff = one.data.get("cliff", {})
    if "interference" in cliff:
        yield _interference(seen, one, cliff["interference"])
    if "capacity" in cliff:
        yield _capacity(one, cliff["capacity"])


def _interference(seen: Overview, one: Measured, study: dict[str, Any]) -> Block:
    """The map of who breaks whom; a sentence where nobody breaks anybody."""
    known = [facts.rule.id for facts in seen.rules]
    edges = [e for e in study["edges"] if e["source"] in known and e["target"] in known]
    pairs = [{**e, "confirmed": True, "e_value": 0.0, "verdict": "confirmed"} for e in edges]
    settings = {"delta_pp": study["delta_pp"]}
    result = {"prompt": seen.prompt.id, "rules": known, "interference": pairs, "settings": settings}
    edges = sorted(edges, key=lambda edge: -float(edge["effect_pp"]))
    done = "" if study["complete"] else "; not every pair was decided"
    summary = f"{study['calls']:,} calls, measured {one.when[:10]} on version {one.version}{done}"
    title = f"Which rule breaks which on {one.model}"
    if not edges:
        return Text(f"{title}: no harm was confirmed in {summary}")
    summary = f"{_harms(edges)} ({summary})"
    rows = [
        (e["source"], e["target"], f"{e['effect_pp']:.0f}",
         f"{e['interval'][0]:.0f} to {e['interval'][1]:.0f}")
        for e in edges
    ]  # fmt: skip
    table = Table(("this rule", "breaks this one", "points", "interval"), tuple(rows), "llrr")
    narrow = interference_list(result) or ""
    return Picture(title, summary, interference_map(result), table, narrow=narrow)


def _harms(edges: Sequence[dict[str, Any]]) -> str:
    """The gravest harms in words: what a map says to somebody who has never seen one."""
    first = edges[0]
    points = f"{first['effect_pp']:.0f}"
    said = f"{first['source']} makes {points} more answers in 100 break {first['target']}"
    rest = [f"{e['source']} breaks {e['target']} ({e['effect_pp']:.0f})" for e in edges[1:MOST]]
    more = f"; and {len(edges) - MOST} more" if len(edges) > MOST else ""
    return "; ".join([said, *rest]) + more


def _capacity(one: Measured, study: dict[str, Any]) -> Picture:
    points = [
        {"n": 0, "all_kept": None, "all_kept_by_chance": None, **point} for point in study["curve"]
    ]
    capacity = {"break_point": None, "interval": None, **study, "curve": points}
    rows = [
        (str(p["rules"]), f"{p['rate']:.0%}", f"{p['interval'][0]:.0%} to {p['interval'][1]:.0%}")
        for p in points
    ]
    table = Table(("rules", "one is kept", "interval"), tuple(rows), "rrr")
    summary = f"{sentence(capacity)}; measured {one.when[:10]} on version {one.version}"
    result = {"capacity": capacity, "prompt": one.data["prompt"]}
    title = f"How many rules {one.model} bears"
    narrow = capacity_curve(result, NARROW)
    return Picture(title, summary, capacity_curve(result), table, narrow=narrow)
