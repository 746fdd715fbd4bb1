"""What has been read of a repository, read once: versions, streams, alignments. Immutable all."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable

from promptops.history.align import Grade, Link, align
from promptops.history.git import Repository
from promptops.history.promptlike import prompt_like
from promptops.history.provenance import Spot, spot_of
from promptops.history.records import Change, Entry
from promptops.history.stream import Commit, log
from promptops.history.units import Unit, source_units, text_units

LARGEST = 400_000  # bytes; no prompt is that long, and source files that are cost seconds
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
    """Everything one command reads of one repository; close it to stop git."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.absent: set[str] = set()  # ids that this clone does not have
        self._texts: dict[str, str] = {}
        self._units: dict[tuple[str, str], list[Unit]] = {}
        self._links: dict[tuple[str, str, str], list[Link]] = {}
        self._crossed: dict[tuple[str, str, str], list[Link]] = {}
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._changes: dict[tuple[str, str], list[Change]] = {}
        self._trees: dict[str, list[Entry]] = {}

    def close(self) -> None:
        """Stop the streams that are still open."""
        for stream in self._streams.values():
            stream.close()

    # -- contents ----------------------------------------------------------------------------

    def text(self, blob: str) -> str:
        """The blob as text, BOM and line ends as they are; "" where missing, binary or too large."""
        if blob not in self._texts:
            self.load([blob])
        return self._texts[blob]

    def load(self, blobs: Iterable[str]) -> None:
        """Read several blobs at once."""
        new = [blob for blob in dict.fromkeys(blobs) if blob not in self._texts]
        wanted = [blob for blob in new if blob.strip("0")]
        self._texts.update((blob, "") for blob in new)
        for blob, content in zip(wanted, self.repository.blobs(wanted, LARGEST), strict=True):
            if content is None:
                self.absent.add(blob)
            elif b"\0" not in content[:8000]:
                self._texts[blob] = content.decode("utf-8", "replace")

    def units(self, blob: str, path: str) -> list[Unit]:
        """The units of a version of the file at `path`; none where it cannot be read."""
        key = blob, kind_of(path)
        if key not in self._units:
            self._units[key] = read_version(self.text(blob), path)
        return self._units[key]

    def unit_at(self, spot: Spot) -> Unit | None:
        """The whole unit at a spot, None where no text stands there."""
        units = self.units(spot.blob, spot.path)
        there = [u for u in units if u.line <= spot.line <= u.end_line]
        return there[spot.nth] if spot.nth < len(there) else None

    def spot(self, path: str, blob: str, unit: Unit, part: str = "") -> Spot:
        """Where a unit of a version stands."""
        return spot_of(path, blob, self.units(blob, path), unit, part)

    def links(self, old: str, new: str, path: str) -> list[Link]:
        """How the units of one version of a file grew out of those of another."""
        key = old, new, kind_of(path)
        if key not in self._links:
            self._links[key] = align(self.units(old, path), self.units(new, path))
        return self._links[key]

    def gone(self, change: Change) -> list[Unit]:
        """The units of a changed or deleted file that the commit left without an heir in it."""
        old = self.units(change.old, change.path)
        if not change.new_mode.startswith("100"):
            return old
        kept = self.links(change.old, change.new, change.path)
        living = {link.old for link in kept if link.grade >= Grade.PROBABLE}
        return [unit for i, unit in enumerate(old) if i not in living]

    def fresh(self, old: str, new: str, path: str) -> list[Unit]:
        """The units of a version that did not surely stand in the one before (`old`, or zeros)."""
        units = self.units(new, path)
        if not old.strip("0"):
            return units
        kept = {k.new for k in self.links(old, new, path) if k.grade == Grade.CERTAIN}
        return [unit for i, unit in enumerate(units) if i not in kept]

    def crossed(self, change: Change, fresh: list[Unit], key: str) -> list[Link]:
        """Links from what one file lost to what came to another; kept under `key` if it is not ""."""
        known = change.old, change.new, key
        if not key or known not in self._crossed:
            self._crossed[known] = align(self.gone(change), fresh, foreign=True)
        return self._crossed[known]

    # -- commits -----------------------------------------------------------------------------

    def stream(self, commit: str, path: str) -> Generator[Commit]:
        """Commits from `commit` back that touched `path`; those already read come from memory.

        Close it when enough is known: git walks on to the beginning of history otherwise.
        """
        key = commit, path
        if key not in self._streams:
            self._streams[key] = _Stream(lambda: log(self.repository, commit, path))
        return self._streams[key].replay()

    def changes(self, commit: Commit) -> list[Change]:
        """What the commit changed against its first parent."""
        parent = commit.parents[0] if commit.parents else None
        key = parent or "", commit.id
        if key not in self._changes:
            self._changes[key] = self.repository.changes(parent, commit.id)
        return self._changes[key]

    def prompts(self, commit: str) -> list[Entry]:
        """The files of a commit that look like prompts."""
        if commit not in self._trees:
            self._trees[commit] = self.repository.tree(commit, prompt_like)
        return self._trees[commit]


class _Stream:
    """A stream that several readers share: read as far as the most curious of them went.

    It is stopped with its first reader; should another one want more, it is begun again and left
    running: where two have asked, more will.
    """

    def __init__(self, begin: Callable[[], Generator[Commit]]) -> None:
        self._begin = begin
        self._source: Generator[Commit] | None = None
        self._read: list[Commit] = []
        self._begun = 0

    def replay(self) -> Generator[Commit]:
        position = 0
        try:
            while True:
                if position == len(self._read):
                    commit = self._next()
                    if commit is None:
                        return
                    self._read.append(commit)
                yield self._read[position]
                position += 1
        finally:
            if self._begun == 1:
                self.close()

    def _next(self) -> Commit | None:
        if self._source is None:
            self._begun += 1
            self._source = self._begin()
            for _ in self._read:
                next(self._source)
        return next(self._source, None)

    def close(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()


def kind_of(path: str) -> str:
    """How the file is read: `yaml`, `source` or "" for Markdown and text."""
    return _KINDS.get(os.path.splitext(path)[1].lower(), "")


def read_version(text: str, path: str) -> list[Unit]:
    """The units of a text, read as what the file at `path` is."""
    match kind_of(path):
        case "yaml":
            from promptops.history.yaml_units import yaml_units

            return yaml_units(text)
        case "source":
            return source_units(text)
        case _:
            return text_units(text)
