"""What a child that runs git may see: which program, which variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from promptops.errors import GitError

_FIXED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_GRAFT_FILE": os.devnull,  # grafts change whose child a commit is
    "GIT_ALLOW_PROTOCOL": "",
    "LC_ALL": "C.UTF-8",
}
# Everything else (keys, GIT_EXTERNAL_DIFF, GIT_SSH*, another repository's GIT_DIR) stays here.
# GIT_CONFIG_* is the user's own; flags on our command line come after it and win.
_KEPT = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR", "SUDO_UID"}
    | {"GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"}
)


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of `environ` that git needs, with everything off that prompts, locks or fetches."""
    kept = {k: v for k, v in environ.items() if k in _KEPT or k.startswith("GIT_CONFIG_")}
    return kept | _FIXED


def this_repository(environ: Mapping[str, str], root: str, common_dir: str) -> dict[str, str]:
    """What a hook's environment says of this repository: its index, objects in quarantine.

    An index that lies in another repository's git directory is not ours.
    """
    kept = {}
    if environ.get("GIT_INDEX_FILE"):
        index = os.path.join(root, environ["GIT_INDEX_FILE"])
        folder = os.path.dirname(os.path.realpath(index))
        if inside(folder, common_dir) or not os.path.exists(os.path.join(folder, "HEAD")):
            kept["GIT_INDEX_FILE"] = index
    if environ.get("GIT_QUARANTINE_PATH") and inside(environ["GIT_QUARANTINE_PATH"], common_dir):
        names = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
        kept |= {k: environ[k] for k in names if k in environ}
    return kept


def find_program(name: str, folder: str, environ: Mapping[str, str]) -> str:
    """The absolute path of a program on PATH; one inside the repository of `folder` is passed by.

    GitError where there is none.
    """
    repository = _top(folder)
    for place in environ.get("PATH", os.defpath).split(os.pathsep):
        program = os.path.join(place, name)
        if not os.path.isabs(program) or not _runs(program):
            continue
        if not repository or not (inside(program, repository) or inside(place, repository)):
            return program
    raise GitError(
        f"{name} was not found on PATH",
        f"install {name}; one that lies inside the repository is never run",
    )


def inside(path: str, folder: str) -> bool:
    """True if `path` is `folder` or lies in it, symbolic links followed."""
    return (os.path.realpath(path) + os.sep).startswith(os.path.realpath(folder) + os.sep)


def _runs(program: str) -> bool:
    return os.path.isfile(program) and os.access(program, os.X_OK)


def _top(folder: str) -> str:
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return ""
        folder = parent
    return folder
