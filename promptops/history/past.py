"""A repository, opened to be asked about: its files as they stand, its settings, its history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from promptops.config import DEFAULT, Settings
from promptops.history.facts import Facts
from promptops.history.folders import entry_at
from promptops.history.git import Repository
from promptops.history.recent import expect_activity
from promptops.history.records import Entry
from promptops.history.versions import Versions
from promptops.source.globs import pattern
from promptops.source.tree import DiskTree, Tree

TYPE_CHECKING = False  # `typing` takes a while to load
if TYPE_CHECKING:
    from typing import Any, Protocol

    from promptops.history.messages import Message

    class Keeper(Protocol):
        """Somewhere outside the repository where a few JSON rows outlive the command.

        database: the path of an SQLite file for `Facts`, "" for nowhere. stamp: of the code.
        """

        @property
        def database(self) -> str: ...

        @property
        def stamp(self) -> str: ...

        def load(self) -> dict[str, Any]:
            """The rows; empty where there are none or they are damaged."""
            ...

        def save(self, rows: Mapping[str, Any]) -> None:
            """Keep the rows; never an error."""
            ...


class Past:
    """What a question about history needs.

    tree: the files as they stand, on the disk or (in a bare repository) at HEAD.
    head: HEAD's commit, None while there is none.
    kept: where the index of path changes is kept between commands, None for nowhere.
    """

    def __init__(
        self,
        repository: Repository,
        versions: Versions,
        tree: Tree,
        head: str | None,
        kept: Keeper | None = None,
    ) -> None:
        self.repository = repository
        self.versions = versions
        self.tree = tree
        self.head = head
        self.kept = kept
        self._entries: dict[str, Entry | None] = {}

    @cached_property
    def known(self) -> Mapping[str, Any]:
        """The rows that are kept; read once."""
        return self.kept.load() if self.kept else {}

    def keep(self, rows: Mapping[str, Any]) -> None:
        """Keep these rows in the place of those known."""
        self.known = rows
        if self.kept is not None:
            self.kept.save(rows)

    @cached_property
    def settings(self) -> Settings:
        """The repository's settings; ConfigError where they are wrong."""
        if not any(map(self._configured, ("promptops.toml", "pyproject.toml"))):
            return DEFAULT
        from promptops.source.settings import read_settings  # the whole format comes with it

        return read_settings(self.tree)

    def _configured(self, path: str) -> bool:
        """True if the file exists and may speak of us."""
        if not self.tree.exists(path):
            return False
        return path == "promptops.toml" or b"promptops" in self.tree.read(path)

    @cached_property
    def is_prompt(self) -> re.Pattern[str]:
        """Matches the paths of governed prompts."""
        return re.compile(pattern(self.settings.prompts))

    @cached_property
    def is_governed(self) -> re.Pattern[str]:
        """Matches the paths of governed prompts and of plain instruction files."""
        return re.compile(pattern((*self.settings.prompts, *self.settings.instructions)))

    def governed_paths(self) -> list[str]:
        """Governed prompts first, then instruction files, as they stand; links left out."""
        found = [path for path in self.paths if self.is_governed.fullmatch(path)]
        there = [path for path in sorted(found) if self.tree.exists(path)]
        return sorted(there, key=lambda path: self.is_prompt.fullmatch(path) is None)

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every file as it stands that git knows or would add; links left out."""
        if self.repository.bare:
            return frozenset(self.tree.paths())
        self.repository.files_ahead()
        return frozenset({*self.repository.tracked(), *self.repository.untracked()})

    def expect(self, path: str) -> None:
        """Start on what the history of the file at `path` and of its people will ask of git."""
        if self.head is not None and self.tree.exists(path):
            self.versions.expect(self.head, path)
            expect_activity(self.versions, self.head)

    def entry(self, path: str) -> Entry | None:
        """The file at `path` in HEAD, None where there is none; asked once."""
        if path not in self._entries:
            found = entry_at(self.repository, self.head, path) if self.head else None
            self._entries[path] = found
        return self._entries[path]

    def message(self, commit: str) -> Message:
        """What a commit says of itself."""
        from promptops.history.messages import message

        return message(self.repository, commit)


@contextmanager
def open_past(
    folder: str,
    environ: Mapping[str, str],
    keeper: Callable[[str], Keeper] | None = None,
    meanwhile: Callable[[], object] = bool,
) -> Iterator[Past]:
    """The repository `folder` lies in, closed afterwards; GitError where there is none.

    keeper: given the git directory that worktrees share, where to keep what is slow to find.
    meanwhile: called while git looks for the repository.
    """
    with Repository.find(folder, environ, ("HEAD",), meanwhile) as repository:
        head = repository.head()
        tree: Tree = DiskTree(repository.root)
        if repository.bare and head:
            from promptops.history.trees import CommitTree

            tree = CommitTree(repository, head)
        kept = keeper(repository.common_dir) if keeper else None
        versions = Versions(repository, Facts(kept.database, kept.stamp) if kept else None)
        try:
            yield Past(repository, versions, tree, head, kept)
        finally:
            versions.close()
