"""A commit's files, listed folder by folder as they are asked for: a review looks into few of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptops.errors import GitError
from promptops.history.git import Repository
from promptops.history.horizon import COMPLETE
from promptops.history.records import FOLDER, SYMLINK, Entry, folder_entries, text
from promptops.history.trees import BlobTree, CommitTree


class PartTree:
    """The tree of one commit (`promptops.source.tree.Tree`); no content is read before it is asked for.

    Folders are read from the top down by the ids that stand in them, so that one which is missing in
    this clone is never taken for one that is not there. What lies behind a symbolic link is looked
    at through the whole tree.
    """

    def __init__(self, repository: Repository, commit: str) -> None:
        self.commit = commit
        self._repository = repository
        self._entries: dict[str, dict[str, Entry]] = {}
        self._folders: dict[str, BlobTree] = {}
        self._behind_links: set[str] = set()
        self._whole: CommitTree | None = None

    def expect(self, folders: Iterable[str]) -> None:
        """List these folders, without what is below them, a level of all of them at a time."""
        wanted = {one for folder in folders for one in _down_to(folder.rstrip("/"))}
        levels: dict[int, list[str]] = {}
        for folder in sorted(wanted - self._entries.keys()):
            levels.setdefault(folder.count("/") + bool(folder), []).append(folder)
        for depth in sorted(levels):
            self._read(levels[depth])

    def _read(self, folders: Sequence[str]) -> None:
        ids = {folder: self._id_of(folder) for folder in folders}
        named = [(folder, tree) for folder, tree in ids.items() if tree]
        contents = self._repository.blobs([tree for _, tree in named])
        found = {folder: content for (folder, _), content in zip(named, contents, strict=True)}
        for folder in folders:
            content = found.get(folder, b"")
            if content is None:
                raise GitError(
                    f"a folder of {self.commit[:12]} is not here: {folder or 'its top'}",
                    f"this is a part of a repository: `{COMPLETE}` brings the rest",
                )
            size = len(self._repository.null) // 2
            entries = folder_entries(content, folder, size)
            self._entries[folder] = {entry.path: entry for entry in entries}

    def _id_of(self, folder: str) -> str:
        """The id of the folder's tree, "" where there is none or where a link stands in its place."""
        if not folder:
            said = text(self._repository.blob(self.commit) or b"")
            if not said.startswith("tree "):
                raise GitError(f"not here: commit {self.commit[:12]}", "fetch it")
            return said[5:].partition("\n")[0]
        above = folder.rpartition("/")[0]
        entry = self._entries[above].get(folder)
        if above in self._behind_links or (entry and entry.mode == SYMLINK):
            self._behind_links.add(folder)
        return entry.blob if entry and entry.mode == FOLDER else ""

    def _everything(self) -> CommitTree:
        if self._whole is None:
            self._whole = CommitTree(self._repository, self.commit)
        return self._whole

    def _in(self, folder: str) -> BlobTree:
        """The files right in a folder."""
        self.expect((folder,))
        if folder in self._behind_links:
            return self._everything()
        if folder not in self._folders:
            entries = self._entries[folder].values()
            files = (entry for entry in entries if entry.mode != FOLDER)
            self._folders[folder] = BlobTree(self._repository, files)
        return self._folders[folder]

    def _around(self, path: str) -> BlobTree:
        folder = path.rpartition("/")[0]
        found = self._in(folder)
        entry = self._entries[folder].get(path)
        return self._everything() if entry and entry.mode == SYMLINK else found

    def paths(self) -> Sequence[str]:
        """All files, sorted: asks for the whole tree."""
        return self._everything().paths()

    def listed(self, folder: str) -> Sequence[str]:
        """Paths of the files right in `folder`, sorted."""
        return self._in(folder.rstrip("/")).listed(folder)

    def exists(self, path: str) -> bool:
        """True if `path` is a file of this tree, or a link to one."""
        return _plain(path) and self._around(path).exists(path)

    def read(self, path: str) -> bytes:
        """The file's bytes; InputError where it is missing, refused or over 1 MiB."""
        tree = self._around(path) if _plain(path) else self._everything()
        return tree.read(path)


def _down_to(folder: str) -> list[str]:
    """ "", `a`, `a/b` for `a/b`."""
    steps = folder.split("/") if folder else []
    return ["", *("/".join(steps[: n + 1]) for n in range(len(steps)))]


def _plain(path: str) -> bool:
    """True unless a step of the path leads up, nowhere or out: git would refuse to list it."""
    return all(step not in ("", ".", "..") for step in path.split("/")) and "\0" not in path
