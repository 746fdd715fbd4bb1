"""Where files come from: the disk, git's index or a commit, all behind one narrow door.

Paths are relative to the tree's root, with `/`. Nothing outside the root is ever read: a symlink,
`..` or an absolute path that leads out is refused with the same words whether or not it exists.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import Protocol

from promptops.errors import InputError

MAX_BYTES = 1 << 20
SKIPPED_FOLDERS = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".tox"})


class Tree(Protocol):
    """Files of one state of a repository."""

    def paths(self) -> Sequence[str]:
        """All regular files, sorted."""
        ...

    def listed(self, folder: str) -> Sequence[str]:
        """Paths of the regular files right in `folder`, sorted; none where it does not exist."""
        ...

    def exists(self, path: str) -> bool:
        """True if `path` is a regular file of this tree."""
        ...

    def read(self, path: str) -> bytes:
        """The file's bytes; InputError where it is missing, refused, or over `MAX_BYTES`."""
        ...


class DiskTree:
    """The files under a folder as they stand on the disk."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)

    def paths(self) -> Sequence[str]:
        return sorted(self._walk(""))

    def _walk(self, folder: str) -> Iterator[str]:
        try:
            entries = list(os.scandir(os.path.join(self.root, folder)))
        except PermissionError:
            return
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS:
                    yield from self._walk(path)
            elif entry.is_file() or entry.is_symlink():
                yield path

    def listed(self, folder: str) -> Sequence[str]:
        try:
            names = sorted(os.listdir(self._inside(folder)))
        except (OSError, InputError):
            return ()
        paths = (f"{folder.rstrip('/')}/{name}" for name in names)
        return tuple(path for path in paths if self.exists(path))

    def exists(self, path: str) -> bool:
        try:
            return os.path.isfile(self._inside(path))
        except InputError:
            return False

    def read(self, path: str) -> bytes:
        real = self._inside(path)
        try:
            handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise InputError(f"cannot read it: {error.strerror}", path=path) from None
        with os.fdopen(handle, "rb") as file:
            info = os.fstat(handle)
            if not stat.S_ISREG(info.st_mode):
                raise InputError("not a regular file", path=path)
            if info.st_size > MAX_BYTES:
                raise InputError(
                    f"the file is over 1 MiB ({info.st_size:,} bytes)",
                    "a prompt that large is no prompt: leave it out of `prompts` and `instructions`",
                    path=path,
                )
            return file.read(MAX_BYTES + 1)

    def _inside(self, path: str) -> str:
        try:
            real = os.path.realpath(os.path.join(self.root, path))
        except (ValueError, OSError):
            real = ""
        if real != self.root and not real.startswith(self.root.rstrip(os.sep) + os.sep):
            raise InputError(
                "the path leads outside the repository (a symlink outside, `..` or an absolute path)",
                "name a file inside the repository",
                path=path,
            )
        return real
