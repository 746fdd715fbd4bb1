"""Git's index and commits as trees of files (`promptops.source.tree.Tree`)."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Iterable, Sequence

from promptops.errors import InputError, NotHereError, unreadable
from promptops.history.git import Repository
from promptops.history.horizon import COMPLETE
from promptops.history.records import SYMLINK, Entry
from promptops.source.tree import MAX_BYTES

_MAX_LINKS = 40


class BlobTree:
    """Files whose contents are git objects. Symbolic links are followed inside the tree only."""

    def __init__(self, repository: Repository, entries: Iterable[Entry]) -> None:
        self.root = repository.root
        self._repository = repository
        self._entries = {entry.path: entry for entry in entries}
        self._linked = any(entry.mode == SYMLINK for entry in self._entries.values())

    def paths(self) -> Sequence[str]:
        """All files, symbolic links too, sorted."""
        return sorted(self._entries)

    def listed(self, folder: str) -> Sequence[str]:
        """Paths of the files right in `folder`, sorted."""
        prefix = folder.rstrip("/") + "/"
        return sorted(
            p for p in self._entries if p.startswith(prefix) and "/" not in p[len(prefix) :]
        )

    def exists(self, path: str) -> bool:
        """True if `path` is a file of this tree, or a link to one."""
        try:
            return self._follow(path) in self._entries
        except InputError:
            return False

    def read(self, path: str) -> bytes:
        """The file's bytes; InputError where it is missing, refused, unmerged or over 1 MiB.

        NotHereError where a partial or damaged clone lacks the content.
        """
        entry = self._entries.get(self._follow(path))
        if entry is None:
            raise unreadable(OSError(errno.ENOENT, os.strerror(errno.ENOENT)), path)
        if entry.stage:
            raise InputError(
                "the file has an unresolved merge conflict", "resolve it and git add it", path=path
            )
        content = self._repository.blob(entry.blob, MAX_BYTES)
        if content is None:
            raise self._withheld(entry.blob, path)
        return content

    def _withheld(self, blob: str, path: str) -> InputError:
        if blob not in self._repository.missing:
            hint = "leave large files out of `prompts` and `instructions`"
            return InputError("the file is over 1 MiB", hint, path=path)
        hint = f"`{COMPLETE}` completes a partial clone; `git fsck` tells what is damaged"
        return NotHereError("git does not have the file's content in this clone", hint, path=path)

    def blob_id(self, path: str) -> str | None:
        """The object id of the file at `path`, None where there is none."""
        entry = self._entries.get(self._follow(path))
        return entry.blob if entry else None

    def _follow(self, path: str) -> str:
        place = _inside(path, path)
        for _ in range(_MAX_LINKS):
            link = self._first_link(place)
            if link is None:
                return place
            target = self._repository.blob(self._entries[link].blob, 4096)
            if target is None:
                raise InputError("cannot read the symbolic link", path=path)
            step = target.decode("utf-8", "surrogateescape")
            rest = place[len(link) :].lstrip("/")
            place = _inside(posixpath.join(posixpath.dirname(link), step, rest), path)
        raise InputError("the symbolic link leads in a circle", path=path)

    def _first_link(self, path: str) -> str | None:
        if not self._linked:
            return None
        parts = path.split("/")
        places = ("/".join(parts[: n + 1]) for n in range(len(parts)))
        return next(
            (p for p in places if p in self._entries and self._entries[p].mode == SYMLINK), None
        )


class IndexTree(BlobTree):
    """The index: what the next commit will hold."""

    def __init__(self, repository: Repository, entries: Iterable[Entry] | None = None) -> None:
        super().__init__(repository, repository.index() if entries is None else entries)


class CommitTree(BlobTree):
    """The tree of one commit, named by its id."""

    def __init__(self, repository: Repository, commit: str) -> None:
        super().__init__(repository, repository.tree(commit))
        self.commit = commit


def _inside(path: str, named: str) -> str:
    place = posixpath.normpath(path) if path and "\0" not in path else ".."
    if place.startswith(("/", "../")) or place in ("..", "."):
        raise InputError(
            "the path leads outside the repository (a symlink outside, `..` or an absolute path)",
            "name a file inside the repository",
            path=named,
        )
    return place
