"""What a partial or damaged clone takes from an answer: where it cannot look, it claims less."""

from __future__ import annotations

import posixpath

from promptops.history.links import Grade
from promptops.history.promptlike import prompt_like
from promptops.history.stream import Commit
from promptops.history.versions import Versions


def surest(versions: Versions, commit: Commit, path: str) -> Grade | None:
    """How sure it can be, at most, that a text which came to `path` in the commit began there.

    It depends on what was looked into since `versions.wanting` was emptied, and is not here: None
    for not at all, where it may well have come from there.
    """
    if not versions.wanting:
        return Grade.CERTAIN
    name = posixpath.basename(path)
    kept = (c for c in versions.changes(commit) if c.path != path and c.status == "M")
    unlikely = {c.old for c in kept if not prompt_like(c.path) and not c.path.endswith(name)}
    return Grade.PROBABLE if versions.wanting <= unlikely else None
