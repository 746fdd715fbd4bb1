"""What `why` has to say, as a story: the rule, how it came, what became of it, who knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptops.excerpt import excerpt
from promptops.history.dates import day
from promptops.history.links import Grade
from promptops.history.meaning import changed_meaning
from promptops.history.messages import Message
from promptops.history.provenance import Event
from promptops.history.why import Why, off_topic
from promptops.history.words import word_runs
from promptops.patterns import later
from promptops.report import Block, Heading, Items, Table, Text, Words

_LINES = 14  # of a commit's body; the whole of it is one `git show` away
_VERBS = {
    "introduced": "introduced it",
    "reworded": "reworded it",
    "replaced": "put it in the place of another text",
    "reformatted": "changed its formatting",
    "copied": "copied it",
    "moved": "moved it",
    "renamed": "renamed its file",
    "imported": "imported it",
    "merged": "merged it from shorter texts",
    "split": "made it of a part of a longer text",
    "removed": "removed it",
    "restored": "brought it back",
}
_DOUBT = {
    Grade.CERTAIN: "",
    Grade.PROBABLE: "probably ",
    Grade.WEAK: "perhaps ",
}
_NOISE = later(
    r"<!--.*?-->|^(?:Co-authored-by|Signed-off-by|Change-Id)\s*:.*$"
    r"|^[ \t]*(?:</?[a-z][^<>]*>\s*?)+$|^\s*-{3,}[ \t]*$",  # badges that a site puts there
    re.I | re.M | re.S,
)


def story(told: Why) -> Iterator[Block]:
    """The whole answer."""
    yield Heading(excerpt(told.text, 160), 1)
    yield Text(_where(told), "quiet")
    if told.retired is not None:
        yield Text(_retired(told))
    yield from _arrival(told)
    yield from _since(told)
    yield from _perhaps(told)
    yield from _records(told)
    yield from _people(told)
    for note in dict.fromkeys(told.notes):
        yield Text(note, "warn")


def _where(told: Why) -> str:
    target = told.target
    if target.unit is None:
        return f"no longer there; it stood in {target.path}" if target.path else "no longer there"
    section = f", under “{target.unit.section}”" if target.unit.section else ""
    rule = f", {target.prompt}/{target.rule}" if target.rule else ""
    return f"{target.path}:{target.unit.line}{rule}{section}"


def _retired(told: Why) -> str:
    retired = told.retired
    assert retired is not None
    version = f" after version {retired.version}" if retired.version else ""
    return f"Retired{version}: {retired.reason or 'no reason on record'}"


def _arrival(told: Why) -> Iterator[Block]:
    first = told.introduced
    if first is None:
        return
    doubt = {
        Grade.CERTAIN: "Introduced",
        Grade.PROBABLE: "Probably introduced",
        Grade.WEAK: "Came in with these words",
    }[first.grade]
    said = told.messages[first.commit.id]
    yield Text(f"{doubt} on {_by(first, said)}, in {first.path}:")
    yield from _own_words(first, said)


def _by(event: Event, said: Message) -> str:
    request = f", {said.pull_request}" if said.pull_request else ""
    when = day(event.commit.time)
    return f"{when} by {event.commit.author} ({event.commit.id[:10]}{request})"


def _own_words(event: Event, said: Message) -> Iterator[Block]:
    body = _body(said)
    lines = [said.subject, *(["", *body] if body else [])]
    more = len(lines) - _LINES
    shown = "\n".join(f"  {line}".rstrip() for line in lines[:_LINES])
    yield Text(shown + (f"\n  … {more} more lines" if more > 0 else ""), verbatim=True)
    waived = list(_waived(said))
    yield from waived
    if not waived and off_topic(event, said):
        yield Text("the commit was about something else: no reason for this rule on record", "warn")


def _body(said: Message) -> list[str]:
    """The lines of a message's body without templates' comments and sign-offs."""
    body = _NOISE.sub("", said.body) if said.body else ""
    body = re.sub(r"\n{3,}", "\n\n", body).strip() if body else ""
    return body.split("\n") if body else []


def _since(told: Why) -> Iterator[Block]:
    first = told.introduced
    later = list(told.events[told.events.index(first) + 1 :]) if first else list(told.events)
    if first is not None and first.kind not in ("introduced",) and first.before:
        later.insert(0, first)
    if not later:
        yield Text("It has not changed since." if first else "Nothing is known of its history.")
        return
    yield Heading("Since then", 3)
    for event in later:
        yield from _change(told, event)


def _change(told: Why, event: Event) -> Iterator[Block]:
    said = told.messages[event.commit.id]
    doubt = "" if event.kind in ("removed", "restored") else _DOUBT[event.grade]
    origin = f" from {event.from_path}" if event.from_path else ""
    lives = event.before and event.after and event.kind != "removed"
    force = changed_meaning(event.before, event.after) if lives else ()
    effect = f" [{', '.join(force)}]" if force else ""
    score = f", likeness {event.score:.0f}" if event.score < 99.5 else ""
    yield Text(
        f"{_by(event, said)} {doubt}{_VERBS[event.kind]}{origin}{effect}{score}: {said.subject}"
    )
    if event.before and event.after and event.before.split() != event.after.split():
        yield Words(word_runs(event.before, event.after))
    yield from _waived(said)
    if event.kind == "removed":
        yield from _farewell(event, said)


def _waived(said: Message) -> Iterator[Block]:
    for reason in dict.fromkeys(said.trailer("decision-waiver")):
        yield Text(f"decided by nobody; waived because: {reason}", "warn")


def _farewell(event: Event, said: Message) -> Iterator[Block]:
    """Why it went, as far as anybody said."""
    body = _body(said)
    if body:
        yield Text("\n".join(f"  {line}".rstrip() for line in body[:_LINES]), verbatim=True)
    else:
        yield Text("the subject above is all the reason on record", "quiet")
    if not event.after:
        yield Text("nothing took its place there", "quiet")


def _perhaps(told: Why) -> Iterator[Block]:
    """What lies before the first weak link: a possible forerunner, never claimed."""
    first = told.introduced
    older = told.events[: told.events.index(first)] if first else ()
    if not older:
        return
    yield Heading("Possibly it continues", 3)
    for event in reversed(older):
        said = told.messages[event.commit.id]
        text = excerpt(event.after or event.before, 200)
        yield Text(f"{_by(event, said)} {_VERBS[event.kind]}: “{text}”", "quiet")


def _records(told: Why) -> Iterator[Block]:
    beside = told.beside
    draft = " (a draft: no person wrote it)" if beside.draft else ""
    items = [f"Rationale{draft}: {beside.rationale}"] if beside.rationale else []
    if beside.owner and beside.entry:
        items.append(f"Owner: {beside.owner}")
    items += [f"Decision {d.id} ({d.status}): {d.title}" for d in beside.decisions]
    items += [f"Decision {name}: named, and not on record here" for name in beside.missing]
    if beside.tests:
        asserts = sum(len(test.asserts) for test in beside.tests)
        items.append(
            f"Tests: {len(beside.tests)}, with {asserts} assertion{'' if asserts == 1 else 's'}"
        )
    items += [
        f"Evidence, {m.model}, {m.measured[:10]}: {m.passed} of {m.n}{m.judge and f' ({m.judge})'}"
        for m in beside.evidence
    ]
    if told.target.rule and not beside.decisions:
        items.append("No decision record names it")
    if told.target.rule and not beside.tests and told.target.present:
        items.append("No test exercises it")
    if items:
        yield Heading("On record", 3)
        yield Items(tuple(items))


def _people(told: Why) -> Iterator[Block]:
    if not told.people:
        return
    yield Heading("Who knows", 3)
    rows = ((p.name, p.email, p.seen, p.standing) for p in told.people)
    yield Table(("name", "e-mail", "last commit", ""), tuple(rows))
