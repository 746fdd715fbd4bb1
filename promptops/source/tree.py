"""Where files come from: the disk, git's index or a commit, all behind one narrow door.

Paths are relative to the tree's root, with `/`. Nothing outside the root is ever read: a symlink,
`..` or an absolute path that leads out is refused with the same words whether or not it exists.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from errno import ENOENT

from promptops.errors import InputError, unreadable

MAX_BYTES = 1 << 20
SKIPPED_FOLDERS = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".tox"})

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


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
        self._real: set[str] = {""}  # folders known to be no symlinks and inside the root
        self._walked: tuple[str, ...] | None = None
        self._files: frozenset[str] = frozenset()

    def paths(self) -> Sequence[str]:
        """All files, sorted, but those in folders that hold other people's code; walked once."""
        if self._walked is None:
            self._walked = tuple(sorted(self._walk()))
            self._files = frozenset(self._walked)
        return self._walked

    def _walk(self) -> Iterator[str]:
        folders = [""]
        while folders:
            folder = folders.pop()
            prefix = folder + "/" if folder else ""
            try:
                entries = os.scandir(self.root + "/" + folder)
            except OSError:
                continue
            self._real.add(folder)
            with entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in SKIPPED_FOLDERS:
                            folders.append(prefix + entry.name)
                    elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                        yield prefix + entry.name

    def listed(self, folder: str) -> Sequence[str]:
        try:
            names = sorted(os.listdir(self.inside(folder)))
        except (OSError, InputError):
            return ()
        paths = (f"{folder.rstrip('/')}/{name}" for name in names)
        return tuple(path for path in paths if self.exists(path))

    def walked(self, path: str) -> bool:
        """True if `paths` has looked into the folder of `path`."""
        return self._walked is not None and path.rpartition("/")[0] in self._real

    def exists(self, path: str) -> bool:
        if self.walked(path) and path not in self._files:
            return False
        try:
            return os.path.isfile(self.inside(path))
        except InputError:
            return False

    def read(self, path: str) -> bytes:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            if path.rpartition("/")[0] not in self._real:
                raise OSError
            handle = os.open(f"{self.root}/{path}", flags)
        except (
            OSError,
            ValueError,
        ):  # a symlink, an unknown folder, or nothing there: the careful way
            handle = self._open(path, flags)
        try:
            return self._content(handle, path)
        finally:
            os.close(handle)

    def _open(self, path: str, flags: int) -> int:
        try:
            return os.open(self.inside(path), flags)
        except OSError as error:
            raise unreadable(error, path, self._meant(path, error)) from None

    def _meant(self, path: str, error: OSError) -> str:
        """What a missing file's name may have meant: its nearest neighbour."""
        if error.errno != ENOENT:
            return ""
        if os.path.islink(f"{self.root}/{path}"):
            return "the symbolic link leads nowhere: mend it, or name the file itself"
        from promptops.source.shape import nearest

        folder, _, name = path.rpartition("/")
        near = {known.rpartition("/")[2].lower(): known for known in self.listed(folder or ".")}
        guess = nearest(name, list(near))
        return f"did you mean `{near[guess].removeprefix('./')}`?" if guess else ""

    def _content(self, handle: int, path: str) -> bytes:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            folder = stat.S_ISDIR(info.st_mode)
            hint = "it is a folder: name a file in it" if folder else "name a file that is one"
            raise InputError("not a regular file", hint, path=path)
        size = info.st_size
        parts = [] if size > MAX_BYTES else [os.read(handle, MAX_BYTES + 1)]
        while parts and parts[-1] and sum(map(len, parts)) < size:
            parts.append(os.read(handle, MAX_BYTES + 1))
        size = max(size, sum(map(len, parts)))
        if size > MAX_BYTES:
            raise InputError(
                f"the file is over 1 MiB ({size:,} bytes)",
                "a prompt that large is no prompt: leave it out of `prompts` and `instructions`",
                path=path,
            )
        return b"".join(parts)

    def inside(self, path: str) -> str:
        """The absolute real path of `path`; InputError where it leads out of the root."""
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
