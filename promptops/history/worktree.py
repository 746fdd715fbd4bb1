"""The work tree against a commit, without asking git: it would run the repository's filters."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence

from promptops.history.records import SYMLINK, Entry, Paths

_LARGEST = 1 << 26


def unchanged(root: str, entry: Entry) -> bool:
    """True if the file has the entry's content, CRLF read as LF; in doubt False.

    Only content counts: an executable bit makes no difference to a prompt.
    """
    path = os.path.join(root, entry.path)
    try:
        if entry.mode == SYMLINK:
            return blob_id(os.fsencode(os.readlink(path)), entry.blob) == entry.blob
        content = _content(path)
    except OSError:
        return False
    if content is None:
        return False
    if blob_id(content, entry.blob) == entry.blob:
        return True
    return b"\r\n" in content and entry.blob == blob_id(content.replace(b"\r\n", b"\n"), entry.blob)


def differing(root: str, before: Sequence[Entry], now: Iterable[str]) -> Paths:
    """What differs between some files of a commit and those on the disk, which `now` names too."""
    known = {entry.path: entry for entry in before}
    there = {p for p in {*now, *known} if os.path.lexists(os.path.join(root, p))}
    same = {p for p, entry in known.items() if p in there and unchanged(root, entry)}
    return Paths(tuple(sorted(there - same)), tuple(sorted(known.keys() - there)))


def _content(path: str) -> bytes | None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode) or info.st_size > _LARGEST:
            return None
        return file.read()


def blob_id(content: bytes, like: str) -> str:
    """The object id git gives `content`, in the hash of the id `like`."""
    from hashlib import sha1, sha256

    digest = sha256 if len(like) == 64 else sha1
    return digest(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def under_way(git_dir: str) -> str:
    """What git is in the middle of, as `Repository.under_way` says it."""
    marks = {
        "MERGE_HEAD": "merge",
        "rebase-merge": "rebase",
        "rebase-apply": "rebase",
        "CHERRY_PICK_HEAD": "cherry-pick",
        "REVERT_HEAD": "revert",
    }
    found = (mark for mark in marks if os.path.lexists(os.path.join(git_dir, mark)))
    return next((marks[mark] for mark in found), "")
