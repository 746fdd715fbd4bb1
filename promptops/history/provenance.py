"""A rule followed back through history to where it came from. Records, never inventions.

Each hop is one stream of commits for one path: the unit is linked from version to version until
one has no link for it. Then earlier versions of the file are asked whether it had been there,
the other files of that commit whether it left them, and only then it counts as introduced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from promptops.history.align import Grade, Link, align
from promptops.history.elsewhere import Found, Search, copied, deleted, mentions, search
from promptops.history.likeness import resembles
from promptops.history.stream import Commit, Touch
from promptops.history.units import PROSE, Unit, normalised
from promptops.history.unmoved import line_before
from promptops.history.versions import Versions

MAX_HOPS = 20
LARGE_COMMIT = 500  # files; a commit of that size is an import of a repository
UNEXPLAINED = 25  # characters of a lost text that make it worth a doubt
_CAME = re.compile(
    r"\b(?:mov|migrat|import|sync|port|cop[iy]|extract|split|renam|relocat|consolidat|vendor|mirror"
    r"|unif|convert|merg|transfer|backport|restor|revert)|\bback\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:restor|revert|re-?add|reinstat|undelet|resurrect|undo)|\b(?:add|bring|put)\w* .*\bback\b",
    re.IGNORECASE,
)
_KINDS = {"same": "", "format": "reformatted", "rewritten": "reworded"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to the rule, in one commit.

    kind: introduced, reworded, replaced, reformatted, copied, moved, renamed, imported, merged,
    split, removed, restored. before and after: its texts, "" where there is none.
    score: likeness 0-100 of an inexact link. path: where it stood after it; from_path: before.
    """

    kind: str
    commit: Commit
    path: str
    before: str
    after: str
    grade: Grade
    score: float = 100.0
    from_path: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What following a rule back found; events newest first.

    complete: False where this clone does not hold all that would have been read.
    """

    events: tuple[Event, ...]
    complete: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """A unit, by one of its lines (1-based), of a version (blob) of the file at `path`.

    part: the text that is followed where it is only a part of that unit, else "".
    """

    path: str
    blob: str
    line: int
    part: str = ""


def follow(versions: Versions, commit: str, spot: Spot) -> Trace:
    """The life of the unit at `spot` in `commit`, backwards. No unit there: no events."""
    walk = _Walk(versions, commit, spot)
    if versions.unit_at(spot.blob, spot.path, spot.line) is None:
        return Trace((), False, ("there is no text on that line",))
    for _ in range(MAX_HOPS):
        if not walk.hop():
            break
    else:
        walk.incomplete(f"followed through {MAX_HOPS} files and stopped there")
    return Trace(tuple(walk.events), walk.complete, tuple(walk.notes))


class _Walk:
    """Where the rule stands while it is followed: the newest commit still to look at, the spot."""

    def __init__(self, versions: Versions, commit: str, spot: Spot) -> None:
        self.versions = versions
        self.repository = versions.repository
        self.commit = commit
        self.spot = spot
        self.grade = Grade.CERTAIN
        self.events: list[Event] = []
        self.notes: list[str] = []
        self.complete = True

    def incomplete(self, note: str) -> None:
        self.complete = False
        self.notes.append(note)

    @property
    def unit(self) -> Unit:
        unit = self.versions.unit_at(self.spot.blob, self.spot.path, self.spot.line)
        assert unit is not None  # every spot was made from a unit
        if self.spot.part:
            return replace(unit, text=self.spot.part, norm=normalised(self.spot.part))
        return unit

    @property
    def units(self) -> list[Unit]:
        """The units of the version at hand; a part stands for the whole it is in."""
        ours = self.unit
        units = self.versions.units(self.spot.blob, self.spot.path)
        return [
            ours
            if u.line == ours.line and u.end_line == ours.end_line and u.kind == ours.kind
            else u
            for u in units
        ]

    def hop(self) -> bool:
        """Follow the rule through one path; True if it goes on in another one."""
        older = _Rewindable(self.versions.stream(self.commit, self.spot.path))
        for commit in older:
            touch = next((t for t in commit.touches if t.new == self.spot.blob), None)
            if touch is not None:
                elsewhere = self._step(commit, touch, older)
                if elsewhere is not None:
                    return elsewhere
        self.incomplete(f"the history of {self.spot.path} ends before the rule came in")
        return False

    def _step(self, commit: Commit, touch: Touch, older: _Rewindable) -> bool | None:
        """One commit back. None: go on in this path; True: in another one; False: that was all."""
        if commit.id in self.repository.shallow:
            self._record("introduced", commit, grade=Grade.WEAK)
            self.incomplete(
                "already there at the edge of this shallow clone: git fetch --unshallow"
            )
            return False
        if self._unmoved(touch):
            return None
        best = self._best(touch)
        if best is None and self.versions.absent.intersection(touch.olds):
            self.incomplete("older versions of the file are not in this clone")
            return False
        if best is None or best[2].grade < Grade.CERTAIN:
            if touch.status != "A" and self._restored(commit, touch, older):
                return None
            looked = self._elsewhere(commit, touch, best is not None)
            if looked.found and (best is None or _beats(looked.found.link, best[2])):
                self._leave(commit, looked.found)
                return True
            if best is None and _BACK.search(commit.subject) and self._deleted_before(commit):
                return True
            if best is None:
                self._introduced(commit, touch, looked.suspects)
                return False
        self._advance(commit, *best)
        return None

    # -- in this path ------------------------------------------------------------------------

    def _unmoved(self, touch: Touch) -> bool:
        """True, and one version further, if some parent has the very lines in the same place."""
        new = self.versions.text(self.spot.blob)
        for old in touch.olds:
            line = line_before(self.versions.text(old), new, self.unit) if old.strip("0") else 0
            if line:
                self.spot = replace(self.spot, blob=old, line=line)
                return True
        return False

    def _best(self, touch: Touch) -> tuple[str, Unit, Link] | None:
        """The parent's version with the surest link: its blob, the unit there, the link."""
        new = self.units
        ours = new.index(self.unit)
        found = []
        for blob in dict.fromkeys(touch.olds):
            old = self.versions.units(blob, self.spot.path) if blob.strip("0") else []
            links = self._links(blob, old, new) if old else []
            found += [(blob, old[k.old], k) for k in links if k.new == ours]
        return max(found, key=lambda f: (f[2].grade, f[2].score), default=None)

    def _links(self, blob: str, old: list[Unit], new: list[Unit]) -> list[Link]:
        if self.spot.part:
            return align(old, new)
        return self.versions.links(blob, self.spot.blob, self.spot.path)

    def _advance(self, commit: Commit, blob: str, before: Unit, link: Link) -> None:
        kind = _KINDS.get(link.how, link.how)
        if not kind and before.section != self.unit.section and self._sections_stayed(blob, before):
            kind = "moved"
        part = self.unit.text if kind == "split" else ""
        if kind and not (part and self.spot.part):
            self._record(kind, commit, before.text, link)
        self.spot = replace(self.spot, blob=blob, line=before.line, part=part)

    def _sections_stayed(self, blob: str, before: Unit) -> bool:
        """True if the heading was not merely renamed: one of the two exists on both sides."""
        old, new = (
            {u.section for u in self.versions.units(b, self.spot.path)}
            for b in (blob, self.spot.blob)
        )
        return self.unit.section in old or before.section in new

    def _restored(self, commit: Commit, touch: Touch, older: _Rewindable) -> bool:
        """True if the same text had stood in this file before; then the walk goes on there."""
        wanted, blob = self.unit, touch.olds[0]
        seen: list[Commit] = []
        for earlier in older:
            seen.append(earlier)
            step = next((t for t in earlier.touches if t.new == blob), None)
            if step is None:
                continue
            blob = step.olds[0]
            if not blob.strip("0"):
                break
            if not mentions(self.versions.text(blob), wanted):
                continue
            units = self.versions.units(blob, self.spot.path)
            there = next(
                (u for u in units if u.norm == wanted.norm and u.kind == wanted.kind), None
            )
            if there is not None:
                self._record("restored", commit)
                gone = Event("removed", earlier, self.spot.path, there.text, "", self.grade)
                self.events.append(gone)
                self.spot = replace(self.spot, blob=blob, line=there.line, part="")
                return True
        older.rewind(seen)
        return False

    # -- in other paths ----------------------------------------------------------------------

    def _elsewhere(self, commit: Commit, touch: Touch, linked: bool) -> Search:
        """What else the commit did that may explain the text."""
        if not commit.parents:
            return Search(None, False)
        changes = [c for c in self.versions.changes(commit) if c.path != self.spot.path]
        if len(changes) >= LARGE_COMMIT and touch.status == "A":
            self.notes.append(f"{commit.id[:10]} changed {len(changes)} files at once")
        new = self.units
        old = self.versions.units(touch.olds[0], self.spot.path) if touch.olds[0].strip("0") else []
        links = self._links(touch.olds[0], old, new) if old else []
        kept = {k.new for k in links if k.grade == Grade.CERTAIN}
        fresh = [u for i, u in enumerate(new) if i not in kept]
        ours = self.unit
        looked = search(self.versions, changes, fresh, next(u for u in (*fresh, ours) if u == ours))
        if looked.found is None and not linked:
            near = self.versions.prompts(commit.parents[0])
            return Search(copied(self.versions, near, self.spot.path, self.unit), looked.suspects)
        return looked

    def _deleted_before(self, commit: Commit) -> bool:
        """True if the text stood in a file that was deleted earlier; then the walk goes on there."""
        found = deleted(self.versions, commit, self.unit) if commit.parents else None
        if found is None:
            return False
        removal, spot = found
        self._record("restored", commit)
        text = spot.unit.text
        self.events.append(Event("removed", removal, spot.path, text, "", self.grade))
        self.commit = removal.parents[0]
        self.spot = Spot(spot.path, spot.blob, spot.unit.line)
        return True

    def _leave(self, commit: Commit, found: Found) -> None:
        kind = ("renamed" if found.whole else "moved") if found.gone else "copied"
        if self.spot.path.endswith((".yaml", ".yml")) > found.path.endswith((".yaml", ".yml")):
            kind = "imported"
        if found.link.how in ("split", "merged"):
            kind = found.link.how
        self._record(kind, commit, found.unit.text, found.link, from_path=found.path)
        self.commit = commit.parents[0]
        part = self.unit.text if kind == "split" else ""
        self.spot = Spot(found.path, found.blob, found.unit.line, part)

    # -- the end -----------------------------------------------------------------------------

    def _introduced(self, commit: Commit, touch: Touch, suspects: bool) -> None:
        grade = Grade.CERTAIN
        if not commit.parents:
            grade = Grade.PROBABLE
            self.notes.append("it arrived with the first commit: what was before is not in here")
        elif suspects or self._lost_alike(touch) or _says_it_came(commit, touch):
            grade = Grade.PROBABLE
        self._record("introduced", commit, grade=grade)

    def _lost_alike(self, touch: Touch) -> bool:
        """True if this file lost a text in the commit that the rule may have grown out of."""
        new = self.units
        for blob in touch.olds:
            if blob.strip("0"):
                old = self.versions.units(blob, self.spot.path)
                heirs = {k.old for k in self._links(blob, old, new)}
                lost = [
                    u for i, u in enumerate(old)
                    if i not in heirs and u.kind == PROSE and len(u.norm) >= UNEXPLAINED
                ]  # fmt: skip
                if resembles(self.unit, lost, (*old, *new)):
                    return True
        return False

    def _record(
        self,
        kind: str,
        commit: Commit,
        before: str = "",
        link: Link | None = None,
        *,
        grade: Grade = Grade.CERTAIN,
        from_path: str = "",
    ) -> None:
        self.grade = min(self.grade, link.grade if link else grade)
        score = link.score if link else 100.0
        after = self.unit.text
        self.events.append(
            Event(kind, commit, self.spot.path, before, after, self.grade, score, from_path)
        )


def _beats(link: Link, other: Link) -> bool:
    return (link.grade, link.score) > (other.grade, other.score)


def _says_it_came(commit: Commit, touch: Touch) -> bool:
    """True if the commit that created the file says that its text came from somewhere else."""
    return touch.status == "A" and _CAME.search(commit.subject) is not None


class _Rewindable:
    """An iterator that takes back what was read ahead."""

    def __init__(self, source: Iterator[Commit]) -> None:
        self._source = source
        self._back: list[Commit] = []

    def __iter__(self) -> _Rewindable:
        return self

    def __next__(self) -> Commit:
        return self._back.pop(0) if self._back else next(self._source)

    def rewind(self, commits: list[Commit]) -> None:
        """Give them back, in the order in which they came."""
        self._back = commits + self._back
