"""A review for people: what somebody has to decide on first, then prompt by prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from promptops.cli._diff_prompt import prompt_blocks, token_step, usd_step
from promptops.report import Block, Fold, Heading, Items, Table, Text
from promptops.review.prompts import ADDED, REMOVED, Reviewed
from promptops.review.review import Review
from promptops.review.states import States

ORDER = ("added", "removed", "reworded", "moved", "merged", "split", "metadata")
COLUMNS = ("prompt", "what changed", "version", "tokens", "$ a month", "decisions")


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
        yield Fold(f"{one.id}: {one.status}, {rules_in_words(one)}", tuple(prompt_blocks(one)))
    calm = tuple(
        f"setting {one.name} ({one.path}): {_step(one.before, one.after)}"
        for one in found.settings
        if not one.looser
    )
    if calm:
        yield Text("settings that judge no less strictly:", "quiet")
        yield Items(calm)


def _title(states: States, names: tuple[str, str]) -> str:
    base = states.base[:12] if states.base else "nothing: there is no commit yet"
    said = names[0] if states.base else ""
    before = f"{said} ({base})" if said and not said.startswith(base) else base
    after = (
        names[1] if states.head in ("index", "work tree") else f"{names[1]} ({states.head[:12]})"
    )
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
            yield f"{one.id}: {fact.what} {fact.weight}: {_step(fact.before, fact.after)}"
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
        if "reversed" in rule.flags:
            yield f"{one.id}: rule `{rule.id}` may say the opposite now"
    if one.tests.untested:
        yield f"{one.id}: no test holds {_names(one.tests.untested)}"
    if one.problem:
        yield f"{one.id}: {one.problem}"


def _row(one: Reviewed) -> tuple[str, ...]:
    return (
        one.id,
        rules_in_words(one),
        _version(one),
        token_step(one.figures[0]) if one.figures else "unknown",
        usd_step(one.figures[0]) if one.figures else "",
        _decisions(one),
    )


def rules_in_words(one: Reviewed) -> str:
    """`2 rules added, 1 reworded; budget prompt_tokens raised`."""
    counts = Counter(rule.change for rule in one.rules)
    noun = "rule" if one.governed else "paragraph"
    parts = [f"{counts[kind]} {kind}" for kind in ORDER if counts[kind]]
    if parts:
        number, _, kind = parts[0].partition(" ")
        parts[0] = f"{number} {noun}{'s' if number != '1' else ''} {kind}"
    facts = (
        list(dict.fromkeys(fact.what for fact in one.facts))
        if one.status not in (ADDED, REMOVED)
        else []
    )
    parts += [f"{fact} changed" for fact in facts[:3]]
    parts += [f"{len(facts) - 3} more"] if len(facts) > 3 else []
    cases = one.tests
    for what, names in (("added", cases.cases_added), ("removed", cases.cases_removed),
                        ("changed", cases.cases_changed)):  # fmt: skip
        if names:
            parts.append(f"{len(names)} case{'s' if len(names) != 1 else ''} {what}")
    parts = parts or (["evidence"] if any(e.state != "kept" for e in one.evidence) else [])
    new = [one.status] if one.status in (ADDED, REMOVED) else []
    return ", ".join([*new, *parts]) or "nothing a model or a check would see"


def _version(one: Reviewed) -> str:
    version = one.version
    if not one.governed:
        return ""
    said = (
        _step(version.before, version.after) if version.before != version.after else version.after
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
