"""The two states of a repository that a review compares, and which paths differ between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptops.config import BASELINE, Settings
from promptops.decisions.change import NoTree, settings_before
from promptops.errors import GitError
from promptops.history.git import Repository
from promptops.history.records import Change, Entry, Paths
from promptops.review.part_tree import PartTree
from promptops.source.cases import NAMES as CASES_FILES
from promptops.source.globs import matcher
from promptops.source.settings import FILES as SETTINGS_FILES
from promptops.source.settings import read_settings
from promptops.source.sidecar_path import SIDECAR
from promptops.source.tree import MAX_BYTES, DiskTree, Tree
from promptops.source.workspace import is_record
from promptops.values import dataclass

WORK_TREE, INDEX = "work tree", "index"
_EMPTY = {  # trees of no file, by the length of ids
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
NOTHING = frozenset({*_EMPTY.values(), *("0" * size for size in _EMPTY)})  # hosts say zeros


@dataclass(frozen=True, slots=True)
class States:
    """What is compared with what.

    base: id of the commit before, None while there is none. head: id of the commit after, or
    `index` or `work tree`. tip: the last commit whose message speaks for the change, None where
    the change is not committed. paths: those that differ and may matter, sorted; present: those of
    all that differ which are there after the change, readable or not.
    """

    base: str | None
    head: str
    tip: str | None
    before: Tree
    after: Tree
    settings: tuple[Settings, Settings]
    paths: tuple[str, ...]
    present: frozenset[str]


def of_index(repository: Repository) -> States:
    """The index against HEAD: what the next commit would change."""
    from promptops.history.trees import IndexTree

    head = repository.head()
    entries = repository.index()
    _refuse_unmerged(entries)
    tree = IndexTree(repository, entries)
    if head is None:
        return _states(repository, (None, INDEX, None), tree, Paths(tuple(tree.paths())))
    changes = repository.index_changes(head)
    return _states(repository, (head, INDEX, None), tree, Paths.of(changes), changes)


def of_work_tree(repository: Repository, base: str | None) -> States:
    """The files on the disk against merge-base(`base`, HEAD); None is HEAD itself."""
    if repository.bare:
        hint = "name two revisions: promptops diff BASE HEAD"
        raise GitError("a bare repository has no work tree", hint)
    head = repository.head()
    commit = head if base is None else repository.base_of(base)
    if commit is not None:
        repository.disk_ahead(commit)
    entries = repository.index()
    _refuse_unmerged(entries)
    tree = DiskTree(repository.root)
    if commit is None:
        return _states(repository, (None, WORK_TREE, None), tree, Paths(tuple(tree.paths())))
    then = PartTree(repository, commit)
    pair = (settings_before(then), read_settings(tree))
    globs = _Wanted(pair)
    changed = repository.changed_on_disk(commit, globs.wants, entries)
    paths = tuple(sorted((*changed.present, *changed.deleted)))
    tip = head if base is not None else None
    present = frozenset(changed.present)
    return States(commit, WORK_TREE, tip, then, tree, pair, paths, present)


def of_commits(repository: Repository, base: str | None, head: str) -> States:
    """merge-base(`base`, `head`) against `head`; GitError where this clone has no merge base.

    base: None for nothing, of which all that `head` holds is new.
    """
    common = None if base is None else repository.merge_base(base, head)
    if base is not None and common is None:
        hint = "git fetch --unshallow" if repository.shallow else "name revisions of one history"
        raise GitError(f"no common ancestor of {base[:12]} and {head[:12]} in this clone", hint)
    changes = repository.changes(common or _EMPTY[len(repository.null)], head)
    named = (common, head, head)
    return _states(repository, named, PartTree(repository, head), Paths.of(changes), changes)


def _states(
    repository: Repository,
    named: tuple[str | None, str, str | None],
    after: Tree,
    changed: Paths,
    changes: Sequence[Change] = (),
) -> States:
    base, head, tip = named
    before: Tree = NoTree() if base is None else PartTree(repository, base)
    pair = (settings_before(before), read_settings(after))
    wants = _Wanted(pair).wants
    wanted = sorted(filter(wants, (*changed.present, *changed.deleted)))
    for tree in (before, after):
        if isinstance(tree, PartTree):
            tree.expect(_looked_into(wanted, pair))
    kept = frozenset(wanted)
    blobs = (blob for change in changes if change.path in kept for blob in change.blobs)
    repository.hold(tuple(blobs), MAX_BYTES)
    present = frozenset(changed.present)
    return States(base, head, tip, before, after, pair, tuple(wanted), present)


def _looked_into(paths: Iterable[str], settings: tuple[Settings, Settings]) -> set[str]:
    """The folders that a review of these paths will list."""
    folders = {path.rpartition("/")[0] for path in paths}
    evidence = {f"{folder}/evidence".lstrip("/") for folder in folders}
    return folders | evidence | {one.decisions for one in settings}


def _refuse_unmerged(entries: Iterable[Entry]) -> None:
    unmerged = sorted({entry.path for entry in entries if entry.stage})
    if unmerged:
        hint = "resolve it and git add it"
        raise GitError("there is an unresolved merge conflict", hint, path=unmerged[0])


class _Wanted:
    """Which paths may matter to a review, by the settings of either state."""

    def __init__(self, settings: tuple[Settings, Settings]) -> None:
        self.settings = settings
        baselines = {s.baseline for s in settings} | {BASELINE}
        self.names = frozenset({*SETTINGS_FILES, *baselines})
        prompts = {glob for s in settings for glob in s.prompts}
        self.starts = tuple({_literal(glob) for glob in prompts})
        each = dict.fromkeys(globs for s in settings for globs in (s.prompts, s.instructions))
        self._matchers = tuple(map(matcher, each))

    def wants(self, path: str) -> bool:
        """True for settings, prompts, instructions, records, cases, sidecars, evidence, schemas."""
        name = path.rpartition("/")[2]
        if path in self.names or name in CASES_FILES or name.endswith(SIDECAR):
            return True
        if path.endswith(".json"):
            return path.startswith(self.starts)
        governed = any(matches(path) for matches in self._matchers)
        return governed or any(is_record(s, path) for s in self.settings)


def _literal(glob: str) -> str:
    """The folders a glob begins with: `prompts/` of `prompts/**/prompt.yaml`."""
    kept = []
    for part in glob.split("/")[:-1]:
        if any(sign in part for sign in "*?[{"):
            break
        kept.append(part)
    return "".join(f"{part}/" for part in kept)
