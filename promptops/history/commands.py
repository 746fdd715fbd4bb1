"""The questions that git is asked more than once, word by word: what is started ahead is found again."""

from __future__ import annotations

from promptops.errors import GitError
from promptops.history.records import is_hex

_DIFF = ("-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv")
TRACKED = ("ls-files", "-s", "-z")
UNTRACKED = ("ls-files", "-o", "-z", "--exclude-standard")


def listing(commit: str) -> tuple[str, ...]:
    """Every file of a tree."""
    return ("ls-tree", "-r", "-z", "--full-tree", object_id(commit))


def staged(commit: str) -> tuple[str, ...]:
    """What the index changes against a commit."""
    return ("diff-index", "--cached", *_DIFF, object_id(commit), "--")


def merge_base(one: str, other: str) -> tuple[str, ...]:
    """A best common ancestor."""
    return ("merge-base", "--end-of-options", object_id(one), object_id(other))


def changes(old: str | None, new: str) -> tuple[str, ...]:
    """What differs from one commit (None: nothing at all) to another."""
    ends = (
        ("--root", "--no-commit-id", object_id(new))
        if old is None
        else (object_id(old), object_id(new))
    )
    return ("diff-tree", *_DIFF, *ends, "--")


def object_id(value: str) -> str:
    """The value itself; GitError where it is no full object id."""
    if not is_hex(value):
        raise GitError(f"not an object id: {value!r}")
    return value
