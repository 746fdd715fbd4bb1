"""What git's index, or a range of commits, changes, and whether somebody has decided it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from promptops.decisions.change import (
    Change,
    NoTree,
    concerns_decisions,
    read_change,
    settings_before,
)
from promptops.decisions.found import Found, together
from promptops.decisions.message import Trailers, trailers
from promptops.decisions.records import Record
from promptops.decisions.slips import KnowsWord
from promptops.diagnostic import Place
from promptops.errors import GitError, InputError
from promptops.history.git import Repository
from promptops.history.records import Paths, text
from promptops.history.standing import Standing
from promptops.history.trees import CommitTree, IndexTree
from promptops.source.tree import DiskTree, Tree
from promptops.values import dataclass, replace

Reads = Callable[[Tree, Tree, Paths, KnowsWord], Change]


@dataclass(frozen=True, slots=True)
class Judged:
    """A change, each of its needs with what answers it, and the decided records it tampers with."""

    change: Change
    found: tuple[Found, ...]
    rewritten: tuple[tuple[Record, str], ...]
    base: str = ""  # the commit that a range was compared with
    amended: str = ""  # the commit that the judged one takes the place of
    dropped: tuple[str, ...] = ()  # its waivers that the new message lacks

    @property
    def refused(self) -> bool:
        """True if something was changed that nobody has decided, or a record cannot be read."""
        broken = self.change.broken
        return bool(broken or self.rewritten or any(not one.answered for one in self.found))

    def undecided(self) -> dict[str, tuple[tuple[Place, str], ...]]:
        """What check PO520 is told: by path of a prompt, (place, sentence) of each missing decision.

        New data and modalities are left out: PO509 and PO510 speak of them, changed or not.
        """
        made: dict[str, list[tuple[Place, str]]] = {}
        for one in self.missing:
            if one.need.waivable:
                place = self.change.place_of(one.need)
                made.setdefault(one.need.path, []).append((place, one.need.sentence))
        return {path: tuple(found) for path, found in made.items()}

    @property
    def missing(self) -> tuple[Found, ...]:
        """The needs that nothing answers."""
        return tuple(one for one in self.found if not one.answered)


def of_staged(
    repository: Repository, known: KnowsWord, on: Standing, read: Reads = read_change
) -> Change | None:
    """What the next commit would change; None where decisions are about nothing of it.

    read: `read_what_can_be` where somebody else says which prompts cannot be read.
    """
    paths = repository.staged_paths(on.base)
    if not _concerned(repository, on.base, paths):
        return None
    return read(_tree(repository, on.base), IndexTree(repository), paths, known)


def of_disk(
    repository: Repository, known: KnowsWord, base: str | None, read: Reads = read_change
) -> Change:
    """What the files on the disk change against the commit `base`; all is new where it is None."""
    tree = DiskTree(repository.root)
    if base is None:
        return read(NoTree(), tree, Paths(tuple(tree.paths())), known)
    paths = repository.changed_since(base, bool)
    return read(CommitTree(repository, base), tree, paths, known)


def judge_staged(
    repository: Repository, message: str, known: KnowsWord, on: Standing
) -> Judged | None:
    """The next commit, judged with its message; None where decisions are about nothing of it.

    Of a merge only what differs from every parent is new: the rest was judged where it was made.
    """
    change = of_staged(repository, known, on)
    if change is None:
        return None
    said = trailers(message)
    judged = Judged(change, change.found(said), change.rewritten(), amended=on.amended)
    for other in on.others:
        judged = _only_new_in_merge(repository, judged, other, known)
    if judged.missing and on.amended:
        before = trailers(text(repository.run("log", "-1", "--format=%B", on.amended, "--")))
        judged = replace(judged, dropped=tuple(w for w in before.waivers if w not in said.waivers))
    return judged


def judge_range(repository: Repository, base: str | None, head: str, known: KnowsWord) -> Judged:
    """All that the commits from `base` (None: the beginning) to `head` change together.

    A waiver counts for what its own commit changed; a need is waived where each commit that
    brought it about has a waiver.
    """
    paths = Paths.of(repository.changes(base, head))
    change = read_change(_tree(repository, base), CommitTree(repository, head), paths, known)
    return _along(repository, change, list(_commits(repository, base, head)), known)


def judge_since(
    repository: Repository, base: str, known: KnowsWord, read: Reads = read_change
) -> Judged:
    """All that the files on the disk change against the commit `base`, judged like a range."""
    change = of_disk(repository, known, base, read)
    head = repository.head()
    commits = list(_commits(repository, base, head)) if head else []
    return _along(repository, change, commits, known)


def judge_change(
    repository: Repository, change: Change, base: str | None, tip: str | None
) -> Judged:
    """A change that was read already, judged with the messages of the commits from `base` to `tip`.

    tip: None where nothing of it is committed; base: None for the beginning.
    """
    judged = Judged(change, change.found(), change.rewritten())
    if tip is None or not judged.missing:
        return judged
    return _along(repository, change, list(_commits(repository, base, tip)), change.known)


def _along(
    repository: Repository, change: Change, commits: list[_Commit], known: KnowsWord
) -> Judged:
    named = tuple(name for commit in commits for name in commit.said.decisions)
    found = change.found(Trailers(decisions=named))
    if any(not one.answered for one in found) and any(c.said.waivers for c in commits):
        found = tuple(_waived_along(repository, found, commits, known))
    return Judged(change, found, change.rewritten())


def judge_push(
    repository: Repository, remote: str, local: str, there: str, known: KnowsWord
) -> Judged | None:
    """What a push of the commit `local` brings to a remote whose branch stands at `there`.

    None where there is nothing to compare it with: a branch that is deleted, a first push.
    """
    if set(local) == {"0"}:
        return None
    local = repository.resolve(local)
    base = _pushed_before(repository, remote, local, there)
    if base is None:
        return None
    return replace(judge_range(repository, base, local, known), base=base)


def _pushed_before(repository: Repository, remote: str, local: str, there: str) -> str | None:
    """The newest commit that both ends have, as far as this clone knows."""
    names = [there, *(f"refs/remotes/{remote}/{name}" for name in ("HEAD", "main", "master"))]
    for name in names:
        try:
            base = repository.merge_base(repository.resolve(name), local)
        except GitError:
            continue  # unknown here
        if base is not None:
            return base
    ends = text(repository.run("rev-list", "--boundary", local, "--not", "--remotes"))
    edges = [line[1:] for line in ends.split("\n") if line.startswith("-")]
    return edges[-1] if edges else None


# -- merges --------------------------------------------------------------------------------------


def _only_new_in_merge(
    repository: Repository, judged: Judged, other: str, known: KnowsWord
) -> Judged:
    paths = Paths.of(repository.index_changes(other))
    theirs = read_change(CommitTree(repository, other), IndexTree(repository), paths, known)
    keys = {need.key for need in theirs.needs()}
    tampered = {record.decision.id for record, _ in theirs.rewritten()}
    return replace(
        judged,
        found=tuple(one for one in judged.found if one.need.key in keys),
        rewritten=tuple(
            (record, what)
            for record, what in judged.rewritten
            if record.decision.id in tampered or record.decision.id not in theirs.before
        ),
    )


# -- ranges --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Commit:
    id: str
    parents: tuple[str, ...]
    said: Trailers


def _commits(repository: Repository, base: str | None, head: str) -> Iterator[_Commit]:
    wanted = (head,) if base is None else (head, f"^{base}")
    listed = repository.run("log", "-z", "--format=%H%x00%P%x00%B", *wanted, "--")
    fields = text(listed).split("\0")
    for commit, parents, message in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        yield _Commit(commit.strip(), tuple(parents.split()), trailers(message))


def _waived_along(
    repository: Repository, found: tuple[Found, ...], commits: list[_Commit], known: KnowsWord
) -> Iterator[Found]:
    """`found`, with what the commits of a range waived one by one."""
    steps = [_step(repository, c, known) for c in commits if len(c.parents) < 2]
    for one in found:
        own = [s for step in steps for s in step if s.need.key[:4] == one.need.key[:4]]
        latest = own and own[0].need.after == one.need.after
        if not one.answered and latest and all(step.answered for step in own):
            waiver = together(step.waiver for step in reversed(own))
            yield replace(one, waiver=waiver, decision=own[0].decision, objections=())
        else:
            yield one


def _step(repository: Repository, commit: _Commit, known: KnowsWord) -> tuple[Found, ...]:
    parent = commit.parents[0] if commit.parents else None
    paths = Paths.of(repository.changes(parent, commit.id))
    if not _concerned(repository, commit.id, paths):
        return ()
    trees = _tree(repository, parent), CommitTree(repository, commit.id)
    try:
        return read_change(*trees, paths, known).found(commit.said)
    except InputError:
        return ()  # unreadable half way; what it did shows in a later step, or stays unanswered


# -- small things --------------------------------------------------------------------------------


def _tree(repository: Repository, commit: str | None) -> Tree:
    return NoTree() if commit is None else CommitTree(repository, commit)


def _concerned(repository: Repository, commit: str | None, paths: Paths) -> bool:
    """True if decisions may be about these paths, by the settings of `commit`."""
    listed = (*paths.present, *paths.deleted)
    return bool(listed) and concerns_decisions(settings_before(_tree(repository, commit)), listed)
