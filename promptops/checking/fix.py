"""`--fix`: the safe mends of some diagnostics, as splices that touch only what they report."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence

from promptops.diagnostic import Diagnostic, Edit
from promptops.errors import GitError, InputError
from promptops.history.git import Repository
from promptops.source.cases import NAMES as CASES_FILES
from promptops.source.sameness import says_the_same
from promptops.source.tree import DiskTree
from promptops.source.workspace import PROMPT, Files
from promptops.source.write import replace_file, spliced


def fix_files(tree: DiskTree, sources: Mapping[str, str], found: Iterable[Diagnostic]) -> int:
    """Make the edits of the fixable diagnostics; gives how many were mended.

    sources: the texts that the diagnostics are about. Of two edits that overlap the first is made:
    check again for the other. What would change anything but what it mends is left out. InputError
    where a file is no longer what was checked.
    """
    by_path: dict[str, list[Diagnostic]] = {}
    for diagnostic in found:
        if diagnostic.fixable:
            by_path.setdefault(diagnostic.path, []).append(diagnostic)
    return sum(_fix(tree, path, sources[path], group) for path, group in by_path.items())


def _fix(tree: DiskTree, path: str, text: str, group: Sequence[Diagnostic]) -> int:
    raw = tree.read(path)
    if raw != text.encode("utf-8", "replace"):
        raise InputError(
            "the file changed while it was being checked",
            "nothing was written to it: try again",
            path=path,
        )
    mends = list(_compatible(group))
    if not _holds(path, text, mends):
        mends = _one_by_one(path, text, mends)
    if not mends:
        return 0
    replace_file(tree.root, path, spliced(text, _edits(mends)), raw)
    return len(mends)


def _compatible(group: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The diagnostics, without those whose edits overlap with an earlier one's."""
    made: list[Edit] = []  # sorted: they do not overlap
    for diagnostic in group:
        fresh = [edit for edit in diagnostic.edits if not _among(edit, made)]
        if not any(_overlaps(edit, made) for edit in fresh):
            for edit in fresh:
                insort(made, edit, key=_place)
            yield diagnostic


def _place(edit: Edit) -> tuple[int, int, str]:
    return edit.start, edit.end, edit.text


def _among(edit: Edit, made: list[Edit]) -> bool:
    at = bisect_left(made, _place(edit), key=_place)
    return at < len(made) and made[at] == edit


def _overlaps(edit: Edit, made: list[Edit]) -> bool:
    at = bisect_left(made, _place(edit), key=_place)
    return any(
        edit.start < other.end and other.start < edit.end for other in made[max(at - 1, 0) : at + 1]
    )


def _one_by_one(path: str, text: str, mends: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The mends that hold together, each tried with those before it."""
    held: list[Diagnostic] = []
    for diagnostic in mends:
        if _holds(path, text, [*held, diagnostic]):
            held.append(diagnostic)
    return held


def _holds(path: str, text: str, mends: Sequence[Diagnostic]) -> bool:
    edits = _edits(mends)
    mended = spliced(text, edits)
    return mended != text and says_the_same(path, text, mended, edits)


def _edits(mends: Iterable[Diagnostic]) -> list[Edit]:
    return [edit for diagnostic in mends for edit in diagnostic.edits]


def refuse_unsafe_fix(repository: Repository, folder: str, files: Files) -> None:
    """Raise where a mend would blur what is staged with what is not, or meddle with a merge.

    folder: where the files lie in the repository, "" for its top.
    """
    busy = repository.under_way()
    if busy:
        raise GitError(f"a {busy} is under way", "finish or abort it, then run --fix")
    prefix = folder + "/" if folder else ""
    folders = {prefix + path.rpartition("/")[0] for path, kind in files.items() if kind == PROMPT}
    ours = {prefix + path for path, _ in files.items()}
    for path in sorted(repository.staged_paths().present):
        cases = path.rpartition("/")[0] in folders and path.rpartition("/")[2] in CASES_FILES
        if (path in ours or cases) and not repository.same_as_index(path):
            raise GitError(
                "the file is staged and was changed since",
                "stage or stash the rest first, then run --fix again",
                path=path,
            )
