"""Which commit a work tree stands on, read from its `.git` without running git.

For programs that log where a prompt came from: no process, no import of git, a few small files.
"""

from __future__ import annotations

import os
import re

MAX_BYTES = 1 << 24  # of packed-refs, a line for each tag
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"ref: (refs/[^\0-\x20\x7f~^:?*\[\\]+)")


def head_commit(folder: str) -> str | None:
    """The full id of HEAD of the repository that `folder` lies in, as its files say it.

    None where there is no repository, no commit yet, or where its refs are kept in another way
    (reftable). Whether files were changed since is not asked.
    """
    git = _git_folder(os.path.abspath(folder))
    head = _read(git, "HEAD") if git else ""
    if _ID.fullmatch(head):
        return head
    ref = _REF.fullmatch(head)
    if ref is None or ".." in head:
        return None
    common = os.path.join(git, _read(git, "commondir"))
    loose = _read(git, ref[1]) or _read(common, ref[1])
    if _ID.fullmatch(loose):
        return loose
    packed = re.search(rf"^([0-9a-f]+) {re.escape(ref[1])}$", _read(common, "packed-refs"), re.M)
    return packed[1] if packed and _ID.fullmatch(packed[1]) else None


def _git_folder(folder: str) -> str:
    """The git directory of the nearest repository upwards, "" where there is none."""
    while True:
        path = os.path.join(folder, ".git")
        if os.path.isdir(path):
            return path
        linked = _read(folder, ".git")
        if linked.startswith("gitdir: "):
            return os.path.join(folder, linked.removeprefix("gitdir: "))
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def _read(folder: str, name: str) -> str:
    """The text of a small regular file without its line end; "" where there is none."""
    path = os.path.join(folder, name)
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\r\n")
    except (OSError, ValueError):
        return ""
