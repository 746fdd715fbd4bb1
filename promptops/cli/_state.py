"""Where what is not meant for git lies: the answer store and the like, never in the work tree."""

from __future__ import annotations

import os

from promptops.cli._call import Call
from promptops.cli._keep import cache_folder
from promptops.errors import GitError, UsageError


def state_folder(call: Call) -> str:
    """`PROMPTOPS_HOME`, else `promptops` in the git directory that all worktrees share.

    Without a repository: the user's cache folder. UsageError where there is none of these.
    """
    home = call.environ.get("PROMPTOPS_HOME")
    if home:
        return os.path.abspath(home)
    from promptops.history.git import Repository

    try:
        with Repository.find(call.root, call.environ) as repository:
            return os.path.join(repository.common_dir, "promptops")
    except GitError:
        folder = cache_folder(call.environ)
        if folder:
            return folder
        raise UsageError("there is no folder to keep answers in", "set PROMPTOPS_HOME") from None
