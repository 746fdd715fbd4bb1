"""A review for people: what somebody has to decide on first, then prompt by prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from promptops.cli._diff_prompt import prompt_blocks, step_between, usd_between
from promptops.cli._tokens.text import shown_usd
from promptops.report import Block, Fold, Heading, Items, Table, Text
from promptops.review.figures import Side
from promptops.review.prompts import ADDED, REMOVED, Reviewed
from promptops.review.review import Review
from promptops.review.states import States

FEW = 3  # prompts whose details a page shows at once
MOST = 6  # things that a summary names
ORDER = ("added", "removed", "reworded", "moved", "merged", "split", "metadata")
WEIGHTS = {
    "raised": "raised",
    "privacy": "let in more that is personal",
    "loosened": "is less guarded",
}
FLAGS = {
    "hidden characters": "holds characters now that nobody can see",
    "look-alike letters": "has letters of another script now that look like its own",
    "reversed": "may say the opposite now",
}
COLUMNS = ("prompt", "rules", "version", "tokens", "$ a month", "decisions")


def review_blocks(found: Review, states: States, names: tuple[str, str]) -> Iterator[Block]:
    """The whole answer; on a page or in a comment, each prompt folds away below its table row."""
    yield Heading(_title(states, names), 2)
    if not (found.prompts or found.settings or found.waved or found.judged.rewritten):
        yield Text("no prompt, instruction file, decision or setting differs", "good")
        return
    alarms = list(_alarms(found))
    if alarms:
        yield Text(f"look at this first ({len(alarms)}):", "bad")
        yield Items(tuple(alarms))
    if found.prompts:
        yield Table(COLUMNS, tuple(_row(one) for one in found.prompts), "lllrrl")
    for one in found.prompts:
        shown = len(found.prompts) <= FEW
        yield Fold(f"{one.id}: {_in_words(one)}", tuple(prompt_blocks(one)), shown)
    calm = tuple(
        f"setting {one.name} ({one.path}): {_step(one.before, one.after)}"
        for one in found.settings
        if not one.looser
    )
    if calm:
        yield Text("settings that judge no less strictly:", "quiet")
        yield Items(calm)


def _title(states: States, names: tuple[str, str]) -> str:
    named = states.head not in ("index", "work tree")
    nothing = "nothing" if named else "nothing: there is no commit yet"
    base = states.base[:12] if states.base else nothing
    said = names[0] if states.base else ""
    before = f"{said} ({base})" if said and not said.startswith(base) else base
    after = f"{names[1]} ({states.head[:12]})" if named else names[1]
    return f"Prompts: {after} against {before}"


def _alarms(found: Review) -> Iterator[str]:
    """What no reviewer may miss, the changes to what judges the change before all else."""
    for setting in found.settings:
        if setting.looser:
            step = _step(setting.before, setting.after)
            yield f"{setting.path} judges less strictly: {setting.name}: {step}"
    for waved in found.waved:
        yield f"the baseline lets one more finding through: {waved.what} ({waved.path}:{waved.line})"
    for record, how in found.judged.rewritten:
        yield f"decision `{record.decision.id}` {how}; a decided record stays as it is"
    for one in found.prompts:
        yield from _prompt_alarms(one)


def _prompt_alarms(one: Reviewed) -> Iterator[str]:
    for fact in one.facts:
        if fact.weight:
            step = fact.after if one.status == ADDED else _step(fact.before, fact.after)
            yield f"{one.id}: {fact.what} {WEIGHTS[fact.weight]}: {step}"
    yield from _over_old_budget(one)
    yield from _shorter_cache(one)
    for waved in one.waved:
        reason = f" because {waved.reason}" if waved.reason else " without a reason"
        yield f"{one.id}: an ignore comment for {waved.what}{reason} ({waved.path}:{waved.line})"
    for missing in one.found:
        if not missing.answered:
            yield f"undecided: {missing.need.sentence}, and no decision record says why"
        elif missing.waiver:
            yield f"waived: {missing.need.sentence}; the commit says: {missing.waiver}"
    if not one.version.enough:
        version = one.version
        made = version.made.word if version.made else "no"
        yield (
            f"{one.id}: version {version.after} says too little: the change is "
            f"{version.needed.word}, {made} bump was made; {version.wanted} would be right"
        )
    for rule in one.rules:
        told = (FLAGS[flag] for flag in rule.flags if flag in FLAGS)
        yield from (f"{one.id}: rule `{rule.id}` {what}" for what in told)
    if one.tests.untested:
        yield f"{one.id}: no test holds {_names(one.tests.untested)}"
    if one.problem:
        yield f"{one.id}: {one.problem}"


def _over_old_budget(one: Reviewed) -> Iterator[str]:
    """A raised budget judges nothing: what held before does. What was over it then is no news."""
    tokens, money = one.budget_before.prompt_tokens, one.budget_before.usd_per_month
    for figures in one.figures:
        before, after = figures.before or Side(), figures.after
        if after is None:
            continue
        if _passes(tokens, before.total.low, after.total.low):
            said = f"{after.total.low:,} tokens on {figures.model}"
            yield f"{one.id}: {said}, over the budget of {tokens:,} that held before"
        if _passes(money, before.usd_per_month, after.usd_per_month):
            said = f"{shown_usd(after.usd_per_month)} a month on {figures.model}"
            yield f"{one.id}: {said}, over the budget of {shown_usd(money)} that held before"


def _passes(limit: float | None, before: float | None, after: float | None) -> bool:
    """True if `after` is over the limit and `before` was not."""
    return limit is not None and after is not None and after > limit >= (before or 0)


def _shorter_cache(one: Reviewed) -> Iterator[str]:
    for figures in one.figures:
        before, after = figures.before, figures.after
        if before and after and after.cached < before.cached:
            yield (
                f"{one.id}: {figures.model} will serve {after.cached:,} tokens from its cache "
                f"where it served {before.cached:,}"
            )


def _first_models(one: Reviewed) -> tuple[Side | None, Side | None]:
    """The figures of the model that was the default, and of the one that is."""
    was, now = one.default_models
    by_name = {figures.model: figures for figures in one.figures}
    before, after = by_name.get(was), by_name.get(now)
    return before.before if before else None, after.after if after else None


def _row(one: Reviewed) -> tuple[str, ...]:
    return (
        one.id,
        _rules(one),
        _version(one),
        step_between(*_first_models(one)),
        usd_between(*_first_models(one)) if one.governed else "",
        _decisions(one),
    )


def _rules(one: Reviewed) -> str:
    """`2 added, 1 reworded`; `added: 3 rules` of a whole prompt."""
    if one.status in (ADDED, REMOVED) and {rule.change for rule in one.rules} == {one.status}:
        noun = "rule" if one.governed else "paragraph"
        return f"{one.status}: {len(one.rules)} {noun}{'s' * (len(one.rules) != 1)}"
    counts = Counter(rule.change for rule in one.rules)
    said = ", ".join(f"{counts[kind]} {kind}" for kind in ORDER if counts[kind])
    new = one.status if one.status != "changed" else ""
    return ": ".join(filter(None, (new, said)))


def _in_words(one: Reviewed) -> str:
    """What changed, shortly: rules, then what stands beside them, then cases and evidence."""
    noun = "rules: " if one.governed else "paragraphs: "
    whole = one.status in (ADDED, REMOVED)
    said = [f"{'' if whole else noun}{_rules(one)}" if one.rules else ""]
    if one.status not in (ADDED, REMOVED):
        said += dict.fromkeys(fact.what for fact in one.facts)
    tests = one.tests
    pairs = (("added", tests.cases_added), ("removed", tests.cases_removed))
    for what, names in (*pairs, ("changed", tests.cases_changed)):
        said += [f"{len(names)} case{'s' * (len(names) != 1)} {what}"] if names else []
    said += ["evidence"] if any(e.state != "kept" for e in one.evidence) else []
    kept = list(filter(None, said))
    more = f" and {len(kept) - MOST} more" if len(kept) > MOST else ""
    return ", ".join(kept[:MOST]) + more or one.status


def _version(one: Reviewed) -> str:
    version = one.version
    if not one.governed:
        return ""
    said = (
        _step(version.before, version.after)
        if one.status not in (ADDED, REMOVED) and version.before != version.after
        else version.after or version.before
    )
    return said if version.enough else f"{said}, needs {version.wanted}"


def _decisions(one: Reviewed) -> str:
    missing = sum(not found.answered for found in one.found)
    answers = dict.fromkeys(found.decision or "waived" for found in one.found if found.answered)
    said = [f"{missing} missing"] if missing else []
    return ", ".join([*said, *answers])


def _step(before: str, after: str) -> str:
    return f"{before or 'nothing'} → {after or 'nothing'}"


def _names(names: Sequence[str], most: int = 5) -> str:
    said = ", ".join(names[:most])
    return said if len(names) <= most else f"{said} and {len(names) - most} more"
