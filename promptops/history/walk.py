"""The way back: one hop a path, one step a commit.

Each hop is one stream of commits for one path: the unit is linked from version to version until
one has no link for it. Then earlier versions of the file are asked whether it had been there,
the other files of that commit whether it left them, and only then it counts as introduced.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from promptops.history.again import stood_before
from promptops.history.elsewhere import TELLING, Arrival, Found, Search, copied, deleted, search
from promptops.history.horizon import EDGE, LACKING
from promptops.history.links import Grade, Link
from promptops.history.messages import says_it_came, says_it_is_back
from promptops.history.pieces import (
    Origin,
    likeliest,
    origins,
    piece_of,
    said_in,
    same_section,
    together,
    unit_of,
)
from promptops.history.provenance import Event, Spot, Trace
from promptops.history.records import Change
from promptops.history.stream import Commit, Rewindable, Touch
from promptops.history.unexplained import lost_alike
from promptops.history.units import Unit
from promptops.history.unmoved import line_before
from promptops.history.unseen import surest
from promptops.history.versions import Versions
from promptops.history.wrapped import only_wrapped

MAX_HOPS = 20
LARGE_COMMIT = 500  # files; a commit of that size is an import of a repository
_KINDS = {"same": "", "format": "reformatted", "rewritten": "reworded"}


def follow(versions: Versions, commit: str, spot: Spot, words: str = "") -> Trace:
    """The life of the unit at `spot` in `commit`, backwards. No unit there: no events.

    words: those in it (normalised) that were asked about, where that is not all of it.
    """
    if versions.unit_at(spot) is None:
        return Trace((), False, ("there is no text on that line",))
    walk = _Walk(versions, commit, spot, words)
    for _ in range(MAX_HOPS):
        if not walk.hop():
            break
    else:
        walk.incomplete(f"followed through {MAX_HOPS} files and stopped there")
    return Trace(tuple(walk.events), walk.complete, tuple(walk.notes))


class _Walk:
    """Where the rule stands while it is followed: the newest commit still to look at, the spot."""

    def __init__(self, versions: Versions, commit: str, spot: Spot, words: str) -> None:
        self.versions = versions
        self.repository = versions.repository
        self.commit = commit
        self.spot, self.words = spot, words
        self.grade = Grade.CERTAIN
        self.events: list[Event] = []
        self.notes: list[str] = []
        self.complete = True

    def incomplete(self, note: str) -> None:
        self.complete = False
        self.notes.append(note)

    @property
    def unit(self) -> Unit:
        return unit_of(self.versions, self.spot)

    def hop(self) -> bool:
        """Follow the rule through one path; True if it goes on in another one."""
        with closing(self.versions.stream(self.commit, self.spot.path)) as stream:
            older = Rewindable(stream)
            for commit in older:
                touch = next((t for t in commit.touches if t.new == self.spot.blob), None)
                if touch is not None:
                    if touch.created:
                        stream.close()  # what is before it would take git longest
                    elsewhere = self._step(commit, touch, older)
                    if elsewhere is not None:
                        return elsewhere
        self.incomplete(f"the history of {self.spot.path} ends before the rule came in")
        return False

    def _step(self, commit: Commit, touch: Touch, older: Rewindable) -> bool | None:
        """One commit back. None: go on in this path; True: in another one; False: that was all."""
        self.versions.wanting.clear()
        if commit.id in self.repository.shallow:
            self._record("introduced", commit, grade=Grade.WEAK)
            self.incomplete(EDGE)
            return False
        if self._unmoved(touch):
            return None
        best = self._best(touch)
        if best is None and self.versions.absent.intersection(touch.olds):
            self.incomplete(LACKING)
            return False
        if best is None or best.link.grade < Grade.CERTAIN:
            return self._further(commit, touch, older, best)
        self._advance(commit, best)
        return None

    def _further(
        self, commit: Commit, touch: Touch, older: Rewindable, best: Origin | None
    ) -> bool | None:
        """Where this file's own version before gives no sure answer. Returns as `_step` does."""
        looked = self._elsewhere(commit, touch, best is not None)
        found = looked.found
        came_whole = found is not None and found.gone and found.link.grade == Grade.CERTAIN
        known = came_whole or (best is not None and best.link.grade >= Grade.PROBABLE)
        changed = not known and touch.status != "A"
        if changed and (self._twin(commit, touch) or self._restored(commit, touch, older)):
            return None
        back = says_it_is_back(commit.subject)
        if back and found and not found.gone and best is None and self._deleted_before(commit):
            return True
        if found and (best is None or found.link.beats(best.link)):
            self._leave(commit, found, touch.status == "A")
            return True
        if best is not None:
            self._advance(commit, best)
            return None
        if (touch.status == "A" or back) and self._deleted_before(commit):
            return True
        self._introduced(commit, touch, looked.suspects)
        return False

    # -- in this path ------------------------------------------------------------------------

    def _unmoved(self, touch: Touch) -> bool:
        """True, and one version further, if some parent has the very lines in the same place."""
        new, first = self.versions.text(self.spot.blob), self.spot.line
        last = self.spot.last or self.unit.end_line
        for old in touch.olds:
            if not old.strip("0"):
                continue
            line = line_before(self.versions.text(old), new, first, last)
            if line:
                self.spot = self.spot._replace(blob=old, line=line, last=last + line - first)
                return True
        return False

    def _best(self, touch: Touch) -> Origin | None:
        """What it came from in the parents' versions, by the surest link."""
        olds = [blob for blob in dict.fromkeys(touch.olds) if blob.strip("0")]
        found = [o for blob in olds for o in origins(self.versions, self.spot, blob)]
        merged = [o for o in found if o.link.how == "merged" and o.blob == found[0].blob]
        if len(merged) > 1 and len(merged) == len(found):
            return together(merged, self.words)
        return likeliest(found)

    def _advance(self, commit: Commit, origin: Origin) -> None:
        before, link = origin.unit, origin.link
        kind = _KINDS.get(link.how, link.how)
        if not kind and not same_section(self.versions, self.spot, self.unit, origin):
            kind = "moved"
        piece = origin.piece or (piece_of(self.unit, before) if kind == "split" else "")
        if kind in ("split", "merged") and self._only_wrapped(origin):
            kind = "reformatted"
        if kind and not (kind == "split" and self.spot.part):
            self._record(kind, commit, origin.text, link)
        if not origin.meant:
            self.grade = min(self.grade, Grade.PROBABLE)  # the others have a past of their own
        self.spot = self.versions.spot(self.spot.path, origin.blob, before, piece)

    def _only_wrapped(self, origin: Origin) -> bool:
        """True if the very same lines stand there, with other blank lines between them."""
        texts = self.versions.text(origin.blob), self.versions.text(self.spot.blob)
        old = origin.unit.line, origin.unit.end_line
        new = self.spot.line, self.spot.last or self.unit.end_line
        if origin.link.how == "split":
            return only_wrapped(texts[0], old, texts[1], new)
        return only_wrapped(texts[1], new, texts[0], old)

    def _twin(self, commit: Commit, touch: Touch) -> bool:
        """True if the file said the same before, and does so still; then that one is followed."""
        old = self.versions.units(touch.olds[0], self.spot.path)
        twin = said_in(old, self.unit, self.spot.part)
        if twin is None or self.spot.part or len(self.unit.norm) < TELLING:
            return False
        self._record("copied", commit, twin.text, from_path=self.spot.path)
        self.spot = self.versions.spot(self.spot.path, touch.olds[0], twin)
        return True

    def _restored(self, commit: Commit, touch: Touch, older: Rewindable) -> bool:
        """True if the same text had stood in this file before; then the walk goes on there."""
        found = stood_before(self.versions, self.spot, self.unit, touch.olds[0], older)
        if found is None:
            return False
        removal, blob, there = found
        self._record("restored", commit)
        self.events.append(Event("removed", removal, self.spot.path, there.text, "", self.grade))
        self.spot = self.versions.spot(self.spot.path, blob, there, self.spot.part)
        return True

    # -- in other paths ----------------------------------------------------------------------

    def _elsewhere(self, commit: Commit, touch: Touch, linked: bool) -> Search:
        """What else the commit did that may explain the text."""
        if not commit.parents:
            return Search(None, False)
        changes = [c for c in self.versions.changes(commit) if c.path != self.spot.path]
        if len(changes) >= LARGE_COMMIT and touch.status == "A":
            self.notes.append(f"{commit.id[:10]} changed {len(changes)} files at once")
        looked = self._vanished(changes, touch.olds[0])
        if looked.found is None and not linked and touch.status == "A":
            copy = copied(self.versions, commit, self.spot.path, self.unit)
            return Search(copy, looked.suspects)
        return looked

    def _vanished(self, changes: Sequence[Change], blob: str) -> Search:
        """Search the changed files for what this one did not have before (in `blob`).

        Of a piece, the whole it is in is looked for first: what came along with it is evidence.
        """
        here = self.spot
        whole = self.versions.unit_at(here)
        assert whole is not None
        fresh = self.versions.fresh(blob, here.blob, here.path)
        known = f"{blob} {here.blob} {self.versions.kind(here.path)}"
        place = here.path, here.blob
        moved = whole in fresh
        arrival = Arrival(fresh, *place, known) if moved else Arrival([whole], *place)
        looked = search(self.versions, changes, arrival, whole)
        if not here.part or looked.found is not None:
            return looked
        piece = self.unit
        return search(self.versions, changes, Arrival([*fresh, piece], *place), piece)

    def _deleted_before(self, commit: Commit) -> bool:
        """True if the text stood in a file that was deleted earlier; then the walk goes on there."""
        lost = self.versions, commit, self.spot.path, self.unit
        found = deleted(*lost) if commit.parents else None
        if found is None:
            return False
        removal, spot = found
        self._record("restored", commit)
        self.events.append(Event("removed", removal, spot.path, spot.unit.text, "", self.grade))
        self.commit = removal.parents[0]
        self.spot = self.versions.spot(spot.path, spot.blob, spot.unit)
        return True

    def _leave(self, commit: Commit, found: Found, fresh: bool) -> None:
        kind = ("renamed" if found.whole and fresh else "moved") if found.gone else "copied"
        if self.spot.path.endswith((".yaml", ".yml")) > found.path.endswith((".yaml", ".yml")):
            kind = "imported"
        if found.link.how in ("split", "merged") and found.gone:
            kind = found.link.how
        whole = found.link.how != "split" and not self.spot.part
        part = "" if whole else piece_of(self.unit, found.unit)
        self._record(kind, commit, part or found.unit.text, found.link, from_path=found.path)
        self.commit = commit.parents[0]
        self.spot = self.versions.spot(found.path, found.blob, found.unit, part)

    def _introduced(self, commit: Commit, touch: Touch, suspects: bool) -> None:
        grade = surest(self.versions, commit, self.spot.path)
        if grade is None:
            self.incomplete(LACKING)
            return
        if not commit.parents:
            grade = Grade.PROBABLE
            self.notes.append("it arrived with the first commit: what was before is not in here")
        elif (
            suspects
            or lost_alike(self.versions, self.spot, touch)
            or (touch.status == "A" and says_it_came(commit.subject))
        ):
            grade = Grade.PROBABLE
        self._record("introduced", commit, grade=grade)

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
