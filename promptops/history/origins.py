"""Where each rule of a file comes from: the commit that brought it in, and what that commit says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from promptops.history.dates import day
from promptops.history.messages import Message
from promptops.history.past import Past
from promptops.history.provenance import Event
from promptops.history.targets import Target, spot_in_head, units_now
from promptops.history.walk import follow
from promptops.history.why import introduced, off_topic
from promptops.model import Rule
from promptops.values import NamedTuple, dataclass

LONGEST = 500  # characters of a commit's body that are quoted
_NOISE = re.compile(
    r"^\s*(?:signed-off-by|co-authored-by|reviewed-by|change-id|acked-by|tested-by)\s*:.*$",
    re.IGNORECASE | re.MULTILINE,
)


class Place(NamedTuple):
    """A rule and the 1-based line of the file on which it stands now."""

    rule: Rule
    line: int


@dataclass(frozen=True, slots=True)
class Origin:
    """One rule's origin. event: None where nothing of it is committed.

    said: what its commit says of itself. explains: the commit speaks of the rule; one about
    something else gives no reason, however long its message.
    """

    place: Place
    event: Event | None = None
    said: Message | None = None
    explains: bool = False


def origins(
    past: Past, path: str, places: Iterable[Place], begin: Callable[[str], None] = lambda _: None
) -> Iterator[Origin]:
    """The origin of the rule at each place of the file at `path`, in their order.

    begin: told where each rule stands, before its history is read.
    """
    units = units_now(past, path)
    for place in places:
        begin(f"{path}:{place.line}")
        unit = next((u for u in units if u.line <= place.line <= u.end_line), None)
        there = unit and past.head and spot_in_head(past, Target("", path, unit))
        if not there or past.head is None:
            yield Origin(place)
            continue
        event = introduced(follow(past.versions, past.head, there[0]).events)
        if event is None:
            yield Origin(place)
            continue
        said = past.message(event.commit.id)
        yield Origin(place, event, said, not off_topic(event, said))


def quoted(event: Event, said: Message) -> str:
    """Who brought a rule in, when and in which commit, then the commit's own words."""
    body = " ".join(_NOISE.sub("", re.sub(r"(?s)<!--.*?-->", "", said.body)).split())
    if len(body) > LONGEST:
        body = body[:LONGEST].rsplit(" ", 1)[0] + " …"
    subject = " ".join(said.subject.split()) or "(no message)"
    commit = event.commit
    first = f"{commit.author or 'somebody'}, {day(commit.time)}, commit {commit.id[:12]}: {subject}"
    return "\n".join([first, body] if body else [first])
