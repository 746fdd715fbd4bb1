"""The end of a rule that stands nowhere now: in which commit it went, and what took its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from promptops.history.align import Grade, Link, align
from promptops.history.anywhere import Sides, changes, holding
from promptops.history.index import path_index
from promptops.history.past import Past
from promptops.history.promptlike import prompt_like
from promptops.history.provenance import Spot
from promptops.history.records import SYMLINK, Change
from promptops.history.stream import Commit, log
from promptops.history.units import Unit
from promptops.history.versions import Versions
from promptops.values import NamedTuple


class Removed(NamedTuple):
    """The rule as it stood last (`unit` of `blob` at `path`, before `commit`).

    how: removed, or where a text of the new version grew out of it: reworded, or moved (to `to`).
    instead: that text, or one that stands in its place, or "". link: how sure that is.
    """

    commit: Commit
    path: str
    blob: str
    unit: Unit
    how: str = "removed"
    instead: str = ""
    to: str = ""
    link: Link | None = None


def in_head(past: Past, path: str, rule_id: str, phrase: str) -> tuple[Spot, str] | None:
    """Where HEAD still has what the files on the disk have lost, and its text; None for nowhere."""
    if past.head is None:
        return None
    governed = past.is_governed.fullmatch
    listed = (
        [past.entry(path)]
        if rule_id
        else past.repository.tree(
            past.head, lambda name: prompt_like(name) or governed(name) is not None
        )
    )
    entries = [entry for entry in listed if entry is not None and entry.mode != SYMLINK]
    past.versions.load(entry.blob for entry in entries)
    for entry in entries:
        units = (
            past.versions.units(entry.blob, entry.path)
            if rule_id
            else holding(past.versions, entry.blob, entry.path, phrase)
        )
        for unit in units:
            if not rule_id or unit.id == rule_id:
                return past.versions.spot(entry.path, entry.blob, unit), unit.text
    return None


def last_seen(past: Past, path: str, rule_id: str) -> Removed | None:
    """The newest commit that took the rule of this id out of the file; None if none did."""
    if past.head is None:
        return None
    with closing(past.versions.stream(past.head, path)) as commits:
        return next(filter(None, (_taken_out(past, c, path, rule_id) for c in commits)), None)


def _taken_out(past: Past, commit: Commit, path: str, rule_id: str) -> Removed | None:
    """How this commit took the rule of that id out of the file; None if it did not."""
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
    return _removal(past, ((row.commit, row.changes) for row in path_index(past)), phrase)


def removed_anywhere(past: Past, phrase: str) -> Removed | None:
    """The newest commit after which no document at all held the (normalised) phrase."""
    return _removal(past, changes(past, phrase), phrase) if past.head else None


def _removal(
    past: Past, rows: Iterable[tuple[str, Sequence[Sides]]], phrase: str
) -> Removed | None:
    for commit_id, touched in rows:
        lost = _lost(past.versions, touched, phrase)
        if lost is not None:
            path, old, new, unit = lost
            commit = _commit(past, commit_id)
            if commit is not None and commit.parents:
                return _ending(past.versions, commit, (path, old, new), unit)
    return None


def _lost(
    versions: Versions, touched: Sequence[Sides], phrase: str
) -> tuple[str, str, str, Unit] | None:
    """The change that lost the phrase, if the commit as a whole did."""
    versions.load(blob for _, old, new in touched for blob in (old, new))
    balance = 0
    found = None
    for path, old, new in touched:
        if versions.repository.missing & {old, new}:
            continue  # nobody knows what came or went there
        before = holding(versions, old, path, phrase)
        balance += len(holding(versions, new, path, phrase)) - len(before)
        if before and found is None:
            found = (path, old, new, before[0])
    return found if balance < 0 else None


def _ending(
    versions: Versions, commit: Commit, change: tuple[str, str, str], unit: Unit
) -> Removed:
    path, old, new = change
    left = versions.units(new, path) if new.strip("0") else []
    units = versions.units(old, path)
    links = versions.links(old, new, path) if left else []
    heirs = [link for link in links if link.old == units.index(unit)]
    heir = max(heirs, key=lambda link: (link.grade, link.score), default=None)
    if heir is not None and heir.grade >= Grade.PROBABLE:
        return Removed(commit, path, old, unit, "reworded", left[heir.new].text, link=heir)
    kept = {link.old for link in links if link.grade >= Grade.PROBABLE}
    gone = [u for i, u in enumerate(units) if i not in kept]
    for to, text, link in _heirs_elsewhere(versions, commit, path, gone, unit):
        return Removed(commit, path, old, unit, "moved", text, to, link)
    return Removed(commit, path, old, unit, "removed", left[heir.new].text if heir else "")


def moved_to(
    past: Past, removed: Removed, places: Sequence[tuple[str, Unit]]
) -> list[tuple[str, Unit]]:
    """Those places of the phrase that came into their file in the commit that removed it."""
    changed = {c.path: c for c in past.versions.changes(removed.commit)}
    return [
        (path, unit)
        for path, unit in places
        if path in changed and not _stood(past.versions, changed[path], unit)
    ]


def _stood(versions: Versions, change: Change, unit: Unit) -> bool:
    before = versions.units(change.old, change.path) if change.old.strip("0") else []
    return any(other.norm == unit.norm for other in before)


def _heirs_elsewhere(
    versions: Versions, commit: Commit, path: str, gone: list[Unit], unit: Unit
) -> Iterator[tuple[str, str, Link]]:
    """(path, text, link) of units in other prompt-like files of the commit that grew out of `unit`."""
    ours = gone.index(unit)
    for change in versions.changes(commit):
        if change.path != path and change.status in "AM" and prompt_like(change.path):
            new = versions.units(change.new, change.path)
            links = (
                versions.links(change.old, change.new, change.path) if change.status == "M" else []
            )
            known = {link.new for link in links if link.grade >= Grade.PROBABLE}
            fresh = [u for i, u in enumerate(new) if i not in known]
            for link in align(gone, fresh, foreign=True):
                if link.old == ours and link.grade >= Grade.PROBABLE:
                    yield change.path, fresh[link.new].text, link


def _commit(past: Past, commit: str) -> Commit | None:
    with closing(log(past.repository, commit, options=("-1",))) as found:
        return next(found, None)
