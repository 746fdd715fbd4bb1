"""A commit's files, listed folder by folder as they are asked for: a review looks into few of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptops.history.git import Repository
from promptops.history.records import SYMLINK, Entry, tree_entries
from promptops.history.trees import BlobTree, CommitTree

_FOLDER = "040000"
_MOST = 200  # folders in one call: below what a command line may hold


class PartTree:
    """The tree of one commit (`promptops.source.tree.Tree`); no content is read before it is asked for.

    A folder that holds symbolic links is looked at through the whole tree, where they lead.
    """

    def __init__(self, repository: Repository, commit: str) -> None:
        self.commit = commit
        self._repository = repository
        self._folders: dict[str, BlobTree] = {}
        self._whole: CommitTree | None = None

    def expect(self, folders: Iterable[str]) -> None:
        """List these folders in one call, without what is below them."""
        wanted = sorted({f.rstrip("/") for f in folders} - self._folders.keys())
        if self._whole is not None or not wanted:
            return
        if len(wanted) > _MOST:
            self._everything()
            return
        found: dict[str, list[Entry]] = {folder: [] for folder in wanted}
        named = [f"{folder}/" for folder in wanted if folder]
        for asked in ([named] if named else []) + ([[]] if "" in wanted else []):
            for entry in self._listing(asked):
                found.setdefault(entry.path.rpartition("/")[0], []).append(entry)
        for folder, entries in found.items():
            linked = any(entry.mode == SYMLINK for entry in entries)
            self._folders[folder] = (
                self._everything() if linked else BlobTree(self._repository, entries)
            )

    def _listing(self, names: Sequence[str]) -> list[Entry]:
        asked = self._repository.run(
            "ls-tree", "-z", "--full-tree", self.commit, *(("--", *names) if names else ())
        )
        return [entry for entry in tree_entries(asked) if entry.mode != _FOLDER]

    def _everything(self) -> CommitTree:
        if self._whole is None:
            self._whole = CommitTree(self._repository, self.commit)
        return self._whole

    def _around(self, path: str) -> BlobTree:
        folder = path.rpartition("/")[0]
        self.expect((folder,))
        return self._whole or self._folders[folder]

    def paths(self) -> Sequence[str]:
        """All files, sorted: asks for the whole tree."""
        return self._everything().paths()

    def listed(self, folder: str) -> Sequence[str]:
        """Paths of the files right in `folder`, sorted."""
        return self._around(f"{folder.rstrip('/')}/").listed(folder)

    def exists(self, path: str) -> bool:
        """True if `path` is a file of this tree, or a link to one."""
        return _plain(path) and self._around(path).exists(path)

    def read(self, path: str) -> bytes:
        """The file's bytes; InputError where it is missing, refused or over 1 MiB."""
        tree = self._around(path) if _plain(path) else self._everything()
        return tree.read(path)


def _plain(path: str) -> bool:
    """True unless a step of the path leads up, nowhere or out: git would refuse to list it."""
    return all(step not in ("", ".", "..") for step in path.split("/")) and "\0" not in path
