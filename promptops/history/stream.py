"""Commits that touched a path, as git walks them: one stream, stopped as soon as it has told enough.

Both ids of a change are against the commit's own parent, so interleaved side branches do no harm:
follow the chain of blob ids, not the order of the commits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence

from promptops.history.commands import object_id
from promptops.history.git import Repository
from promptops.history.records import text
from promptops.values import NamedTuple

_RAW = (
    *("log", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"),
    *("--no-color", "-O/dev/null", "--diff-merges=c"),
)
_LOG = (*_RAW, "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%s")


class Touch(NamedTuple):
    """What one commit did to one path. A merge has an old id for each parent, others have one.

    status: A, D, M or T (of the first parent); ids are all zeros where there is no file.
    """

    path: str
    status: str
    olds: tuple[str, ...]
    new: str
    mode: str

    @property
    def created(self) -> bool:
        """True if no parent has the file."""
        return not any(old.strip("0") for old in self.olds)


class Commit(NamedTuple):
    """A commit's own words: raw author (no .mailmap), author time in epoch seconds or None."""

    id: str
    parents: tuple[str, ...]
    author: str
    email: str
    time: int | None
    subject: str
    touches: tuple[Touch, ...] = ()


def asked(commit: str, path: str | None = None, options: Sequence[str] = ()) -> tuple[str, ...]:
    """What git is asked for `log`: who asks ahead must use the very same words."""
    scope = ("--", path) if path is not None else ()
    return (*_LOG, *options, "--end-of-options", object_id(commit), *scope)


def log(
    repository: Repository,
    commit: str,
    path: str | None = None,
    *,
    options: Sequence[str] = (),
) -> Generator[Commit]:
    """Commits from `commit` back that changed `path` (None: any), newest first.

    options: more options of ours for git.
    Close the iterator to stop git. GitError where an object is missing.
    """
    tokens = repository.records(*asked(commit, path, options))
    try:
        yield from _commits(tokens, path is not None)
    finally:
        tokens.close()


def touched_asked(commit: str, known: str = "") -> tuple[str, ...]:
    """What git is asked for `touched`, as `asked` is for `log`."""
    ends = (object_id(commit), f"^{object_id(known)}") if known else (object_id(commit),)
    return (*_RAW, "--format=%H", "--end-of-options", *ends)


def touched(
    repository: Repository, commit: str, wanted: Callable[[str], bool], known: str = ""
) -> Generator[tuple[str, tuple[Touch, ...]]]:
    """(commit, its changes of wanted paths) where there are any, from `commit` back, newest first.

    known: leave out what this commit leads to. All of history is read, so what is not wanted costs
    little: it is split from the rest, and its path looked up.
    Close the iterator to stop git. GitError where an object is missing.
    """
    likely = _Wanted(wanted)
    tokens = repository.records(*touched_asked(commit, known), all_of_it=True)
    newest, touches = b"", list[Touch]()
    try:
        for token in tokens:
            if token.startswith((b":", b"\n:")):
                path = next(tokens, b"")
                if likely[path]:
                    touches.append(_touch(text(token.removeprefix(b"\n")), text(path)))
            elif token:
                if touches:
                    yield text(newest), tuple(touches)
                    touches = []
                newest = token
        if touches:
            yield text(newest), tuple(touches)
    finally:
        tokens.close()


class _Wanted(dict[bytes, bool]):
    """The answers of `wanted` by raw path: history names each of them again and again."""

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted

    def __missing__(self, path: bytes) -> bool:
        found = self[path] = self._wanted(text(path))
        return found


def _commits(tokens: Iterator[bytes], single: bool) -> Iterator[Commit]:
    """`single`: a commit has one change at most, so it need not wait for the next one to be whole.

    The wait matters: what follows a file's creation is the rest of history.
    """
    header: list[str] = []
    touches: list[Touch] = []
    for token in tokens:
        bare = token.removeprefix(b"\n")
        if len(header) == 6 and bare.startswith(b":"):
            touches.append(_touch(text(bare), text(next(tokens, b""))))
            if not single:
                continue
        if len(header) == 6 and not token:
            continue  # what separates a merge's header from its changes
        if len(header) == 6:
            yield _commit(header, touches)
            header, touches = [], []
            if single and bare.startswith(b":"):
                continue
        header.append(text(token))
    if len(header) == 6:
        yield _commit(header, touches)


def _touch(facts: str, path: str) -> Touch:
    parents = len(facts) - len(facts.lstrip(":"))
    *fields, status = facts[parents:].split(" ")
    modes, ids = fields[: parents + 1], fields[parents + 1 :]
    return Touch(path, status[:1], tuple(ids[:-1]), ids[-1], modes[-1])


def _commit(header: list[str], touches: list[Touch]) -> Commit:
    name, parents, author, email, time, subject = header
    return Commit(name, tuple(parents.split()), author, email, epoch(time), subject, tuple(touches))


def epoch(time: str) -> int | None:
    """Absurd dates are no dates: before 1970 or after the year 9999."""
    return int(time) if time.isdecimal() and 0 < int(time) < 253_402_300_800 else None


class Rewindable:
    """An iterator that takes back what was read ahead."""

    def __init__(self, source: Iterator[Commit]) -> None:
        self._source = source
        self._back: list[Commit] = []

    def __iter__(self) -> Rewindable:
        return self

    def __next__(self) -> Commit:
        return self._back.pop(0) if self._back else next(self._source)

    def rewind(self, commits: list[Commit]) -> None:
        """Give them back, in the order in which they came."""
        self._back = commits + self._back
