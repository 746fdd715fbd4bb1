"""git, read-only and hardened: nobody else runs it. Plain values come out.

The environment and the flags make sure that nothing a repository configures (fsmonitor, hooks,
text conversion, external diffs, filters, transports) runs a program. Revisions become hex ids
first; after that only ids, plumbing commands and literal paths are used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence, Set
from contextlib import closing

from promptops.errors import GitError
from promptops.history import child, commands
from promptops.history.commands import object_id
from promptops.history.discover import FLAGS, discovered, refuse_impostors
from promptops.history.horizon import edges
from promptops.history.objects import Objects
from promptops.history.records import (
    Change,
    Entry,
    Paths,
    index_entries,
    index_files,
    is_hex,
    raw_changes,
    split,
    text,
    tree_entries,
)
from promptops.history.worktree import differing, unchanged, under_way


class Repository:
    """One repository, found once. Close it, or use it in `with`: it may keep one child running.

    root: the work tree's top folder, the git directory of a bare repository.
    git_dir, common_dir: absolute; they differ in a linked worktree.
    shallow: ids of the commits at the edge of a shallow clone; empty where history is whole.
    missing: ids that were asked for and are not here, or damaged; not those too large to read.
    """

    def __init__(
        self,
        program: str,
        env: Mapping[str, str],
        facts: Sequence[str],
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.git_dir, self.common_dir = facts[0], facts[1]
        self.bare = facts[2] == "true"
        self.root = self.git_dir if self.bare else facts[5]
        self.null = "0" * (64 if facts[4] == "sha256" else 40)
        self._program = program
        self._env = env
        self._objects = Objects(self._start)
        self.missing: Set[str] = self._objects.missing
        self._known = known or {}
        self._ahead: dict[tuple[str, ...], child.Process] = {}
        self.shallow = edges(self.common_dir, self.null) if facts[3] == "true" else frozenset()

    @classmethod
    def find(
        cls,
        folder: str,
        environ: Mapping[str, str],
        names: Sequence[str] = (),
        meanwhile: Callable[[], object] = bool,
    ) -> Repository:
        """The repository `folder` lies in. GitError: none, no git, or git refuses it.

        `GIT_DIR` counts only where nothing is found from `folder` (a bare repository, say);
        `GIT_INDEX_FILE` counts unless it is another repository's. names: revisions that will be
        resolved, looked up by the same process; meanwhile: called while that works.
        """
        program, env, facts, known = discovered(folder, environ, names, meanwhile)
        found = cls(program, env, facts, known)
        refuse_impostors(found.root, program, "GIT_DIR" in env)
        return found

    def __enter__(self) -> Repository:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End what still runs: the child that reads contents, answers that nobody asked for."""
        for started in getattr(self, "_ahead", {}).values():
            child.end(started)
        objects = getattr(self, "_objects", None)
        if objects is not None:
            objects.close()

    # -- revisions ---------------------------------------------------------------------------

    def resolve(self, revision: str) -> str:
        """The full id of the commit that `revision` names; GitError "not a revision"."""
        if revision in self._known:
            return self._known[revision]
        if revision and "\0" not in revision:
            asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
            code, out, _ = self._call(asked)
            found = text(out).strip()
            if code == 0 and is_hex(found):
                return found
        hint = "name one commit: a branch, a tag, an id, HEAD~2"
        if self.shallow:
            hint += "; this is a shallow clone: git fetch --unshallow brings the rest"
        raise GitError(f"not a revision: {revision!r}", hint)

    def known(self, revision: str) -> str | None:
        """The commit of a revision that `find` was told of; None where it has to be looked up."""
        return self._known.get(revision)

    def head(self) -> str | None:
        """The id of HEAD's commit; None while there is none. GitError where it cannot be read."""
        try:
            return self.resolve("HEAD")
        except GitError:
            named = text(self._call(("rev-parse", "--verify", "--quiet", "HEAD"))[1]).strip()
            if not named:
                return None
            hint = "`git fsck` tells what is damaged"
            raise GitError(f"HEAD's commit cannot be read: {named}", hint) from None

    def merge_base(self, one: str, other: str) -> str | None:
        """A best common ancestor; None where there is none (in a shallow clone: not here)."""
        if one == other:
            return object_id(one)
        code, out, err = self._call(commands.merge_base(one, other))
        if code > 1:
            raise child.complaint(err)
        return text(out).strip() or None

    def base_of(self, commit: str) -> str:
        """The merge base of `commit` and HEAD; GitError where this clone has none."""
        head = self.head()
        base = object_id(commit) if head is None else self.merge_base(commit, head)
        if base is None:
            hint = "git fetch --unshallow" if self.shallow else "name a revision of this history"
            raise GitError(f"no common ancestor of {commit[:12]} and HEAD in this clone", hint)
        return base

    # -- trees and the index -----------------------------------------------------------------

    def tree(self, commit: str, wanted: Callable[[str], bool] | None = None) -> list[Entry]:
        """Every (wanted) file of a commit's tree, submodules left out."""
        return tree_entries(self.run(*commands.listing(commit)), wanted)

    def entry(self, commit: str, path: str) -> Entry | None:
        """One file of a commit's tree, None where there is none."""
        found = tree_entries(
            self.run("ls-tree", "-z", "--full-tree", object_id(commit), "--", path)
        )
        return next((entry for entry in found if entry.path == path), None)

    def index(self) -> list[Entry]:
        """Every file of the index (`GIT_INDEX_FILE` where a hook set it), submodules left out."""
        return index_entries(self.run(*commands.TRACKED))

    def tracked(self) -> list[str]:
        """The paths of the index, submodules and links left out."""
        return index_files(self.run(*commands.TRACKED))

    def files_ahead(self) -> None:
        """Start on what `tracked` and `untracked` will ask."""
        self.ahead(*commands.UNTRACKED)
        self.ahead(*commands.TRACKED)

    def untracked(self) -> list[str]:
        """Files of the work tree that are neither in the index nor ignored."""
        return [text(p) for p in split(self.run(*commands.UNTRACKED))]

    def unmerged_paths(self) -> tuple[str, ...]:
        """Paths with a merge conflict in the index, sorted."""
        return tuple(sorted({e.path for e in index_entries(self.run("ls-files", "-u", "-z"))}))

    def disk_ahead(self, commit: str) -> None:
        """Start on what `changed_on_disk` will ask."""
        for command in (commands.TRACKED, commands.UNTRACKED, commands.listing(commit)):
            self.ahead(*command)

    def under_way(self) -> str:
        """ "merge", "rebase", "cherry-pick", "revert" or "bisect" while one is, else ""."""
        return under_way(self.git_dir)

    def same_as_index(self, path: str) -> bool:
        """True if the file of the work tree holds what the index does; line ends may differ."""
        entry = next((e for e in self.index() if e.path == path), None)
        return entry is not None and unchanged(self.root, entry)

    def changes(self, old: str | None, new: str) -> list[Change]:
        """What differs from commit `old` (None: nothing at all) to commit `new`."""
        return raw_changes(split(self.run(*commands.changes(old, new))))

    def compare_ahead(self, one: str, other: str) -> None:
        """Start on the merge base, on what differs should it be `one`, and on reading contents."""
        self.ahead(*commands.merge_base(one, other))
        self.ahead(*commands.changes(one, other))
        self._objects.begin()

    def index_changes(self, commit: str) -> list[Change]:
        """What differs from `commit` to the index."""
        return raw_changes(split(self.run(*commands.staged(commit))))

    def index_ahead(self, commit: str) -> None:
        """Start on the index, on what it changes against `commit`, and on reading contents."""
        self.ahead(*commands.staged(commit))
        self.ahead(*commands.TRACKED)
        self._objects.begin()

    def staged_paths(self, base: str | None = "HEAD") -> Paths:
        """What the index changes against HEAD or a commit's id; all of it where there is none."""
        commit = self.head() if base == "HEAD" else base
        if commit is None:
            return Paths(tuple(sorted({e.path for e in self.index()})))
        return Paths.of(self.index_changes(commit))

    def changed_since(self, commit: str, wanted: Callable[[str], bool]) -> Paths:
        """Wanted paths that differ between merge-base(commit, HEAD) and the work tree.

        Untracked files that are not ignored count as present. The work tree is read and hashed
        here: git would run the repository's filters. GitError where there is no merge base.
        """
        return self.changed_on_disk(self.base_of(commit), wanted, self.index())

    def changed_on_disk(
        self, commit: str, wanted: Callable[[str], bool], index: Sequence[Entry]
    ) -> Paths:
        """Wanted paths that differ between `commit` and the work tree; `index`: its entries."""
        now = [*(e.path for e in index), *self.untracked()]
        return differing(self.root, self.tree(commit, wanted), filter(wanted, now))

    # -- contents ----------------------------------------------------------------------------

    def blobs(self, ids: Sequence[str], limit: int = child.MAX_OUTPUT) -> Iterator[bytes | None]:
        """The contents of objects, in order; None where one is missing here or over `limit`."""
        return self._objects.read(ids, limit)

    def blob(self, blob: str, limit: int = child.MAX_OUTPUT) -> bytes | None:
        """The content of one object; None where it is missing here or over `limit`."""
        return next(self.blobs((blob,), limit))

    def hold(self, ids: Sequence[str], limit: int = child.MAX_OUTPUT) -> None:
        """Read these objects (the first 256) at once, for who asks one by one with this limit."""
        self._objects.hold(ids, limit)

    # -- running git -------------------------------------------------------------------------

    def ahead(self, *arguments: str, all_of_it: bool = False) -> None:
        """Start a command whose output will be asked for soon, by `run` or `records` (see there)."""
        if arguments not in self._ahead:
            self._ahead[arguments] = self._start(arguments, all_of_it)

    def run(self, *arguments: str) -> bytes:
        """What a read-only command prints; GitError with git's own words where it fails."""
        code, out, err = self._call(arguments)
        if code:
            raise child.complaint(err)
        return out

    def records(self, *arguments: str, all_of_it: bool = False) -> Generator[bytes]:
        """What a command prints, split at NUL, as it comes. Closing the iterator stops git.

        all_of_it: no early record is waited for, so git need not hand over each one by itself.
        """
        with closing(self.batches(*arguments, all_of_it=all_of_it)) as batches:
            for batch in batches:
                yield from batch

    def batches(self, *arguments: str, all_of_it: bool = False) -> Generator[list[bytes]]:
        """`records`, as many at a time as git has ready."""
        running = self._ahead.pop(arguments, None) or self._start(arguments, all_of_it)
        errors = bytearray()
        rest = b""
        try:
            for chunk in child.chunks(running, errors):
                *whole, rest = (rest + chunk).split(b"\0")
                yield whole
            if running.wait():
                raise child.complaint(bytes(errors))
            if rest:
                yield [rest]
        finally:
            child.end(running)

    def _call(self, arguments: Sequence[str]) -> tuple[int, bytes, bytes]:
        started = self._ahead.pop(tuple(arguments), None)
        return child.output(started or self._start(arguments))

    def _start(self, arguments: Sequence[str], all_of_it: bool = False) -> child.Process:
        env = {**self._env, "GIT_FLUSH": "0"} if all_of_it else self._env
        started = child.start([self._program, *FLAGS, *arguments], self.root, env)
        if all_of_it:
            started.widen()
        return started
