"""What somebody has to see to in a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from promptops.cli._report.words import listed
from promptops.history.knowledge import LEFT, ONE
from promptops.overview.measured import Measured
from promptops.overview.overview import Overview
from promptops.report import Diagnostics
from promptops.review.evidence import others


def needs(seen: Overview, findings: Diagnostics, today: date) -> Iterator[str]:
    """What somebody has to see to, a sentence each."""
    found = len(findings.diagnostics)
    if found:
        yield f"`promptops check` has {found:,} finding{'s' * (found != 1)}"
    rules = [facts.rule for facts in seen.rules]
    lists = (
        ("no reason is given for", [r.id for r in rules if not r.rationale.strip()]),
        ("a draft reason waits to be finished for", [r.id for r in rules if r.draft]),
        ("no test holds", [rule.id for rule in seen.untested]),
        ("the review date has passed of", [rule.id for rule in seen.overdue(today)]),
        ("nobody who is still here has shaped", _resting(seen, LEFT)),
        ("only one person here has shaped", _resting(seen, ONE)),
    )
    for words, names in lists:
        if names:
            yield f"{words} {listed(names)}"
    for one in seen.measured:
        yield from _harmful(seen, one)
        if one.stale:
            yield f"{one.path} measured {others(one.stale)}: measure again"
        if not one.sealed:
            yield f"{one.path} was changed by hand since it was measured"
    budget = seen.prompt.budget.prompt_tokens
    for model, figures in seen.figures.items():
        low = figures.spread.largest.low
        if budget is not None and low is not None and low > budget:
            yield f"the largest rendering is over its budget on {model}: {low:,} of {budget:,}"


def _harmful(seen: Overview, one: Measured) -> Iterator[str]:
    """What a measurement of this very prompt says against it."""
    if one.stale or not one.sealed:
        return
    seldom = [rule for rule, outcome in one.rules.items() if outcome.verdict == "no"]
    if seldom:
        yield f"kept too seldom on {one.model}: {listed(seldom)}"
    known = {facts.rule.id for facts in seen.rules}
    edges = one.data.get("cliff", {}).get("interference", {}).get("edges", ())
    pairs = [(e["source"], e["target"]) for e in edges if {e["source"], e["target"]} <= known]
    if pairs:
        yield f"on {one.model}, {listed([f'{a} breaks {b}' for a, b in pairs])}"


def _resting(seen: Overview, kind: str) -> list[str]:
    return [f.rule.id for f in seen.rules if f.known is not None and f.known.rests_on == kind]
