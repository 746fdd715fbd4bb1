"""Where what is not meant for git lies: the answer store and the like, never in the work tree."""

from __future__ import annotations

import os

from promptops.cli._call import Call
from promptops.cli._keep import cache_folder
from promptops.errors import GitError, UsageError

SHARED = "PROMPTOPS_STORE"


def store_place(call: Call) -> str:
    """Where answers are kept: the shared store that `PROMPTOPS_STORE` names, else our own folder.

    Only the environment may name it: a file of the repository could send answers anywhere.
    """
    shared = call.environ.get(SHARED, "")
    if shared and not shared.startswith(("postgresql://", "postgres://")):
        hint = "write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        raise UsageError(f"{SHARED} is not the URL of a PostgreSQL database", hint)
    return shared or state_folder(call)


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
