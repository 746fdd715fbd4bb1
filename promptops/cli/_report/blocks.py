"""The report as blocks: what needs somebody first, then everything else."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from datetime import date

from promptops.cli._report.needs import needs
from promptops.cli._report.prompt import prompt_blocks
from promptops.cli._report.words import age, shown_money, shown_tokens
from promptops.overview.overview import Overview
from promptops.report import Block, Diagnostics, Heading, Table, Text

MOST_RULES = 3000  # of all prompts; a page of more is slow to open and read by nobody


def report_blocks(seen: Sequence[Overview], findings: Diagnostics, today: date) -> Iterator[Block]:
    """One prompt is the page's subject; several come after a table of them all."""
    if len(seen) == 1:
        yield Heading(seen[0].prompt.id, 1)
        yield from prompt_blocks(seen[0], _of(findings, seen[0]), today, 2)
        return
    yield Heading("Prompts", 1)
    yield _totals(seen, findings)
    yield Table(
        ("prompt", "version", "rules", "untested", "tokens", "$ a month", "findings", "changed"),
        tuple(_row(one, _of(findings, one), today) for one in seen),
        "llrrrrrr",
    )
    if sum(len(one.rules) for one in seen) > MOST_RULES:
        yield from _briefly(seen, findings, today)
        return
    for one in seen:
        yield Heading(one.prompt.id, 2)
        yield from prompt_blocks(one, _of(findings, one), today, 3)


def _briefly(seen: Sequence[Overview], findings: Diagnostics, today: date) -> Iterator[Block]:
    """What a page can still say of thousands of rules: whom each prompt needs."""
    yield Text(
        "these are too many rules for one page: `promptops report PROMPT` has the rules, the life"
        " and the measurements of one prompt"
    )
    rows = [(one.prompt.id, need) for one in seen for need in needs(one, _of(findings, one), today)]
    yield Heading("What needs somebody", 2)
    yield Table(("prompt", "what needs somebody"), tuple(rows))


def _of(findings: Diagnostics, one: Overview) -> Diagnostics:
    """The findings of one prompt's folder."""
    folder = one.prompt.path.rpartition("/")[0] or one.prompt.path
    mine = tuple(
        d for d in findings.diagnostics if d.prompt == one.prompt.id or d.path.startswith(folder)
    )
    return Diagnostics(mine, findings.sources, findings.rules)


def _totals(seen: Sequence[Overview], findings: Diagnostics) -> Text:
    rules = sum(len(one.rules) for one in seen)
    kinds = Tally(str(d.severity) for d in findings.diagnostics)
    said = ", ".join(f"{n} {kind}{'s' * (n != 1 and kind != 'info')}" for kind, n in kinds.items())
    return Text(f"{len(seen)} prompts, {rules} rules; `promptops check` finds {said or 'nothing'}")


def _row(one: Overview, findings: Diagnostics, today: date) -> tuple[str, ...]:
    moments = one.life.moments
    return (
        one.prompt.id,
        one.prompt.version,
        str(len(one.rules)),
        str(len(one.untested)),
        shown_tokens(one),
        shown_money(one),
        str(len(findings.diagnostics)),
        age(moments[-1].commit.time, today) if moments else "not committed",
    )
