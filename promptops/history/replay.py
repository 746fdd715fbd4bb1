"""A stream of commits that several readers share, and that outlives the command."""

from __future__ import annotations

from collections.abc import Generator

from promptops.history.facts import Facts
from promptops.history.git import Repository
from promptops.history.stream import Commit, Touch, asked, log

MOST_KEPT = 2_000  # commits; a longer stream is read again


class Replay:
    """Commits that touched a path: read as far as the most curious reader went.

    question: the commit to begin with, the path, more options for git. git is stopped with its first
    reader; should another one want more, it is begun again and left running: where two have asked,
    more will. What was read is kept by all that it depends on: what was asked, and the horizon (where
    this clone ends history before its roots).
    """

    def __init__(
        self, repository: Repository, facts: Facts, horizon: str, question: tuple[str, ...]
    ) -> None:
        self._repository = repository
        self._facts = facts
        self._asked = question
        self._key = ("commits", horizon, *question)
        kept = facts.get(*self._key) or {"commits": (), "whole": False}
        self._read = [_commit(row) for row in kept["commits"]]
        self._whole: bool = kept["whole"]
        self._known = len(self._read), self._whole
        self._source: Generator[Commit] | None = None
        self._begun = 0

    def expect(self) -> None:
        """Start git, unless commits are known that may be all that is wanted."""
        if not self._read and not self._whole and self._source is None:
            commit, path, *options = self._asked
            self._repository.ahead(*asked(commit, path, options))

    def read(self) -> Generator[Commit]:
        """The commits, from memory as far as they are known."""
        position = 0
        try:
            while True:
                if position == len(self._read):
                    commit = self._next()
                    if commit is None:
                        return
                    self._read.append(commit)
                yield self._read[position]
                position += 1
        finally:
            if self._begun == 1:
                self.close()

    def _next(self) -> Commit | None:
        if self._whole:
            return None
        if self._source is None:
            self._begun += 1
            commit, path, *options = self._asked
            self._source = log(self._repository, commit, path, options=options)
            for _ in self._read:
                next(self._source)
        found = next(self._source, None)
        self._whole = found is None
        return found

    def close(self) -> None:
        """Stop git."""
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def keep(self) -> None:
        """Keep what was read, if it is more than what was kept."""
        if (len(self._read), self._whole) != self._known and len(self._read) <= MOST_KEPT:
            self._facts.put({"commits": self._read, "whole": self._whole}, *self._key)


def _commit(row: tuple[object, ...]) -> Commit:
    commit = Commit._make(row)
    touches = (Touch._make(touch) for touch in commit.touches)
    return commit._replace(
        parents=tuple(commit.parents),
        touches=tuple(touch._replace(olds=tuple(touch.olds)) for touch in touches),
    )
