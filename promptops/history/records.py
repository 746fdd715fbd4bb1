"""What git's plumbing prints, as plain values. Paths that are no UTF-8 keep surrogates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptops.values import NamedTuple

GITLINK = "160000"
SYMLINK = "120000"
FOLDER = "040000"
_HEX = frozenset("0123456789abcdef")


class Entry(NamedTuple):
    """A file as an index or a tree names it: octal mode, blob id, path; `stage` > 0 is unmerged."""

    mode: str
    blob: str
    path: str
    stage: int = 0


class Change(NamedTuple):
    """One path between two trees; status is A, D, M or T, the id of an absent side all zeros."""

    status: str
    path: str
    old: str
    new: str
    old_mode: str
    new_mode: str

    @property
    def blobs(self) -> tuple[str, ...]:
        """The ids of those sides that are there and no submodules."""
        sides = ((self.old, self.old_mode), (self.new, self.new_mode))
        return tuple(blob for blob, mode in sides if blob.strip("0") and mode != GITLINK)


class Paths(NamedTuple):
    """Paths that differ, sorted: those still there and those gone."""

    present: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    @classmethod
    def of(cls, changes: Sequence[Change]) -> Paths:
        """The paths of these changes; a submodule is no file, and what gave way to one is gone."""
        files = [c for c in changes if c.blobs]
        gone = {c.path for c in files if c.status == "D" or c.new_mode == GITLINK}
        return cls(tuple(sorted({c.path for c in files} - gone)), tuple(sorted(gone)))


def text(raw: bytes) -> str:
    """Git's bytes as text; what is no UTF-8 survives as surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def is_hex(value: str) -> bool:
    """True for a full object id, SHA-1 or SHA-256."""
    return len(value) in (40, 64) and _HEX.issuperset(value)


def split(output: bytes) -> list[bytes]:
    """The records of an output in which each ends with NUL."""
    return output.split(b"\0")[:-1]


def tree_entries(output: bytes, wanted: Callable[[str], bool] | None = None) -> list[Entry]:
    """What `ls-tree -z` printed, submodules left out; only `wanted` paths where that is given."""
    found = []
    for record in text(output).split("\0")[:-1]:
        facts, path = record.split("\t", 1)
        if (wanted is None or wanted(path)) and not facts.startswith(GITLINK):
            mode, _, blob = facts.split(" ")
            found.append(Entry(mode, blob, path))
    return found


def folder_entries(content: bytes, folder: str, size: int) -> list[Entry]:
    """What a tree object holds, submodules left out; ids in it have `size` bytes."""
    found = []
    prefix = f"{folder}/" if folder else ""
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = text(content[at:end]).partition(" ")
        at = end + 1 + size
        if mode != GITLINK:
            blob = content[end + 1 : at].hex()
            found.append(Entry(mode.rjust(6, "0"), blob, prefix + name))
    return found


def index_entries(output: bytes) -> list[Entry]:
    """What `ls-files -s -z` or `-u -z` printed, submodules left out."""
    return [entry for entry in map(_index_entry, split(output)) if entry.mode != GITLINK]


def index_files(output: bytes) -> list[str]:
    """The paths in what `ls-files -s -z` printed, submodules and links left out."""
    other = (f"{GITLINK} ", f"{SYMLINK} ")
    found = (r for r in text(output).split("\0")[:-1] if not r.startswith(other))
    return [record.partition("\t")[2] for record in found]


def _index_entry(record: bytes) -> Entry:
    facts, path = record.split(b"\t", 1)
    mode, blob, stage = text(facts).split(" ")
    return Entry(mode, blob, text(path), int(stage))


def raw_changes(records: Sequence[bytes]) -> list[Change]:
    """The changes in raw records: `:modes ids status`, then the path."""
    found = []
    for facts, path in zip(records[::2], records[1::2], strict=True):
        old_mode, new_mode, old, new, status = text(facts)[1:].split(" ")
        found.append(Change(status[0], text(path), old, new, old_mode, new_mode))
    return found
