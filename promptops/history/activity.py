"""Who is still here: the newest commit of everybody, counted from the newest commit of all.

Not from the clock: an old clone would declare everybody gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from promptops.history.dates import day
from promptops.history.messages import Message
from promptops.history.past import Past
from promptops.history.recent import identity, newest_commits
from promptops.history.stream import Commit
from promptops.patterns import later
from promptops.values import NamedTuple

_CO_AUTHOR = later(r"(?P<name>[^<]*?)\s*<(?P<email>[^<>\s]+)>")


_PROGRAM = later(
    r"(?:\[bot\]|[ -]bot|^bot)$|^(?:github )?copilot$|^(?:github[ -]actions|devin|aider|openhands)\b"
    r"|^claude(?: code| (?:opus|sonnet|haiku|fable)\b.*)?$|^cursor(?: agent)?$|^codex(?: cli)?$",
    re.IGNORECASE,
)
_PROGRAMS_ADDRESS = later(
    r"\[bot\]@|\+copilot@|^noreply@(?:anthropic|openai|aider|cursor)\.|^(?:cursoragent|codex|aider)@"
    r"|^openhands@|^bot@|-bot@",
    re.IGNORECASE,
)


class Person(NamedTuple):
    """A person as commits name them. last_commit: author time of the newest one seen, or None.

    active: a commit within 180 days of the newest one, and not said to have left. before: where no
    such commit is, when those 180 days began: the newest commit is older, `last_commit` or later.
    """

    name: str
    email: str
    last_commit: int | None = None
    active: bool = False
    before: int | None = None

    @property
    def program(self) -> bool:
        """True for a bot or a coding agent, by the name or address that programs commit under."""
        named = _PROGRAM.search(self.name) is not None
        return named or _PROGRAMS_ADDRESS.search(self.email) is not None

    @property
    def standing(self) -> str:
        """In a word: program, here or left."""
        return "program" if self.program else "here" if self.active else "left"

    @property
    def seen(self) -> str:
        """When the newest commit was made, as far as it is known."""
        return f"before {day(self.before)}" if self.before else day(self.last_commit)


class Activity(NamedTuple):
    """When each identity made its newest commit since `since`, 180 days before the newest of all."""

    seen: dict[str, int]
    left: frozenset[str]
    since: int

    def person(self, name: str, email: str, time: int | None) -> Person:
        """Somebody who made a commit at `time`, with what is known of them since."""
        newest = self.seen.get(identity(email))
        left = {name.casefold(), email.casefold()} & self.left
        latest = max((t for t in (newest, time) if t is not None), default=None)
        here = newest is not None or (latest or 0) >= self.since  # co-authors commit nothing
        return Person(name, email, latest, here and not left, None if here else self.since)


def activity(past: Past, wanted: Set[str] | None = None) -> Activity:
    """Who made a commit in the last 180 days of HEAD's history.

    wanted: identities that matter (None: all); git is stopped once each of them has been seen.
    """
    if past.head is None:
        return Activity({}, past.settings.people_left, 0)
    recent = newest_commits(past.versions, past.head, wanted)
    return Activity(recent["seen"], past.settings.people_left, recent["since"])


def authors(commit: Commit, message: Message) -> list[tuple[str, str]]:
    """(name, e-mail) of the author and of everybody named in `Co-authored-by`."""
    named = [(commit.author, commit.email)]
    for value in message.trailer("co-authored-by"):
        found = _CO_AUTHOR.match(value)
        if found is not None:
            named.append((found["name"], found["email"]))
    return named


def people_of(past: Past, commits: Sequence[tuple[Commit, Message]]) -> tuple[Person, ...]:
    """`people`, asking history for no more than whether these are still here."""
    named = {identity(email) for commit, said in commits for _, email in authors(commit, said)}
    return people(activity(past, named), commits)


def people(known: Activity, commits: Iterable[tuple[Commit, Message]]) -> tuple[Person, ...]:
    """Everybody behind some commits, once each, in the order in which they first come."""
    found: dict[str, Person] = {}
    for commit, said in commits:
        for name, email in authors(commit, said):
            person = known.person(name, email, commit.time)
            before = found.get(identity(email))
            if before is None or (before.last_commit or 0) < (person.last_commit or 0):
                found[identity(email)] = person
    return tuple(found.values())
