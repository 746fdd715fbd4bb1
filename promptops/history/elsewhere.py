"""Where else a unit may have come from in one commit: files that lost it, files it was copied from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from promptops.history.align import Grade, Link, align
from promptops.history.likeness import resembles
from promptops.history.promptlike import prompt_like
from promptops.history.records import SYMLINK, Change, Entry
from promptops.history.similarity import ratio, tokens
from promptops.history.stream import Commit, log
from promptops.history.units import PROSE, Unit
from promptops.history.versions import Versions

MAX_FILES = 400
MAX_COPIED_FROM = 200
TELLING = 40  # characters; shorter texts stand in two files by chance


@dataclass(frozen=True, slots=True)
class Found:
    """A unit of another file, before the commit, that the one looked for grew out of.

    gone: it vanished there (a move); otherwise it lives on (a copy).
    whole: the other file disappeared in the commit.
    """

    path: str
    blob: str
    unit: Unit
    link: Link
    gone: bool
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """The best origin among a commit's files; suspects: some lost text might still be another."""

    found: Found | None
    suspects: bool


def search(
    versions: Versions, changes: Sequence[Change], fresh: Sequence[Unit], wanted: Unit
) -> Search:
    """Look for the origin of `wanted` among the files a commit changed or deleted.

    fresh: the units that appeared together with it, in order, itself among them: neighbours that
    moved along are evidence.
    """
    best: Found | None = None
    suspects = False
    for change in _candidates(versions, changes, wanted):
        found, suspected = _in_file(versions, change, fresh, wanted)
        suspects = suspects or suspected
        if found and (best is None or _rank(found) > _rank(best)):
            best = found
    return Search(best, suspects)


def _rank(found: Found) -> tuple[int, float, bool]:
    return found.link.grade, found.link.score, found.gone


def _candidates(versions: Versions, changes: Sequence[Change], wanted: Unit) -> Iterator[Change]:
    lost = [c for c in changes if c.status in "MDT" and c.old_mode != SYMLINK]
    lost.sort(key=lambda c: not prompt_like(c.path))
    lost = lost[:MAX_FILES]
    versions.load([c.old for c in lost])
    for change in lost:
        if mentions(versions.text(change.old), wanted):
            yield change


def mentions(text: str, wanted: Unit) -> bool:
    """True if a third of the unit's longest words are in the text: else parsing it is in vain."""
    words = sorted(tokens(wanted.norm), key=len, reverse=True)[:8]
    folded = text.casefold()
    return bool(folded) and 3 * sum(word in folded for word in words) >= len(words)


def _in_file(
    versions: Versions, change: Change, fresh: Sequence[Unit], wanted: Unit
) -> tuple[Found | None, bool]:
    source = versions.units(change.old, change.path)
    left = versions.units(change.new, change.path) if change.new_mode.startswith("100") else []
    kept = versions.links(change.old, change.new, change.path) if left else []
    living = {k.old for k in kept if k.grade >= Grade.PROBABLE}
    whole = change.status == "D"
    for position, unit in enumerate(source):
        if unit.norm == wanted.norm and unit.kind == wanted.kind:
            link = Link(position, 0, "same", 100.0, Grade.CERTAIN)
            gone = position not in living
            return Found(change.path, change.old, unit, link, gone, whole), False
    gone_units = [unit for i, unit in enumerate(source) if i not in living]
    links = align(gone_units, fresh, foreign=True)
    ours = next(j for j, unit in enumerate(fresh) if unit is wanted)
    mine = [k for k in links if k.new == ours and k.how != "replaced"]
    if not mine:
        heirs = {k.old for k in links}
        rest = [u for i, u in enumerate(gone_units) if i not in heirs and u.kind == PROSE]
        return None, resembles(wanted, rest, (*gone_units, *fresh), foreign=True)
    link = max(mine, key=lambda k: (k.grade, k.score))
    return Found(change.path, change.old, gone_units[link.old], link, True, whole), False


def copied(versions: Versions, entries: Sequence[Entry], path: str, wanted: Unit) -> Found | None:
    """The same text, or nearly, in a prompt-like file (`entries`) that the commit did not touch."""
    if len(wanted.norm) < TELLING:
        return None
    near = [e for e in entries if e.path != path and e.mode != SYMLINK]
    versions.load([e.blob for e in near[:MAX_COPIED_FROM]])
    for entry in near[:MAX_COPIED_FROM]:
        if not mentions(versions.text(entry.blob), wanted):
            continue
        for position, unit in enumerate(versions.units(entry.blob, entry.path)):
            score = 100.0 if unit.norm == wanted.norm else ratio(unit.norm, wanted.norm)
            if unit.kind == wanted.kind and score >= 90:
                how, grade = (
                    ("same", Grade.CERTAIN) if score == 100 else ("reworded", Grade.PROBABLE)
                )
                return Found(
                    entry.path, entry.blob, unit, Link(position, 0, how, score, grade), False
                )
    return None


def deleted(versions: Versions, commit: Commit, wanted: Unit) -> tuple[Commit, Found] | None:
    """The newest deletion, before `commit`, of a prompt-like file that held the very text.

    With the commit that deleted it. Walks all of history where there is none.
    """
    with closing(
        log(versions.repository, commit.parents[0], options=("--diff-filter=D",))
    ) as stream:
        for earlier in stream:
            near = [t for t in earlier.touches if len(t.olds) == 1 and prompt_like(t.path)]
            versions.load([t.olds[0] for t in near[:MAX_FILES]])
            for touch in near[:MAX_FILES]:
                if mentions(versions.text(touch.olds[0]), wanted):
                    unit = _equal(versions.units(touch.olds[0], touch.path), wanted)
                    if unit is not None:
                        link = Link(0, 0, "same", 100.0, Grade.CERTAIN)
                        return earlier, Found(touch.path, touch.olds[0], unit, link, True, True)
    return None


def _equal(units: Sequence[Unit], wanted: Unit) -> Unit | None:
    return next((u for u in units if u.norm == wanted.norm and u.kind == wanted.kind), None)
