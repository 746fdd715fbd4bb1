"""Whose newest commit is how old: one walk over the last 180 days, kept by the commit it began at."""

from __future__ import annotations

import re
from collections.abc import Set
from contextlib import closing

from promptops.history.records import text
from promptops.history.stream import epoch
from promptops.history.versions import Versions
from promptops.patterns import later

TYPE_CHECKING = False  # `typing` takes a while to load
if TYPE_CHECKING:
    from typing import Any

ACTIVE_DAYS = 180
_LOGIN = later(r"(?:\d+\+)?(?P<login>[^@+]+)@users\.noreply\.(?:github|gitlab)\.com", re.I)


def identity(email: str) -> str:
    """What two e-mails of one person share: the address, or the login in a host's no-reply one."""
    login = _LOGIN.fullmatch(email) if "noreply" in email.lower() else None
    return login["login"].casefold() if login else email.casefold()


def newest_commits(versions: Versions, head: str, wanted: Set[str] | None) -> dict[str, Any]:
    """seen: the author time of each identity's newest commit; since: how far back was looked.

    wanted: identities that matter (None: all); git is stopped once each of them has been seen.
    """
    key = _key(versions, head)
    kept: dict[str, Any] | None = versions.facts.get(*key)
    if kept is None or not (
        kept["whole"] or (wanted is not None and wanted <= kept["seen"].keys())
    ):
        kept = _walked(versions, head, wanted)
        versions.facts.put(kept, *key)
    return kept


def expect_activity(versions: Versions, head: str) -> None:
    """Start on what `newest_commits` will ask of git."""
    if versions.facts.get(*_key(versions, head)) is None:
        versions.repository.ahead(*_asked(head, _since(versions, head)))


def _key(versions: Versions, head: str) -> tuple[str, str, str]:
    return "people", versions.horizon, head


def _walked(versions: Versions, head: str, wanted: Set[str] | None) -> dict[str, Any]:
    """whole: nobody else made a commit since then."""
    missing = None if wanted is None else set(wanted)
    newest: dict[bytes, bytes] = {}
    since, whole = _since(versions, head), False
    with closing(versions.repository.batches(*_asked(head, since))) as batches:
        fields: list[bytes] = []
        while missing != set():
            batch = next(batches, None)
            if batch is None:
                whole = True
                break
            fields += batch
            pairs = len(fields) // 2 * 2
            emails, times = fields[:pairs:2], fields[1:pairs:2]
            found = dict(zip(emails[::-1], times[::-1], strict=True))  # newest first: it stays
            newest = found | newest
            fields = fields[pairs:]
            if missing is not None:
                missing.difference_update(identity(text(email)) for email in found)
    seen: dict[str, int] = {}
    for address, when in newest.items():
        seen.setdefault(identity(text(address)), epoch(text(when)) or 0)
    return {"seen": seen, "since": since, "whole": whole}


def _asked(head: str, since: int) -> tuple[str, ...]:
    """Author address and time of each commit since then, newest first."""
    return "log", "-z", f"--since=@{since}", "--format=%ae%x00%at", head


def _since(versions: Versions, head: str) -> int:
    """180 days before the commit was made; 0 where it does not say when."""
    raw = (versions.repository.blob(head) or b"").partition(b"\n\n")[0]
    found = re.search(rb"^committer .*> (\d{1,12}) [+-]\d{4}$", raw, re.MULTILINE)
    return (int(found[1]) if found else 0) - ACTIVE_DAYS * 86_400
