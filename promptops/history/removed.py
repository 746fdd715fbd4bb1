"""The end of a rule that stands nowhere now: in which commit it went, and what took its place."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from promptops.history.align import Grade
from promptops.history.index import Row, path_index
from promptops.history.past import Past
from promptops.history.stream import Commit, log
from promptops.history.units import CODE, Unit
from promptops.history.versions import Versions


@dataclass(frozen=True, slots=True)
class Removed:
    """The rule as it stood last (`unit` of `blob` at `path`, before `commit`).

    how: removed, or reworded where a text of the new version surely grew out of it. instead: that
    text, or one that stands in its place, or "".
    """

    commit: Commit
    path: str
    blob: str
    unit: Unit
    how: str = "removed"
    instead: str = ""


def last_seen(past: Past, path: str, rule_id: str) -> Removed | None:
    """The newest commit that took the rule of this id out of the file; None if none did."""
    if past.head is None:
        return None
    for commit in past.versions.stream(past.head, path):
        for touch in commit.touches:
            for blob in touch.olds:
                old = past.versions.units(blob, path) if blob.strip("0") else []
                unit = next((u for u in old if u.id == rule_id), None)
                new = past.versions.units(touch.new, path) if unit is not None else []
                if unit is not None and all(u.id != rule_id for u in new):
                    return _ending(past.versions, commit, (path, blob, touch.new), unit)
    return None


def removed_phrase(past: Past, phrase: str) -> Removed | None:
    """The newest commit after which no prompt-like file held the (normalised) phrase."""
    for row in path_index(past):
        lost = _lost(past.versions, row, phrase)
        if lost is not None:
            path, old, new, unit = lost
            commit = _commit(past, row.commit)
            if commit is not None and commit.parents:
                return _ending(past.versions, commit, (path, old, new), unit)
    return None


def _lost(versions: Versions, row: Row, phrase: str) -> tuple[str, str, str, Unit] | None:
    """The change that lost the phrase, if the commit as a whole did."""
    versions.load(blob for _, old, new in row.changes for blob in (old, new))
    balance = 0
    found = None
    for path, old, new in row.changes:
        before = _holding(versions, old, path, phrase)
        balance += len(_holding(versions, new, path, phrase)) - len(before)
        if before and found is None:
            found = (path, old, new, before[0])
    return found if balance < 0 else None


def _holding(versions: Versions, blob: str, path: str, phrase: str) -> list[Unit]:
    longest = max(phrase.split(), key=len)
    if longest not in versions.text(blob).casefold():
        return []
    return [u for u in versions.units(blob, path) if phrase in u.norm and u.kind != CODE]


def _ending(
    versions: Versions, commit: Commit, change: tuple[str, str, str], unit: Unit
) -> Removed:
    path, old, new = change
    if not new.strip("0"):
        return Removed(commit, path, old, unit)
    ours = versions.units(old, path).index(unit)
    heirs = [link for link in versions.links(old, new, path) if link.old == ours]
    if not heirs:
        return Removed(commit, path, old, unit)
    heir = max(heirs, key=lambda link: (link.grade, link.score))
    how = "reworded" if heir.grade >= Grade.PROBABLE else "removed"
    return Removed(commit, path, old, unit, how, versions.units(new, path)[heir.new].text)


def _commit(past: Past, commit: str) -> Commit | None:
    with closing(log(past.repository, commit, options=("-1",))) as found:
        return next(found, None)
