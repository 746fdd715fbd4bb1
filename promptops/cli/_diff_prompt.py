"""One prompt of a review in detail: rules word by word, then all that goes with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.cli._tokens.text import shown_usd as usd
from promptops.history.words import word_runs
from promptops.report import Block, Heading, Items, Table, Text, Words
from promptops.review.evidence import CLAIMED, STALE, Measured, others
from promptops.review.figures import Figures, Side
from promptops.review.prompts import ADDED, Reviewed
from promptops.review.rules import MERGED, METADATA, SPLIT, RuleChange
from promptops.tokens.count import Count

AROUND = 80  # characters that are shown on each side of a difference in a long text
MOST = 4_000  # characters of one difference; JSON has all of them


def prompt_blocks(one: Reviewed) -> Iterator[Block]:
    """What a reviewer reads who never opens the file."""
    where = f"{one.path_before} → {one.path}" if one.path_before else one.path
    yield Text(where, "quiet")
    for rule in sorted(one.rules, key=_gravity):
        yield from _rule(rule)
    if one.facts:
        yield Heading("beside the rules", 3)
        for fact in one.facts:
            what = f"{fact.what}{f' ({fact.weight})' if fact.weight else ''}"
            if one.status == ADDED and "\n" in fact.after:
                yield from (Text(f"{what}:"), Words(shortened((("+", fact.after.strip()),))))
            elif one.status == ADDED:
                yield Text(f"{what}: {fact.after}")
            else:
                yield from _pair(what, fact.before, fact.after)
    yield from _figures(one)
    yield from _tests(one)
    yield from _decisions(one)
    if one.empty and not one.problem:
        yield Text("only comments or layout differ: no model and no check sees a difference")


def _gravity(rule: RuleChange) -> int:
    order = ("reversed", "weaker", "number changed", "stronger")
    flags = [order.index(flag) for flag in rule.flags if flag in order]
    if flags:
        return min(flags)
    return 9 if rule.change == METADATA else 6


def _rule(rule: RuleChange) -> Iterator[Block]:
    yield Heading(_title(rule), 3)
    if rule.before and rule.after and rule.before != rule.after:
        texts = (rule.before.strip(), rule.after.strip())
        if rule.change in (MERGED, SPLIT):  # where one rule ended and the next began says nothing
            texts = (" ".join(texts[0].split()), " ".join(texts[1].split()))
        yield Words(shortened(word_runs(*texts)))
    elif "moved" not in (rule.change, *rule.also) and rule.change != METADATA:
        sign = "+" if rule.after else "-"
        yield Words(shortened(((sign, (rule.after or rule.before).strip()),)))
    if rule.was and rule.change not in (MERGED, SPLIT):
        yield Text(f"id: {', '.join(rule.was)} → {rule.id}")
    for field in rule.fields:
        yield from _pair(field.name, field.before, field.after)


def _title(rule: RuleChange) -> str:
    words = [rule.change, *rule.also]
    said = f"{rule.id}: {' and '.join(words)}"
    if rule.came_from:
        said += f" here from {rule.came_from}"
    if rule.went_to:
        said += f" to {rule.went_to}"
    if rule.change == MERGED:
        said += f" from {', '.join(rule.was)}"
    if rule.becomes:
        said += f" into {', '.join(rule.becomes)}"
    notes = [*rule.flags]
    if rule.score is not None:
        probably = "" if rule.sure or rule.change in (MERGED, SPLIT) else ", probably the same rule"
        notes.append(f"{rule.score:.0f} % alike{probably}")
    return f"{said} ({'; '.join(notes)})" if notes else said


def _pair(what: str, before: str, after: str) -> Iterator[Block]:
    """Short values on one line, long ones word by word."""
    if max(len(before), len(after)) <= 60 and "\n" not in before + after:
        yield Text(f"{what}: {before or 'nothing'} → {after or 'nothing'}")
        return
    yield Words((("=", f"{what}: "), *shortened(word_runs(before.strip(), after.strip()))))


def shortened(runs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The runs with the middle of long unchanged stretches, and of endless changed ones, left out."""
    kept = []
    for at, (sign, text) in enumerate(runs):
        if sign == "=" and len(text) > 2 * AROUND:
            head = text[:AROUND] if at else ""
            tail = text[-AROUND:] if at < len(runs) - 1 else ""
            text = f"{head} … {tail}"
        elif sign != "=" and len(text) > MOST:
            left = f" … {len(text) - MOST:,} more characters … "
            text = f"{text[: MOST // 2]}{left}{text[-MOST // 2 :]}"
        kept.append((sign, text))
    return tuple(kept)


# -- figures -------------------------------------------------------------------------------------


def _figures(one: Reviewed) -> Iterator[Block]:
    if not one.figures:
        return
    if not one.governed:
        plain = tuple((f.model, token_step(f), f.known, _first(f)) for f in one.figures)
        yield Heading("tokens", 3)
        yield Table(("model", "tokens", "known", "first changed token"), plain, "lrlr")
        return
    rows = [
        (_model(f), token_step(f), f.known, usd_step(f), _prefix(f), _first(f)) for f in one.figures
    ]
    yield Heading("tokens, money and cache", 3)
    columns = ("model", "tokens", "known", "$ a month", "static prefix", "first changed token")
    yield Table(columns, tuple(rows), "lrlrrr")
    for figures in one.figures:
        if figures.rewrite_usd is not None:
            yield Text(
                f"{figures.model}: the cached prefix changes; writing it anew costs "
                f"{usd(figures.rewrite_usd)} once for each cache"
            )


def _model(figures: Figures) -> str:
    if figures.before and figures.after:
        return figures.model
    return f"{figures.model} ({'new' if figures.after else 'gone'})"


def token_step(figures: Figures) -> str:
    """`560 → 612 (+52)`; what is not known says so."""
    return step_between(figures.before, figures.after)


def step_between(before: Side | None, after: Side | None) -> str:
    """The same of two sides that may be of two models."""
    if before is None or after is None:
        return _number((before or after or Side()).total)
    was, now = before.total, after.total
    if was.tokens is None or now.tokens is None:
        return "unknown"
    if was.tokens == now.tokens:
        return f"{now.tokens:,}"
    return f"{was.tokens:,} → {now.tokens:,} ({now.tokens - was.tokens:+,})"


def usd_step(figures: Figures) -> str:
    """`$31.20 → $33.05`; unknown where a price or the volume is."""
    return usd_between(figures.before, figures.after)


def usd_between(before: Side | None, after: Side | None) -> str:
    """The same of two sides that may be of two models."""
    amounts = [side.usd_per_month for side in (before, after) if side]
    shown = list(dict.fromkeys(map(usd, amounts)))
    return " → ".join(shown)


def _number(count: Count) -> str:
    return "unknown" if count.tokens is None else f"{count.tokens:,}"


def _prefix(figures: Figures) -> str:
    sides = [side for side in (figures.before, figures.after) if side]
    shown = ["unknown" if side.prefix is None else f"{side.prefix:,}" for side in sides]
    cached = any(side.cached for side in sides)
    return " → ".join(dict.fromkeys(shown)) + ("" if cached else ", not cached")


def _first(figures: Figures) -> str:
    if figures.first_changed_token is not None:
        return f"{figures.first_changed_token:,}"
    sides = figures.before, figures.after
    return "unknown" if all(sides) and sides[0] != sides[1] else ""


# -- tests, evidence, decisions ------------------------------------------------------------------


def _tests(one: Reviewed) -> Iterator[Block]:
    tests = one.tests
    rows = (
        ("cases added", tests.cases_added),
        ("cases removed", tests.cases_removed),
        ("cases changed", tests.cases_changed),
        ("tests changed of", tests.rules),
        ("no test holds", tests.untested),
        ("tests name cases that are gone", tuple(f"{r}: {c}" for r, c in tests.dangling)),
    )
    said = [f"{what}: {', '.join(names)}" for what, names in rows if names]
    said += [_measured(m) for m in one.evidence if m.state != "kept"]
    said += [
        f"cliff test of `{rule}`: {verdict.replace('_', ' ')} ({m.path})"
        for m in one.evidence
        for rule, verdict in m.cliff
    ]
    if said:
        yield Heading("tests and evidence", 3)
        yield Items(tuple(said))


_WRONG = {
    "unreadable": "it is no evidence that can be read",
    "edited": "it does not match its seal: it was changed after it was measured",
    "foreign": "it was measured of another prompt",
}


def _measured(m: Measured) -> str:
    of = f" ({', '.join(filter(None, (m.model, m.measured)))})" if m.model or m.measured else ""
    if m.state == STALE:
        return f"stale: {m.path}{of} measured {others(m.because)}"
    if m.state == CLAIMED:
        wrong = [_WRONG.get(it, f"it measured {others((it,))}") for it in m.because]
        return "; ".join((f"claimed by this change, not reproduced: {m.path}{of}", *wrong))
    return f"removed: {m.path}{of}"


def _decisions(one: Reviewed) -> Iterator[Block]:
    if not one.found:
        return
    yield Heading("decisions", 3)
    for found in one.found:
        if found.decision:
            yield Text(f"{found.need.sentence}: decided in {found.decision}", "good")
        elif found.waiver:
            yield Text(f"{found.need.sentence}: waived: {found.waiver}", "warn")
        else:
            yield Text(f"{found.need.sentence}: no decision record says why", "bad")
        if found.objections:
            yield Items(tuple(f"does not count: {said}" for said in found.objections))
