"""The decision record that a change needs: every fact the change has, and marks for the rest.

The form is MADR 4 (https://adr.github.io/madr/). Nothing is made up: what only people know is
marked with `TODO(decide)`, and no check lets a record pass that still has a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from promptops.checks.unfinished import MARKER
from promptops.config import DECIDED_ALWAYS
from promptops.decisions.change import Change, Pair
from promptops.decisions.needed import Need
from promptops.history.bump import Bump, bumped, needed_bump
from promptops.source.scalars import flow_list, scalar
from promptops.values import dataclass

_VERBS = {
    "added": "Add",
    "removed": "Remove",
    "reworded": "Reword",
    "changed": "Change",
    "raised": "Raise",
}
_QUESTIONS = (
    ("consent", "on what ground people's data may be used, such as Article 6(1)(b) GDPR, contract"),
    ("retention", "how long it is kept, and by whom"),
    ("residency", "where it is processed and kept"),
    ("reviewer", "who reviewed this, and when"),
)
_SLUG = re.compile(r"[^a-z0-9]+")
MOST_IN_TITLE = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a decision before anybody has written a word.

    needs: the changes of meaning that it decides, all of one kind. author: `Name <e-mail>` or "".
    head: id of the commit that the change stands on, or "". supersedes: id of a record, or "".
    """

    kind: str
    title: str
    today: date
    needs: tuple[Need, ...] = ()
    author: str = ""
    head: str = ""
    supersedes: str = ""


def record_id(facts: Facts, taken: Iterable[str]) -> str:
    """`YYYYMMDD-slug`, with a number behind it where that name is taken."""
    known = set(taken)
    name = f"{facts.today:%Y%m%d}-{_slug(facts)}"
    names = (name if n == 1 else f"{name}-{n}" for n in range(1, len(known) + 2))
    return next(candidate for candidate in names if candidate not in known)


def title_of(needs: Sequence[Need]) -> str:
    """`Reword rule cite-policy (support-agent)`: what is done, in the change's own facts."""
    done = [f"{_VERBS[need.change]} {need.what or 'prompt'}" for need in needs]
    said = ", ".join([done[0], *(f"{d[0].lower()}{d[1:]}" for d in done[1:MOST_IN_TITLE])])
    more = f" and {len(done) - MOST_IN_TITLE} more" if len(done) > MOST_IN_TITLE else ""
    return f"{said}{more} ({', '.join(prompts_of(needs))})"


def prompts_of(needs: Iterable[Need]) -> tuple[str, ...]:
    """The ids of the prompts that are changed, each once."""
    return tuple(dict.fromkeys(need.prompt for need in needs))


def draft(facts: Facts, change: Change) -> str:
    """The record's whole text."""
    head = "\n".join(["---", *_front(facts), "---"])
    context = "what was wrong before, or who asked for what and why, in two or three sentences"
    parts = [
        f"{head}\n# {facts.title}",
        f"## Context and Problem Statement\n\n*{MARKER}: {context}*",
        f"## Considered Options\n\n* {MARKER}: what else could have been done, and what spoke against it",
        f"## Decision Outcome\n\n*{MARKER}: what was chosen, and why*",
        f"### Consequences\n\n* {MARKER}: what gets better by it, what gets worse, how one will see",
        "## More Information",
        *_information(facts, change),
    ]
    return "\n\n".join(parts) + "\n"


def _front(facts: Facts) -> Iterator[str]:
    yield "status: proposed  # accepted, once the people named below have decided"
    yield f"date: {facts.today.isoformat()}"
    yield f"decision-makers: [{scalar(f'{MARKER}: who decided')}]"
    yield f"prompts: {flow_list(prompts_of(facts.needs))}"
    rules = tuple(dict.fromkeys(need.rule for need in facts.needs if need.rule))
    if rules:
        yield f"rules: {flow_list(rules)}"
    yield f"kind: {facts.kind}"
    if facts.kind in DECIDED_ALWAYS:
        yield from (f"{name}: {scalar(f'{MARKER}: {asked}')}" for name, asked in _QUESTIONS)


def _information(facts: Facts, change: Change) -> Iterator[str]:
    for need in facts.needs:
        yield from _one_change(need, change)
    for pair in change.pairs:
        if pair.id in prompts_of(facts.needs):
            yield _version(pair)
    if facts.supersedes:
        yield f"Supersedes [{facts.supersedes}]({facts.supersedes}.md)."
    by = f" by {_inline(facts.author)}" if facts.author else ""
    on = f", on top of commit {facts.head[:12]}" if facts.head else ""
    yield f"Drafted on {facts.today.isoformat()}{by}{on}."


def _one_change(need: Need, change: Change) -> Iterator[str]:
    sentence = f"{need.sentence[0].upper()}{need.sentence[1:]}"
    lines = [f"- {line}" for line in need.before.splitlines()]
    lines += [f"+ {line}" for line in need.after.splitlines()]
    yield f"{sentence}:" if lines else f"{sentence}."
    if lines:  # no line begins with a fence: each has a sign before it
        yield "\n".join(["```diff", *lines, "```"])
    cited = _cited_before(need, change)
    if cited:
        yield f"Before, it rested on [{cited}]({cited}.md)."
    tests = _tests(need, change)
    if tests:
        yield tests


def _cited_before(need: Need, change: Change) -> str:
    """The record that a rule cited before the change, "" where it cited none or a new one."""
    before = (pair.prompts[0] for pair in change.pairs if pair.id == need.prompt)
    rules = (rule for prompt in before if prompt for rule in prompt.rules)
    cited = next((rule.decision for rule in rules if need.rule and rule.id == need.rule), "")
    return cited if cited in change.before else ""


def _tests(need: Need, change: Change) -> str:
    """Which tests hold a rule, as links that exist."""
    if not need.rule:
        return ""
    for pair in change.pairs:
        prompt = pair.prompts[1] or pair.prompts[0]
        rule = next((r for r in prompt.rules if r.id == need.rule), None) if prompt else None
        if rule is None or pair.id != need.prompt:
            continue
        if not rule.tests:
            return f"No test is linked to `{need.rule}`."
        cases = [
            "all cases" if t.cases.all else ", ".join(t.cases.ids) or "a slice" for t in rule.tests
        ]
        kinds = ["/".join(f"{'not_' * a.negated}{a.kind}" for a in t.asserts) for t in rule.tests]
        linked = "; ".join(f"{k} on {c}" for k, c in zip(kinds, cases, strict=True))
        return f"Tests linked to `{need.rule}`: {linked}."
    return ""


def _version(pair: Pair) -> str:
    before, after = pair.prompts
    if after is None or before is None:
        some = after or before
        assert some is not None
        return f"Prompt `{pair.id}` ({some.path}), {'new' if before is None else 'removed'}."
    bump = Bump.MAJOR if pair.contract_changed else needed_bump(before, after)
    where = f"Prompt `{pair.id}` ({after.path})"
    if bump is Bump.NONE:
        return f"{where}, version {after.version}."
    to = bumped(before.version, bump)
    return f"{where}: the change is {bump.word}, version {before.version} becomes {to}."


def _inline(text: str) -> str:
    """Foreign text on one line, where Markdown reads nothing in it."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def _slug(facts: Facts) -> str:
    rules = [need.rule for need in facts.needs if need.rule][:MOST_IN_TITLE]
    named = " ".join(rules) or " ".join((*prompts_of(facts.needs)[:1], facts.kind))
    given = facts.title if not facts.needs or facts.title != title_of(facts.needs) else named
    slug = _SLUG.sub("-", given.lower()).strip("-")[:60].rstrip("-")
    return slug or f"{facts.kind}-decision"
