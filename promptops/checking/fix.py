"""`--fix`: the safe mends of some diagnostics, as splices that touch only what they report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptops.diagnostic import Diagnostic
from promptops.errors import GitError
from promptops.history.git import Repository
from promptops.source.reading import Reading
from promptops.source.tree import DiskTree
from promptops.source.workspace import Files, read_file
from promptops.source.write import replace_file, spliced


def fix_files(tree: DiskTree, files: Files, found: Iterable[Diagnostic]) -> int:
    """Make the edits of the fixable diagnostics; gives how many were mended.

    A file whose mended text no longer reads as the same data (but for what was mended) is left.
    """
    by_path: dict[str, list[Diagnostic]] = {}
    for diagnostic in found:
        if diagnostic.fixable:
            by_path.setdefault(diagnostic.path, []).append(diagnostic)
    kinds = dict(files.items())
    return sum(_fix(tree, path, group, kinds.get(path, "")) for path, group in by_path.items())


def _fix(tree: DiskTree, path: str, group: Sequence[Diagnostic], kind: str) -> int:
    raw = tree.read(path)
    text = raw.decode("utf-8")
    mended = spliced(text, [edit for diagnostic in group for edit in diagnostic.edits])
    if mended == text or not _reads_on(tree, path, kind, mended):
        return 0
    replace_file(tree.root, path, mended, raw)
    return len(group)


def _reads_on(tree: DiskTree, path: str, kind: str, mended: str) -> bool:
    """True if the mended text can be read wherever the text before could."""
    if not kind:
        return True
    before = read_file(tree, path, kind)
    after = read_file(_Mended(tree, path, mended), path, kind)
    return _shape(before) == _shape(after)


def _shape(reading: Reading) -> tuple[object, ...]:
    """What a mend must not change: ids, and whether it could be read at all."""
    prompt = reading.prompt
    if prompt is None or not prompt.governed:
        return (prompt is None,)
    return (
        False,
        prompt.id,
        [rule.id for rule in prompt.rules],
        [case.id for case in prompt.cases],
    )


class _Mended(DiskTree):
    """The disk, but for one file."""

    def __init__(self, tree: DiskTree, path: str, text: str) -> None:
        super().__init__(tree.root)
        self._path = path
        self._text = text

    def read(self, path: str) -> bytes:
        if path == self._path:
            return self._text.encode("utf-8")
        return super().read(path)


def refuse_unsafe_fix(repository: Repository, paths: Iterable[str]) -> None:
    """Raise where a mend would blur what is staged with what is not, or meddle with a merge."""
    busy = repository.under_way()
    if busy:
        raise GitError(f"a {busy} is under way", "finish or abort it, then run --fix")
    staged = set(repository.staged_paths().present)
    for path in sorted(staged.intersection(paths)):
        if not repository.same_as_index(path):
            raise GitError(
                "the file is staged and was changed since",
                "stage or stash the rest first, then run --fix again",
                path=path,
            )
