"""One prompt of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from promptops.cli._report.charts import cliff_pictures, kept_picture, life_picture
from promptops.cli._report.needs import needs
from promptops.cli._report.words import (
    DASH,
    age,
    how_known,
    listed,
    shown_money,
    shown_tokens,
)
from promptops.excerpt import excerpt
from promptops.history.dates import day
from promptops.history.knowledge import LEFT, MANY, NOBODY, ONE
from promptops.overview.life import Moment
from promptops.overview.overview import Overview, RuleFacts
from promptops.report import Bars, Block, Diagnostics, Fold, Heading, Items, Table, Text
from promptops.review.evidence import others
from promptops.tokens.summary import Figures

RESTS = {
    MANY: "several people who are here",
    ONE: "one person",
    LEFT: "nobody who is still here",
    NOBODY: "nobody on record",
}


def prompt_blocks(
    seen: Overview, findings: Diagnostics, today: date, level: int
) -> Iterator[Block]:
    """All sections of a prompt; headings of `level`."""
    yield from _summary(seen)
    yield from _attention(seen, findings, today, level)
    yield from _rules(seen, today, level)
    yield from _life(seen, level)
    yield from _budgets(seen, level)
    yield from _measured(seen, level)
    yield from _people(seen, level)
    if findings.diagnostics:
        yield Heading("Open findings", level)
        yield findings


def _summary(seen: Overview) -> Iterator[Block]:
    prompt = seen.prompt
    if prompt.summary:
        yield Text(prompt.summary.strip())
    facts = [
        ("version", prompt.version),
        ("rules", str(len(prompt.rules))),
        ("tokens", f"{shown_tokens(seen)}{how_known(seen)}"),
        ("$ a month", shown_money(seen)),
        ("owners", ", ".join(prompt.owners) or DASH),
        ("models", ", ".join(prompt.models) or DASH),
        ("file", prompt.path),
    ]
    yield Table(("what", "now"), tuple(facts))
    if seen.problem:
        yield Text(f"it cannot be rendered: {seen.problem}", "bad")


# -- what needs somebody -------------------------------------------------------------------------


def _attention(seen: Overview, findings: Diagnostics, today: date, level: int) -> Iterator[Block]:
    said = list(needs(seen, findings, today))
    yield Heading("What needs somebody", level)
    if said:
        yield Items(tuple(said))
    elif not seen.rules:
        yield Text("nothing: it has no rules of its own", "quiet")
    else:
        yield Text("nothing: every rule has a reason, a test and somebody who knows it", "good")


# -- rules ---------------------------------------------------------------------------------------


def _rules(seen: Overview, today: date, level: int) -> Iterator[Block]:
    yield Heading("Rules", level)
    if not seen.rules:
        yield Text("it has no rules of its own", "quiet")
        return
    rows = [_rule_row(facts, today) for facts in seen.rules]
    columns = ("rule", "text", "owner", "tokens", "age", "kept")
    filled = [i for i in range(len(columns)) if any(row[i] != DASH for row in rows)]
    shown = tuple(tuple(row[i] for i in filled) for row in rows)
    yield Table(tuple(columns[i] for i in filled), shown, "".join("lllrrr"[i] for i in filled))
    yield Fold("why each of them is there, and how it came here", tuple(_each(seen, level)))


def _each(seen: Overview, level: int) -> Iterator[Block]:
    for facts in seen.rules:
        yield Heading(facts.rule.id, level + 1)
        yield from _rule(facts, seen.unread)


def _rule_row(facts: RuleFacts, today: date) -> tuple[str, ...]:
    rule = facts.rule
    rates = [outcome.rate for _, outcome in facts.outcomes if outcome.rate is not None]
    return (
        rule.id,
        excerpt(rule.text, 90),
        rule.owner or DASH,
        DASH if facts.tokens is None else f"{facts.tokens:,}",
        age(facts.since, today),
        f"{min(rates):.0%}" if rates else DASH,
    )


def _rule(facts: RuleFacts, unread: str) -> Iterator[Block]:
    rule, known = facts.rule, facts.known
    yield Text(rule.text.strip(), verbatim=True)
    yield Text(rule.rationale.strip() or "no reason is given", "" if rule.rationale else "bad")
    said = [
        f"owner: {rule.owner}" if rule.owner else "",
        f"decided in {rule.decision}" if rule.decision else "",
        f"to be reviewed by {rule.review_by}" if rule.review_by else "",
        f"it rests on {RESTS[known.rests_on]}" if known else "" if unread else "not committed yet",
    ]
    said += [
        f"{model}: "
        + (f"kept {outcome.passed} of {outcome.n}" if outcome.n else "not judged")
        + (f", {outcome.interval[0]:.0%} to {outcome.interval[1]:.0%}" if outcome.interval else "")
        for model, outcome in facts.outcomes
    ]
    yield Items(tuple(filter(None, said)))
    if known and known.shaping:
        rows = [
            (day(e.commit.time), e.kind, e.commit.author, e.commit.subject, e.commit.id[:10])
            for e in known.shaping
        ]
        yield Table(("when", "what", "who", "in the commit's words", "commit"), tuple(rows))


# -- its life, its size --------------------------------------------------------------------------


def _life(seen: Overview, level: int) -> Iterator[Block]:
    yield Heading("Its life", level)
    moments = seen.life.moments
    if seen.unread:
        yield Text(f"no history: {seen.unread}", "warn")
        return
    if not moments:
        yield Text("not committed yet: history has nothing to say", "quiet")
        return
    picture = life_picture(seen)
    if picture is not None:
        yield picture
    elif len(moments) == 1:
        yield Text(f"one version so far, of {day(moments[0].commit.time)}")
    else:
        yield Text(f"how its size changed on {seen.model or 'any model'} is not known", "quiet")
    columns = ("when", "version", "rules", "tokens", "what changed", "who", "in the commit's words")
    yield Fold(
        "every commit that changed it",
        (Table(columns, tuple(map(_moment, reversed(moments))), "llrrlll"),),
    )
    if seen.life.earlier:
        yield Text(f"older commits than these {len(moments)} were not read", "quiet")
    if not seen.complete:
        yield Text("this clone does not hold the whole history", "warn")


def _moment(moment: Moment) -> tuple[str, ...]:
    changes = (("+", moment.added), ("−", moment.removed), ("~", moment.reworded))
    said = "; ".join(f"{sign} {listed(names, 4)}" for sign, names in changes if names)
    decided = f"; decided: {', '.join(moment.decisions)}" if moment.decisions else ""
    size = moment.size.tokens if moment.size else None
    return (
        day(moment.commit.time),
        moment.version,
        str(moment.rules),
        DASH if size is None else f"{size:,}",
        (said + decided).lstrip("; ") or DASH,
        moment.commit.author,
        moment.commit.subject,
    )


def _budgets(seen: Overview, level: int) -> Iterator[Block]:
    if not seen.figures:
        return
    yield Heading("Tokens and money", level)
    sizes = {model: figures.spread.largest.tokens for model, figures in seen.figures.items()}
    bars = [(m, float(n), _note(seen.figures[m])) for m, n in sizes.items() if n is not None]
    unknown = [model for model, size in sizes.items() if size is None]
    if bars:
        yield Text("the largest rendering over its examples and cases:", "quiet")
        yield from _bars(bars, seen.prompt.budget.prompt_tokens)
    if unknown:
        yield Text(f"size unknown on {', '.join(unknown)}", "quiet")
    yield from _by_size(seen)


def _bars(bars: Sequence[tuple[str, float, str]], limit: int | None) -> Iterator[Block]:
    if len(bars) == 1 and limit is None:  # a bar beside no other says nothing
        yield Text(f"{bars[0][0]}: {bars[0][1]:,.0f} tokens, {bars[0][2]}")
    else:
        yield Bars(tuple(bars), "tokens", limit)


def _by_size(seen: Overview) -> Iterator[Block]:
    first = seen.figures.get(seen.model)
    if first is None or first.measure.text.tokens is None or not first.measure.rules:
        return
    rows = sorted(first.measure.rules.items(), key=lambda pair: -pair[1])
    whole = max(first.measure.total.tokens or 0, 1)
    parts = tuple((name, float(size), f"{size / whole:.0%}") for name, size in rows)
    yield Fold(
        f"rules by size, on {seen.model}", (Bars(parts, "tokens", seen.prompt.budget.rule_tokens),)
    )


def _note(figures: Figures) -> str:
    known = figures.spread.largest.known
    month = figures.money.month
    return known if month is None else f"{known}, ${month:,.2f} a month"


# -- measurements, people ------------------------------------------------------------------------


def _measured(seen: Overview, level: int) -> Iterator[Block]:
    yield Heading("Measured", level)
    if not seen.measured:
        yield Text("no evidence is committed: `promptops eval` measures, --evidence keeps", "quiet")
        return
    dice = sorted({m.model for m in seen.measured if m.model.partition("/")[0] == "simulated"})
    if dice:
        yield Text(f"{' and '.join(dice)}: answers from dice, not from a real model", "warn")
    for one in seen.measured:
        picture = kept_picture(one)
        if picture is not None:
            yield picture
        yield from cliff_pictures(seen, one)
        if one.stale:
            yield Text(f"stale: it measured {others(one.stale)}", "warn")
        if judge := one.data.get("judge"):
            yield Text(judge["said"], "quiet" if judge["calibrated"] else "warn")


def _people(seen: Overview, level: int) -> Iterator[Block]:
    people = {
        p.email: p for facts in seen.rules for p in (facts.known.people if facts.known else ())
    }
    if not people:
        return
    yield Heading("Who knows it", level)
    shaped = Counter(p.email for f in seen.rules for p in (f.known.people if f.known else ()))
    rows = [
        (people[email].name, str(n), people[email].standing, people[email].seen)
        for email, n in shaped.most_common()
    ]  # fmt: skip
    yield Table(("name", "rules shaped", "now", "last commit"), tuple(rows), "lrll")
