"""What has been read of a repository, read once: versions, streams, alignments. Immutable all."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence

from promptops.history.commands import listing
from promptops.history.facts import Facts
from promptops.history.folders import changes_between
from promptops.history.git import Repository
from promptops.history.horizon import horizon
from promptops.history.promptlike import prompt_entries
from promptops.history.records import Change, Entry
from promptops.history.replay import Replay
from promptops.history.stream import Commit

TYPE_CHECKING = False  # `typing` takes a while to load
if TYPE_CHECKING:  # git is started before these are needed, and works while they are loaded
    from typing import Any

    from promptops.history.links import Link
    from promptops.history.provenance import Spot
    from promptops.history.units import Unit

LARGEST = 400_000  # bytes; no prompt is that long, and source files that are cost seconds
MOST_CHANGES = 2_000  # files of a commit whose list is kept; git names them as fast as we read it
_KINDS = {".yaml": "yaml", ".yml": "yaml"} | dict.fromkeys(
    (
        ".py",
        ".js",
        ".ts",
        ".tsx",
        ".jsx",
        ".go",
        ".rs",
        ".rb",
        ".java",
        ".kt",
        ".cs",
        ".php",
        ".sh",
    ),
    "source",
)


class Versions:
    """Everything one command reads of one repository; close it to stop git.

    facts: what is kept between commands. Nothing of a version that this clone does not have is.
    by_line: blocks of code are read as the lines they are made of; who asks about one sets it.
    """

    def __init__(self, repository: Repository, facts: Facts | None = None) -> None:
        self.repository = repository
        self.facts = facts or Facts()
        self.horizon = horizon(repository.shallow)
        self.by_line = False
        self.code_met = False  # a phrase that was looked for stands in a block of code
        self.absent: set[str] = set()  # ids that this clone does not have, or of too large ones
        self.wanting: set[str] = set()  # asked for since it was emptied, and not in this clone
        self._texts: dict[str, str] = {}
        self._units: dict[tuple[str, str], list[Unit]] = {}
        self._links: dict[tuple[str, str, str], list[Link]] = {}
        self._crossed: dict[tuple[str, ...], list[Link]] = {}
        self._streams: dict[tuple[str, ...], Replay] = {}
        self._changes: dict[tuple[str, str], list[Change]] = {}
        self._trees: dict[tuple[str, str], list[Entry]] = {}

    def close(self) -> None:
        """Stop the streams that are still open, and keep what was found out."""
        for stream in self._streams.values():
            stream.close()
            stream.keep()
        self.facts.close()

    # -- contents ----------------------------------------------------------------------------

    def text(self, blob: str) -> str:
        """The blob as text, BOM and line ends as they are; "" where missing, binary or too large."""
        if blob not in self._texts or blob in self.absent:
            self.load([blob])
        return self._texts[blob]

    def load(self, blobs: Iterable[str]) -> None:
        """Read several blobs at once."""
        blobs = tuple(blobs)
        new = [blob for blob in dict.fromkeys(blobs) if blob not in self._texts]
        wanted = [blob for blob in new if blob.strip("0")]
        self._texts.update((blob, "") for blob in new)
        for blob, content in zip(wanted, self.repository.blobs(wanted, LARGEST), strict=True):
            if content is None:
                self.absent.add(blob)
            elif b"\0" not in content[:8000]:
                self._texts[blob] = content.decode("utf-8", "replace")
        if self.repository.missing:
            self.wanting |= self.repository.missing & set(blobs)

    def units(self, blob: str, path: str) -> list[Unit]:
        """The units of a version of the file at `path`; none where it cannot be read."""
        key = blob, self.kind(path)
        if key not in self._units:
            kept = self.facts.get("units", *key)
            if kept is not None:
                from promptops.history.units import Unit

                self._units[key] = [Unit._make(row) for row in kept]
            else:
                self._units[key] = read_version(self.text(blob), path, self.by_line)
                self._keep(self._units[key], (blob,), "units", *key)
        return self._units[key]

    def kind(self, path: str) -> str:
        """How the file is read, for what is kept of it."""
        return kind_of(path) + ("+lines" if self.by_line else "")

    def unit_at(self, spot: Spot) -> Unit | None:
        """The whole unit at a spot, None where no text stands there."""
        units = self.units(spot.blob, spot.path)
        there = [u for u in units if u.line <= spot.line <= u.end_line]
        return there[spot.nth] if spot.nth < len(there) else None

    def spot(self, path: str, blob: str, unit: Unit, part: str = "") -> Spot:
        """Where a unit of a version stands."""
        from promptops.history.provenance import spot_of

        return spot_of(path, blob, self.units(blob, path), unit, part)

    def linked(self, old: list[Unit], new: list[Unit], foreign: bool = False) -> list[Link]:
        """How some units grew out of others, worked out anew."""
        from promptops.history.align import align  # what is kept needs none of it

        return align(old, new, foreign)

    def links(self, old: str, new: str, path: str) -> list[Link]:
        """How the units of one version of a file grew out of those of another."""
        key = old, new, self.kind(path)
        if key not in self._links:
            kept = self.facts.get("links", *key)
            if kept is not None:
                self._links[key] = _links(kept)
            else:
                self._links[key] = self.linked(self.units(old, path), self.units(new, path))
                self._keep(self._links[key], key[:2], "links", *key)
        return self._links[key]

    def gone(self, change: Change) -> list[Unit]:
        """The units of a changed or deleted file that the commit left without an heir in it."""
        old = self.units(change.old, change.path)
        if not change.new_mode.startswith("100"):
            return old
        from promptops.history.links import Grade

        kept = self.links(change.old, change.new, change.path)
        living = {link.old for link in kept if link.grade >= Grade.PROBABLE}
        return [unit for i, unit in enumerate(old) if i not in living]

    def fresh(self, old: str, new: str, path: str) -> list[Unit]:
        """The units of a version that did not surely stand in the one before (`old`, or zeros)."""
        units = self.units(new, path)
        if not old.strip("0"):
            return units
        from promptops.history.links import Grade

        kept = {k.new for k in self.links(old, new, path) if k.grade == Grade.CERTAIN}
        return [unit for i, unit in enumerate(units) if i not in kept]

    def crossed(self, change: Change, fresh: list[Unit], key: str) -> list[Link]:
        """Links from what one file lost to what came to another; kept under `key` if it is not ""."""
        if not key:
            return self.linked(self.gone(change), fresh, foreign=True)
        known = (change.old, change.new, change.new_mode, self.kind(change.path), key)
        if known not in self._crossed:
            kept = self.facts.get("crossed", *known)
            if kept is not None:
                self._crossed[known] = _links(kept)
            else:
                self._crossed[known] = self.linked(self.gone(change), fresh, foreign=True)
                self._keep(self._crossed[known], (*known[:2], *key.split()), "crossed", *known)
        return self._crossed[known]

    def _keep(self, rows: Sequence[object], blobs: Iterable[str], kind: str, *key: str) -> None:
        """Keep what was found out of these versions, unless one of them is not here."""
        if not self.absent.intersection(blobs):
            self.facts.put(rows, kind, *key)

    # -- commits -----------------------------------------------------------------------------

    def stream(self, commit: str, path: str, *options: str) -> Generator[Commit]:
        """Commits from `commit` back that touched `path`; those already read come from memory.

        Close it when enough is known: git walks on to the beginning of history otherwise.
        """
        return self._replay(commit, path, *options).read()

    def expect(self, commit: str, path: str, *options: str) -> None:
        """Start on a stream that will be asked for soon."""
        self._replay(commit, path, *options).expect()

    def _replay(self, *question: str) -> Replay:
        if question not in self._streams:
            stream = Replay(self.repository, self.facts, self.horizon, question)
            self._streams[question] = stream
        return self._streams[question]

    def changes(self, commit: Commit) -> list[Change]:
        """What the commit changed against its first parent."""
        parent = commit.parents[0] if commit.parents else None
        key = parent or "", commit.id
        if key not in self._changes:
            kept = self.facts.get("changes", *key)
            if kept is None:
                kept = self._compared(parent, commit.id)
                if len(kept) <= MOST_CHANGES:
                    self.facts.put(kept, "changes", *key)
            self._changes[key] = [Change._make(row) for row in kept]
        return self._changes[key]

    def _compared(self, parent: str | None, commit: str) -> list[Change]:
        if parent is None:
            return self.repository.changes(None, commit)
        return changes_between(self.repository, parent, commit)

    def prompts(self, commit: str, name: str) -> list[Entry]:
        """The files of a commit that look like prompts, or are called `name` in any folder."""
        key = commit, name
        if key not in self._trees:
            kept = self.facts.get("prompts", *key)
            if kept is None:
                kept = prompt_entries(self.repository.run(*listing(commit)), name)
                self.facts.put(kept, "prompts", *key)
            self._trees[key] = [Entry._make(row) for row in kept]
        return self._trees[key]


def kind_of(path: str) -> str:
    """How the file is read: `yaml`, `source` or "" for Markdown and text."""
    return _KINDS.get(os.path.splitext(path)[1].lower(), "")


def read_version(text: str, path: str, by_line: bool = False) -> list[Unit]:
    """The units of a text, read as what the file at `path` is; `by_line`: see Versions."""
    from promptops.history.cut import (
        code_lines,
        source_units,
        text_units,
    )  # what is kept needs none

    match kind_of(path):
        case "yaml":
            from promptops.history.yaml_units import yaml_units

            return yaml_units(text)
        case "source":
            return source_units(text)
        case _:
            return code_lines(text, text_units(text)) if by_line else text_units(text)


def _links(rows: Iterable[Sequence[Any]]) -> list[Link]:
    """Links as they were before they were kept."""
    from promptops.history.links import Grade, Link

    return [Link(old, new, how, score, Grade(grade)) for old, new, how, score, grade in rows]
