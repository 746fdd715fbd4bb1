"""Who is still here: the newest commit of everybody, counted from the newest commit of all.

Not from the clock: an old clone would declare everybody gone.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence, Set
from contextlib import closing
from typing import Any, NamedTuple

from promptops.history.messages import Message
from promptops.history.past import Past
from promptops.history.records import text
from promptops.history.stream import Commit, epoch

ACTIVE_DAYS = 180
_CO_AUTHOR = re.compile(r"(?P<name>[^<]*?)\s*<(?P<email>[^<>\s]+)>")
_LOGIN = re.compile(r"(?:\d+\+)?(?P<login>[^@+]+)@users\.noreply\.(?:github|gitlab)\.com", re.I)


class Person(NamedTuple):
    """A person as commits name them. last_commit: author time of the newest one seen, or None.

    active: a commit within 180 days of the newest one, and not said to have left.
    """

    name: str
    email: str
    last_commit: int | None = None
    active: bool = False


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
        return Person(name, email, latest, here and not left)


def identity(email: str) -> str:
    """What two e-mails of one person share: the address, or the login in a host's no-reply one."""
    login = _LOGIN.fullmatch(email)
    return login["login"].casefold() if login else email.casefold()


def activity(past: Past, wanted: Set[str] | None = None) -> Activity:
    """Who made a commit in the last 180 days of HEAD's history.

    wanted: identities that matter (None: all); git is stopped once each of them has been seen.
    """
    if past.head is None:
        return Activity({}, past.settings.people_left, 0)
    facts, key = past.versions.facts, ("people", past.versions.horizon, past.head)
    kept = facts.get(*key)
    if kept is None or not (
        kept["whole"] or (wanted is not None and wanted <= kept["seen"].keys())
    ):
        since = committed(past, past.head) - ACTIVE_DAYS * 86_400
        kept = {"since": since, **_seen(past, past.head, since, wanted)}
        facts.put(kept, *key)
    return Activity(kept["seen"], past.settings.people_left, kept["since"])


def _seen(past: Past, head: str, since: int, wanted: Set[str] | None) -> dict[str, Any]:
    """The author time of each identity's newest commit; whole: nobody else made one since then."""
    missing = None if wanted is None else set(wanted)
    newest: dict[bytes, bytes] = {}
    whole = False
    with closing(_recent(past, head, since)) as fields:
        while missing != set():
            email = next(fields, None)
            if email is None:
                whole = True
                break
            time = next(fields, b"")
            if email not in newest:  # newest first: the first one will do
                newest[email] = time
                if missing is not None:
                    missing.discard(identity(text(email)))
    seen: dict[str, int] = {}
    for address, when in newest.items():
        seen.setdefault(identity(text(address)), epoch(text(when)) or 0)
    return {"seen": seen, "whole": whole}


def _recent(past: Past, head: str, since: int) -> Generator[bytes]:
    """Author address and time of each commit since then, newest first."""
    wanted = ("log", "-z", f"--since=@{since}", "--format=%ae%x00%at", head)
    return past.repository.records(*wanted)


def committed(past: Past, commit: str) -> int:
    """The commit's committer time in epoch seconds, 0 where it says none."""
    raw = (past.repository.blob(commit) or b"").partition(b"\n\n")[0]
    found = re.search(rb"^committer .*> (\d{1,12}) [+-]\d{4}$", raw, re.MULTILINE)
    return int(found[1]) if found else 0


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
