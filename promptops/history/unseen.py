"""What a partial or damaged clone takes from an answer: where it cannot look, it claims less."""

from __future__ import annotations

import posixpath

from promptops.history.links import Grade
from promptops.history.promptlike import DOCUMENTS, prompt_like
from promptops.history.records import Change
from promptops.history.stream import Commit
from promptops.history.versions import Versions, kind_of

_TEXTS = DOCUMENTS | {".html", ".ipynb", ".json", ".toml", ".xml"}


def surest(versions: Versions, commit: Commit, path: str) -> Grade | None:
    """How sure it can be, at most, that a text which came to `path` in the commit began there.

    It depends on what was looked into since `versions.wanting` was emptied, and is not here: None
    for not at all, where it may well have come from there.
    """
    if not versions.wanting:
        return Grade.CERTAIN
    name = posixpath.basename(path)
    others = (c for c in versions.changes(commit) if c.path != path)
    unlikely = {c.old for c in others if not _telling(c, name)}
    return Grade.PROBABLE if versions.wanting <= unlikely else None


def _telling(change: Change, name: str) -> bool:
    """True if what the file lost may be a rule: it is called like a prompt, or is gone and was a text."""
    if prompt_like(change.path) or change.path.endswith(name):
        return True
    ending = posixpath.splitext(change.path)[1].lower()
    return change.status != "M" and (ending in _TEXTS or kind_of(change.path) != "")
