"""Which repository a folder lies in, and how git is asked: the flags of every call.

The flags and the environment make sure that nothing a repository configures runs a program.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from promptops.errors import GitError
from promptops.history import child
from promptops.history.environment import (
    child_environment,
    find_program,
    inside,
    this_repository,
)
from promptops.history.records import is_hex, text

FLAGS = (
    *("-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit"),
    *("-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"),
    *("-c", "log.showSignature=false", "-c", "log.showRoot=true", "-c", "log.follow=false"),
    *("-c", "diff.renames=false", "-c", "color.ui=false", "-c", "i18n.logOutputEncoding=UTF-8"),
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
)


def discovered(
    folder: str, environ: Mapping[str, str], names: Sequence[str], meanwhile: Callable[[], object]
) -> tuple[str, dict[str, str], tuple[str, ...], dict[str, str]]:
    """(git, its environment, facts about the repository, commits by name), see `Repository.find`.

    Facts: git directory, common directory, bare?, shallow?, object format, work tree or "". A name
    that leads to no commit is left out, and so are all others then.
    """
    folder = os.path.realpath(folder)
    if not os.path.isdir(folder):
        raise GitError(f"no such folder: {folder}")
    program = find_program("git", folder, environ)
    env = child_environment(environ)
    facts, known = _with_names(program, folder, env, names, meanwhile)
    try:
        facts = facts or _facts(program, folder, env)
    except GitError:
        if not environ.get("GIT_DIR"):
            raise
        env |= {k: environ[k] for k in ("GIT_DIR", "GIT_WORK_TREE") if environ.get(k)}
        facts = _facts(program, folder, env)
        env |= {"GIT_DIR": facts[0]} | ({"GIT_WORK_TREE": facts[5]} if facts[5] else {})
    env |= this_repository(environ, facts[5] or facts[0], facts[1])
    return program, env, facts, known


_FACTS = (
    *("rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-common-dir"),
    *("--is-bare-repository", "--is-shallow-repository", "--show-object-format", "--show-toplevel"),
)


def _with_names(
    program: str,
    folder: str,
    env: Mapping[str, str],
    names: Sequence[str],
    meanwhile: Callable[[], object],
) -> tuple[tuple[str, ...], dict[str, str]]:
    """(what `_facts` finds, the commits that the names lead to); nothing where any is in doubt."""
    if not names or any(not name or name[0] == "-" or "\0" in name for name in names):
        return (), {}
    asked = [f"{name}^{{commit}}" for name in names]
    running = child.start([program, *FLAGS, *_FACTS, *asked], folder, env)
    try:
        meanwhile()
        code, out, _ = child.output(running)
    finally:
        child.end(running)
    lines = text(out).removesuffix("\n").split("\n")
    if code or len(lines) != 6 + len(names) or not all(map(is_hex, lines[6:])):
        return (), {}
    return tuple(lines[:6]), dict(zip(names, lines[6:], strict=True))


def _facts(program: str, folder: str, env: Mapping[str, str]) -> tuple[str, ...]:
    running = child.start([program, *FLAGS, *_FACTS], folder, env)
    code, out, err = child.output(running)
    facts = text(out).removesuffix("\n").split("\n")
    if len(facts) == 5 and facts[2] == "true":
        return (*facts, "")
    if code:
        raise child.complaint(err)
    if facts[0].startswith("-"):  # repeated, for git does not know it
        raise GitError("git is too old for promptops", "install git 2.31 or newer")
    if len(facts) != 6:
        raise GitError(f"a line break in the repository's path: {folder!r}")
    return tuple(facts)


def refuse_impostors(root: str, program: str, named: bool) -> None:
    """GitError where the work tree is not the repository's own (unless `named`), or git lies in it."""
    if not named and not os.path.lexists(os.path.join(root, ".git")):
        raise GitError(
            f"the repository's settings claim another work tree: {root}",
            "take core.worktree out of .git/config, or set GIT_DIR and GIT_WORK_TREE yourself",
        )
    if inside(program, root):
        raise GitError(f"git lies inside the repository: {program}", "mend PATH")
