"""A folder of a tree as a tree of its own: a repository may hold several that are governed apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptops.source.tree import Tree


class Below:
    """What lies in `folder` of `tree`; "" is all of it. Paths lose the folder's name."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self._prefix = folder + "/" if folder else ""

    def paths(self) -> Sequence[str]:
        """All files, sorted."""
        return self.of(self._tree.paths())

    def of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the whole tree's `paths` that lie here, by their names here."""
        cut = len(self._prefix)
        return tuple(path[cut:] for path in paths if path.startswith(self._prefix))

    def listed(self, folder: str) -> Sequence[str]:
        """Paths of the files right in `folder`, sorted."""
        return self.of(self._tree.listed(self._prefix + folder))

    def exists(self, path: str) -> bool:
        """True if `path` is a file here."""
        return self._tree.exists(self._prefix + path)

    def read(self, path: str) -> bytes:
        """The file's bytes; InputError where it is missing or refused."""
        return self._tree.read(self._prefix + path)
