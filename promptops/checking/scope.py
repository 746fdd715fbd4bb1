"""Which files a run looks at: all, those named, those in the index, those changed since a revision."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from promptops.checking.below import Below
from promptops.config import Settings
from promptops.errors import GitError, InputError
from promptops.model import Prompt
from promptops.source.calibration import FOLDER as CALIBRATIONS
from promptops.source.reading import read_prompt
from promptops.source.settings import FILES as SETTINGS_FILES
from promptops.source.settings import read_settings
from promptops.source.sidecar_path import sidecar_path
from promptops.source.tree import DiskTree, Tree
from promptops.source.workspace import Files, find_files, is_record, named_files
from promptops.values import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptops.history.git import Repository

Adjust = Callable[[Settings], Settings]


@dataclass(frozen=True, slots=True)
class Scope:
    """What to read, from where, under which settings.

    before: by path, the prompts as they were where the change began; empty where no change is
    judged. change: the files are those that a change touches. forks: the tree may be read by two processes.
    judge: where the baseline is read, `tree` unless a change is judged. relaxed: the settings files
    that a judged change edits, without effect on this run.
    """

    tree: Tree
    files: Files
    settings: Settings
    before: Mapping[str, Prompt] = field(default_factory=dict)
    change: bool = False
    forks: bool = True
    judge: Tree | None = None
    relaxed: tuple[str, ...] = ()


def on_disk(tree: Tree, named: Sequence[str], adjust: Adjust) -> Scope:
    """The files as they stand: those named, or all that are governed."""
    settings = adjust(read_settings(tree))
    if named:
        return Scope(tree, named_files(settings, tree, named), settings)
    return Scope(tree, without_links(tree, find_files(settings, tree.paths())), settings)


def without_links(tree: Tree, files: Files) -> Files:
    """The files without links to one of them: CLAUDE.md is often AGENTS.md by another name."""
    if not isinstance(tree, DiskTree):
        return files
    places = {os.path.join(tree.root, path): path for path in files.instructions}
    twins = [
        path
        for place, path in places.items()
        if os.path.islink(place) and os.path.realpath(place) in places
    ]
    for path in twins:
        _noticed(tree, path)
    return replace(files, instructions=tuple(p for p in files.instructions if p not in twins))


def _noticed(tree: Tree, path: str) -> None:
    """Read, so that an answer that is remembered depends on it."""
    try:
        tree.read(path)
    except InputError:
        return


def staged(root: str, environ: Mapping[str, str], named: Sequence[str], adjust: Adjust) -> Scope:
    """What the next commit would hold below `root`: the index, never the work tree.

    Without names the prompts that the staged change touches; all of them where it touches a
    decision record or the settings.
    """
    from promptops.history.trees import CommitTree, IndexTree

    repository = _repository(root, environ)
    below = folder_in(repository.root, root)
    tree = Below(IndexTree(repository), below)
    settings = adjust(read_settings(tree))
    if named:
        files = named_files(settings, tree, named)
    else:
        changed = repository.staged_paths()
        files = _touched(settings, tree, tree.of(changed.present), tree.of(changed.deleted))
    head = repository.head()
    before = {} if head is None else _before(Below(CommitTree(repository, head), below), files)
    return Scope(tree, files, settings, before, change=not named, forks=False)


def since(root: str, environ: Mapping[str, str], revision: str, adjust: Adjust) -> Scope:
    """What differs below `root` from the merge base with `revision`, judged by that base's settings.

    A change cannot loosen the settings that judge it, nor the baseline.
    """
    from promptops.history.trees import CommitTree

    repository = _repository(root, environ)
    base = repository.base_of(repository.resolve(revision))
    then = Below(CommitTree(repository, base), folder_in(repository.root, root))
    settings = adjust(read_settings(then))
    changed = repository.changed_since(base, bool)
    present, gone = then.of(changed.present), then.of(changed.deleted)
    tree = DiskTree(root)
    files = _touched(settings, tree, present, gone)
    relaxed = tuple(path for path in SETTINGS_FILES if path in present or path in gone)
    return Scope(
        tree, files, settings, _before(then, files), change=True, judge=then, relaxed=relaxed
    )


def folder_in(top: str, root: str) -> str:
    """`root` as a path below `top`, with `/`; "" where they are the same."""
    below = os.path.relpath(os.path.realpath(root), os.path.realpath(top)).replace(os.sep, "/")
    return "" if below == "." else below


def _before(tree: Tree, files: Files) -> dict[str, Prompt]:
    """The prompts among the files as they were in `tree`, where they could be read there."""
    readings = (read_prompt(tree, path) for path in files.prompts if tree.exists(path))
    return {r.path: r.prompt for r in readings if r.prompt is not None}


def _repository(folder: str, environ: Mapping[str, str]) -> Repository:
    from promptops.history.git import Repository

    repository = Repository.find(folder, environ)
    unmerged = repository.unmerged_paths()
    if unmerged:
        raise GitError(
            "there is an unresolved merge conflict", "resolve it and git add it", path=unmerged[0]
        )
    return repository


def _evidence_of(path: str) -> str:
    """The folder of a prompt's evidence; nobody may change that alone and go unseen."""
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}evidence"


def _touched(settings: Settings, tree: Tree, present: Sequence[str], gone: Sequence[str]) -> Files:
    """The governed files that a change touches."""
    changed = (*present, *gone)
    everything = find_files(settings, tree.paths())
    if any(path in SETTINGS_FILES or is_record(settings, path) for path in changed):
        return everything
    if any(path.startswith(f"{CALIBRATIONS}/calibration-") for path in changed):
        return everything
    folders = {path.rpartition("/")[0] for path in changed}
    names = set(changed)
    return replace(
        everything,
        prompts=tuple(
            path
            for path in everything.prompts
            if path in names
            or (path.endswith("/prompt.yaml") and path.rpartition("/")[0] in folders)
            or _evidence_of(path) in folders
        ),
        instructions=tuple(
            path for path in everything.instructions if path in names or sidecar_path(path) in names
        ),
        decisions=(),
    )
