"""Where each rule of a file comes from: the commit that brought it in, and what that commit says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from promptops.history.dates import day
from promptops.history.messages import Message
from promptops.history.past import Past
from promptops.history.provenance import Event
from promptops.history.targets import Target, spot_in_head, units_now
from promptops.history.walk import follow
from promptops.history.why import introduced, off_topic
from promptops.model import Rule

LONGEST = 500  # characters of a commit's body that are quoted
_NOISE = re.compile(
    r"^\s*(?:signed-off-by|co-authored-by|reviewed-by|change-id|acked-by|tested-by)\s*:.*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """One rule's origin. event: None where nothing of it is committed.

    said: what its commit says of itself. explains: the commit speaks of the rule; one about
    something else gives no reason, however long its message.
    """

    rule: Rule
    line: int
    event: Event | None = None
    said: Message | None = None
    explains: bool = False


def origins(past: Past, path: str, rules: Iterable[Rule]) -> Iterator[Origin]:
    """The origin of each of the `rules`, called `line-<number>`, of the file at `path`."""
    units = units_now(past, path)
    for rule in rules:
        line = int(rule.id.removeprefix("line-"))
        unit = next((u for u in units if u.line <= line <= u.end_line), None)
        there = unit and past.head and spot_in_head(past, Target("", path, unit))
        if not there or past.head is None:
            yield Origin(rule, line)
            continue
        event = introduced(follow(past.versions, past.head, there[0]).events)
        if event is None:
            yield Origin(rule, line)
            continue
        said = past.message(event.commit.id)
        yield Origin(rule, line, event, said, not off_topic(event, said))


def quoted(event: Event, said: Message) -> str:
    """Who brought a rule in, when and in which commit, then the commit's own words."""
    commit = event.commit
    return quote(commit.author, day(commit.time), commit.id, said)


def quote(author: str, date: str, commit: str, said: Message) -> str:
    """A commit's own words, after who made it and when."""
    body = " ".join(_NOISE.sub("", re.sub(r"(?s)<!--.*?-->", "", said.body)).split())
    if len(body) > LONGEST:
        body = body[:LONGEST].rsplit(" ", 1)[0] + " …"
    subject = " ".join(said.subject.split()) or "(no message)"
    first = f"{author or 'somebody'}, {date}, commit {commit[:12]}: {subject}"
    return "\n".join([first, body] if body else [first])
