"""git's hooks and drivers of one clone: where they are, whose they are, what ours say.

A hook that somebody else wrote is never touched.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote

from promptops.errors import GitError, unreadable
from promptops.history.environment import inside
from promptops.history.git import Repository
from promptops.source.write import replace_file

HOOKS = ("pre-commit", "commit-msg", "prepare-commit-msg", "pre-push")
_OURS = "# Written by `promptops install`."
_FRAMEWORK = "pre-commit.com"
_RULE_NAMES = r"^[[:space:]]*-[[:space:]]+id:[[:space:]]*(.*)$|^[a-z_]+:"

_SCRIPT = """\
#!/bin/sh
{ours} Delete this file to be rid of it.
python={python}
if [ -x "$python" ]; then
  exec "$python" -P -m promptops hook {name} "$@"
elif command -v promptops >/dev/null 2>&1; then
  exec promptops hook {name} "$@"
fi
echo "promptops was not found: install it and run \\`promptops install\\`, or delete $0" >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook of a clone. state: written, ours (it was there), framework (pre-commit's), foreign.

    path: absolute. legacy: pre-commit's hook runs ours, which it has put beside its own.
    """

    name: str
    path: str
    state: str
    legacy: bool = False


def hooks_folder(repository: Repository) -> str:
    """The folder git runs hooks from; GitError where it lies outside this repository."""
    if repository.bare:
        raise GitError("nobody commits in a bare repository", "run it in a clone with a work tree")
    configured = _hooks_path(repository)
    if not configured:
        return os.path.join(os.path.realpath(repository.common_dir), "hooks")
    folder = os.path.realpath(os.path.join(repository.root, configured))
    if not inside(folder, repository.root) and not inside(folder, repository.common_dir):
        hint = 'call `promptops hook NAME "$@"` from the hooks there, or unset core.hooksPath here'
        raise GitError(f"core.hooksPath shares hooks with other repositories: {configured}", hint)
    return folder


def _hooks_path(repository: Repository) -> str:
    """`core.hooksPath` as configured; the last value is the one we ourselves run git with."""
    said = repository.run("config", "-z", "--type=path", "--get-all", "core.hooksPath")
    values = said.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return values[-2] if len(values) > 1 else ""


def install_hook(folder: str, name: str, python: str) -> Hook:
    """Write our hook, unless somebody else's is there."""
    path = os.path.join(folder, name)
    present = _read(path)
    text = _SCRIPT.format(ours=_OURS, python=quote(python), name=name)
    if present is not None and _OURS.encode() not in present:
        framework = _FRAMEWORK.encode() in present
        legacy = framework and _OURS.encode() in (_read(f"{path}.legacy") or b"")
        return Hook(name, path, "framework" if framework else "foreign", legacy)
    if present == text.encode() and os.access(path, os.X_OK):
        return Hook(name, path, "ours")
    os.makedirs(folder, exist_ok=True)
    replace_file(folder, name, text, present)
    os.chmod(path, 0o755)
    return Hook(name, path, "written")


def _read(path: str) -> bytes | None:
    if os.path.islink(path):
        return b""  # somebody's: never followed, never replaced
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(error, path) from None


def driver_settings(python: str, textconv: bool) -> Mapping[str, str]:
    """What git's configuration has to say for `diff=promptops merge=promptops` to work.

    Each command falls back to what git does by itself, should promptops be gone one day: git takes
    a driver that does not start for a conflict, and a text conversion that does not for an error.
    """
    run = f"{quote(python)} -P -m promptops"
    there = f"test -x {quote(python)}"
    settings = {
        "diff.promptops.xfuncname": _RULE_NAMES,
        "merge.promptops.name": "prompts merged by rule",
        "merge.promptops.driver": (
            f"if {there}; then {run} merge-driver -- %O %A %B %L %P; code=$?;"
            " test $code -le 1 && exit $code; fi; git merge-file --marker-size=%L %A %O %B"
        ),
    }
    if textconv:
        settings["diff.promptops.textconv"] = (
            f'f() {{ if {there}; then {run} textconv -- "$1" && return; fi; cat -- "$1"; }}; f'
        )
        settings["diff.promptops.cachetextconv"] = "true"
    return settings


def configure(repository: Repository, settings: Mapping[str, str]) -> list[str]:
    """Write settings into this clone's configuration; the names of those that changed."""
    changed = []
    for name, value in settings.items():
        try:
            said = repository.run("config", "--local", "-z", "--get-all", name)
        except GitError:
            said = b""  # not set: git says so by failing
        if said != f"{value}\0".encode():
            repository.run("config", "--local", "--replace-all", name, value)
            changed.append(name)
    return changed
