"""`git merge-file`: a merge by lines, with the user's own conflict style."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from promptops.errors import GitError
from promptops.history import child
from promptops.history.environment import child_environment, find_program

MOST_CONFLICTS = 127  # what git's exit status can count; above it git has failed


def merge_file(
    folder: str,
    environ: Mapping[str, str],
    sides: Sequence[bytes],
    labels: Sequence[str],
    size: int,
) -> tuple[bytes, int]:
    """(merged bytes, number of conflicts) of ours, base and theirs, in that order.

    labels: what the three are called in markers of `size` characters. GitError where git fails
    (a binary file, say).
    """
    from tempfile import TemporaryDirectory

    program = find_program("git", folder, environ)
    with TemporaryDirectory(prefix="promptops-") as place:
        names = [os.path.join(place, name) for name in ("ours", "base", "theirs")]
        for name, content in zip(names, sides, strict=True):
            with open(name, "wb") as file:
                file.write(content)
        named = [word for label in labels for word in ("-L", label)]
        argv = [program, "merge-file", "-p", f"--marker-size={size}", *named, *names]
        running = child.start(argv, folder, child_environment(environ))
        code, merged, errors = child.output(running)
    if code > MOST_CONFLICTS:
        raise child.complaint(errors) if errors else GitError("git merge-file failed")
    return merged, code
