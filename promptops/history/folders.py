"""Folders of commits, read in the conversation that reads contents: no process for each question.

Only folders that a question leads through are read, and of two commits only those that differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from promptops.errors import GitError
from promptops.history.git import Repository
from promptops.history.horizon import COMPLETE
from promptops.history.records import FOLDER, GITLINK, Change, Entry, text

_Record = tuple[bytes, bytes, bytes]  # mode, name, raw id


def entry_at(repository: Repository, commit: str, path: str) -> Entry | None:
    """One file of a commit's tree, None where there is none. GitError: a folder is not here."""
    *folders, name = path.encode("utf-8", "surrogateescape").split(b"/")
    tree = _top(repository, commit)
    for folder in folders:
        found = _named(repository, tree, folder)
        if found is None or _mode(found) != FOLDER:
            return None
        tree = found[2].hex()
    found = _named(repository, tree, name)
    if found is None or _mode(found) in (FOLDER, GITLINK):
        return None
    return Entry(_mode(found), found[2].hex(), path)


def changes_between(repository: Repository, old: str, new: str) -> list[Change]:
    """What differs from commit `old` to commit `new`, submodules left out, in the order of paths."""
    changes: list[Change] = []
    level = [(b"", _top(repository, old), _top(repository, new))]
    while level:
        trees = _read(repository, [tree for _, *both in level for tree in both])
        deeper: list[tuple[bytes, str, str]] = []
        for folder, before, after in level:
            lost, gained = trees[before] - trees[after], trees[after] - trees[before]
            olds, news = _by_name(lost), _by_name(gained)
            for name in {**olds, **news}:
                both = olds.get(name), news.get(name)
                inside = _folder(both[0]), _folder(both[1])
                if any(inside):
                    deeper.append((folder + name + b"/", *inside))
                change = _change(folder + name, *both, null=repository.null)
                changes += [change] if change else []
        level = deeper
    return sorted(changes, key=lambda change: change.path)


def _change(path: bytes, old: _Record | None, new: _Record | None, null: str) -> Change | None:
    """The change of a file; None where neither side is one."""
    before, after = (
        None if one is None or _mode(one) in (FOLDER, GITLINK) else one for one in (old, new)
    )
    if before is None and after is None:
        return None
    sides = [(_mode(one), one[2].hex()) if one else ("000000", null) for one in (before, after)]
    (old_mode, old_id), (new_mode, new_id) = sides
    status = "A" if before is None else "D" if after is None else "M"
    if status == "M" and old_mode[:3] != new_mode[:3]:
        status = "T"
    return Change(status, text(path), old_id, new_id, old_mode, new_mode)


def _folder(record: _Record | None) -> str:
    return record[2].hex() if record and _mode(record) == FOLDER else ""


def _by_name(records: Iterable[_Record]) -> dict[bytes, _Record]:
    return {record[1]: record for record in records}


def _mode(record: _Record) -> str:
    return record[0].decode().rjust(6, "0")


def _named(repository: Repository, tree: str, name: bytes) -> _Record | None:
    return _by_name(_read(repository, [tree])[tree]).get(name)


def _top(repository: Repository, commit: str) -> str:
    """The id of a commit's tree."""
    said = text(repository.blob(commit) or b"")
    if not said.startswith("tree "):
        raise GitError(
            f"commit {commit[:12]} is not in this clone", f"`{COMPLETE}` brings the rest"
        )
    return said[5:].partition("\n")[0]


def _read(repository: Repository, trees: Iterable[str]) -> dict[str, frozenset[_Record]]:
    """What these folders hold; "" is one that holds nothing."""
    wanted = [tree for tree in dict.fromkeys(trees) if tree]
    found = {"": frozenset[_Record]()}
    record = re.compile(rb"([0-7]+) ([^\0]+)\0(.{%d})" % (len(repository.null) // 2), re.DOTALL)
    for tree, content in zip(wanted, repository.blobs(wanted), strict=True):
        if content is None:
            hint = f"`{COMPLETE}` brings the rest"
            raise GitError("a folder of this history is not in this clone", hint)
        records = record.findall(content)
        if sum(len(mode) + len(name) + len(id) + 2 for mode, name, id in records) != len(content):
            raise GitError(f"a damaged folder: {tree}", "`git fsck` says more")
        found[tree] = frozenset(records)
    return found
