"""What `promptops diff` answers, without the command line around it.

git is started before most of the program is loaded, and works meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from promptops.cli import _diff_kept
from promptops.cli._world import Call
from promptops.errors import UsageError
from promptops.history.git import Repository
from promptops.report import Report

FORMATS = ("text", "json", "markdown", "html")


def answer(
    call: Call, revisions: Sequence[str], staged: bool = False, arguments: Sequence[str] = ()
) -> Report:
    """The review of what lies between two states; UsageError for revisions beside `staged`.

    arguments: the whole call, where the answer may be kept for the same call.
    """
    if staged and revisions:
        raise UsageError("--staged takes no revisions", "it compares the index with HEAD")
    names = tuple(dict.fromkeys((*revisions, "HEAD")))[:2]
    with Repository.find(call.folder, call.environ, names, _load) as repository:
        _start(repository, revisions, staged)
        if arguments:
            keep = _diff_kept.keeper(arguments, repository)
            call.afterwards.extend([keep] if keep else [])
        from promptops.cli._diff_review import reviewed

        return reviewed(call, repository, revisions, staged)


def _load() -> None:
    """What is needed first."""
    from promptops.review import states  # noqa: F401


def _start(repository: Repository, revisions: Sequence[str], staged: bool) -> None:
    """Begin what is sure to be asked; a name that leads nowhere is complained of later."""
    base, head = (repository.known(name) for name in (*revisions, "HEAD", "HEAD")[:2])
    if base is None or head is None:
        return
    if staged:
        repository.index_ahead(head)
    elif len(revisions) == 2:
        repository.compare_ahead(base, head)
    elif base == head:
        repository.disk_ahead(head)
