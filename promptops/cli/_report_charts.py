"""The report's pictures, from what is known to what is drawn."""

from __future__ import annotations

from promptops.history.dates import day
from promptops.overview.measured import Measured
from promptops.overview.overview import Overview
from promptops.report import Picture, Table
from promptops.report.charts.forest import Estimate, forest
from promptops.report.charts.timeline import Step, timeline

FAR = 2.5  # times the largest value: a limit farther off would flatten the line


def life_picture(seen: Overview) -> Picture | None:
    """Tokens over time, with the rules that came and went; None where no commit has a date."""
    dated = [one for one in seen.life.moments if one.commit.time is not None]
    if not dated:
        return None
    steps = [
        Step(
            one.commit.time or 0,
            float(one.size.tokens) if one.size and one.size.tokens is not None else None,
            f"{day(one.commit.time)} {one.version}: {one.rules} rules",
            len(one.added),
            len(one.removed),
        )
        for one in sorted(dated, key=lambda moment: moment.commit.time or 0)
    ]
    budget = seen.prompt.budget.prompt_tokens
    values = [step.value for step in steps if step.value is not None]
    title = f"Tokens of {seen.prompt.id} over time"
    grown = f"from {values[0]:,.0f} to {values[-1]:,.0f} tokens" if values else "size unknown"
    summary = (
        f"on {seen.model}, {grown} in {len(steps)} commits; below: rules that came (+) and went (−)"
    )
    rows = [
        (day(step.time), "–" if step.value is None else f"{step.value:,.0f}",
         str(step.added), str(step.removed))
        for step in steps
    ]  # fmt: skip
    figures = Table(("when", "tokens", "rules in", "rules out"), tuple(rows), "lrrr")
    near = budget is not None and bool(values) and budget <= FAR * max(values)
    if budget is not None and not near:
        summary += f"; the budget is {budget:,}"
    limit = float(budget) if budget is not None and near else None
    drawn = timeline(title, steps, limit, f"budget {budget:,}" if budget else "")
    return Picture(title, summary, drawn, figures)


def kept_picture(one: Measured) -> Picture | None:
    """How often each rule was kept, the least kept first; None where nothing was judged."""
    both = [*one.rules.items(), *((f"{rule}, silent", o) for rule, o in one.over.items())]
    judged = sorted(
        ((rule, o, o.rate) for rule, o in both if o.rate is not None), key=lambda row: row[2]
    )
    if not judged:
        return None
    estimates = [
        Estimate(
            rule,
            rate,
            outcome.interval or (rate, rate),
            f"{outcome.passed} of {outcome.n}",
            {"no": "bad", "cannot_tell": "warn"}.get(outcome.verdict, ""),
        )
        for rule, outcome, rate in judged
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
    return Picture(title, summary, forest(title, estimates), figures)
