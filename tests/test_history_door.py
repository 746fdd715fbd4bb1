"""Each lock of the door to git, tried by itself: who else would have to hold is asked nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import CLEAN, ENVIRON, Repo, rules

from promptops.errors import GitError
from promptops.history import worktree
from promptops.history.git import Repository
from promptops.history.horizon import edges
from promptops.history.records import Paths

TRAP = '#!/bin/sh\ntouch {pwn}\nexec {git} "$@"\n'


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"AGENTS.md": rules("Be kind.")}, "first")
    return made


def opened(repo: Repo, *names: str, **environ: str) -> Repository:
    return Repository.find(str(repo.root), {**ENVIRON, **environ}, names)


def quarantine(repo: Repo, folder: Path) -> dict[str, str]:
    """What git tells a hook while what was pushed is not accepted yet."""
    return {
        "GIT_QUARANTINE_PATH": str(folder),
        "GIT_OBJECT_DIRECTORY": str(folder),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repo.root / ".git/objects"),
    }


def test_objects_in_quarantine_are_seen(repo: Repo) -> None:
    folder = repo.root / ".git/objects/incoming-1"
    folder.mkdir()
    told = quarantine(repo, folder)
    blob = repo.git("hash-object", "-w", "--stdin", given=b"pushed", env=told)
    with opened(repo) as found:
        assert found.blob(blob) is None
    with opened(repo, **told) as found:
        assert found.blob(blob) == b"pushed"


def test_another_repositorys_quarantine_is_not_ours(repo: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    told = quarantine(repo, other.root / ".git/objects")
    theirs = other.git("hash-object", "-w", "--stdin", given=b"theirs")
    with opened(repo, **told) as found:
        assert found.head() == repo.head()
        assert found.blob(theirs) is None


def test_an_index_of_ones_own_may_lie_anywhere(repo: Repo, tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    repo.write("AGENTS.md", "partial\n")
    repo.git("read-tree", "HEAD", env={"GIT_INDEX_FILE": index})
    repo.git("add", "AGENTS.md", env={"GIT_INDEX_FILE": index})
    with opened(repo, GIT_INDEX_FILE=index) as found:
        assert found.staged_paths() == Paths(("AGENTS.md",))


@pytest.mark.parametrize("which", ["a link out of it", "a link into it", "a relative folder"])
def test_git_is_no_program_of_the_repository(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    pwn = tmp_path / "PWN"
    inside, outside = repo.root / "bin", tmp_path / "away" / "bin"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
    real, link, path = {
        "a link out of it": (outside / "trap", inside / "git", str(inside)),
        "a link into it": (inside / "trap", outside / "git", str(outside)),
        "a relative folder": (outside / "trap", outside / "git", "bin"),
    }[which]
    monkeypatch.chdir(tmp_path / "away")
    real.write_text(TRAP.format(pwn=pwn, git=shutil.which("git")))
    real.chmod(0o755)
    link.symlink_to(real)
    with opened(repo, PATH=os.pathsep.join([path, CLEAN["PATH"]])) as found:
        assert found.head() == repo.head()
    assert not pwn.exists()


def test_git_in_a_work_tree_that_was_named_is_refused(repo: Repo, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin/git").write_text(f'#!/bin/sh\nPATH={CLEAN["PATH"]} exec git "$@"\n')
    (tree / "bin/git").chmod(0o755)
    named = {"GIT_DIR": str(repo.root / ".git"), "GIT_WORK_TREE": str(tree)}
    with pytest.raises(GitError, match="git lies inside the repository"):
        Repository.find(str(tree), {**ENVIRON, **named, "PATH": str(tree / "bin")})


@pytest.mark.parametrize("name", ["^HEAD", "HEAD\0", "--all", "", "HEAD^@", "nope"])
def test_a_name_in_doubt_is_looked_up_later(repo: Repo, name: str) -> None:
    with opened(repo, name) as found:
        assert found.known(name) is None
        with pytest.raises(GitError, match="not a revision"):
            found.resolve(name)


@pytest.mark.parametrize("value", ["HEAD", "--help", "", "--output=F"])
def test_only_ids_are_asked_for(repo: Repo, value: str) -> None:
    with opened(repo) as found:
        for ask in (found.tree, found.index_changes, lambda v: found.changes(None, v)):
            with pytest.raises(GitError, match="not an object id"):
                ask(value)
        with pytest.raises(GitError, match="not an object id"):
            found.merge_base(repo.head(), value)


def test_what_lies_on_the_disk_is_compared_not_what_it_leads_to(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").write_text("same\n")
    os.symlink("a.md", repo.root / "kept")
    os.symlink("a.md", repo.root / "turned")
    base = repo.commit({"a.md": "same\n", "empty.md": "", "long.md": "x" * 100})
    (repo.root / "a.md").unlink()
    (repo.root / "a.md").symlink_to(tmp_path / "outside")
    (repo.root / "empty.md").unlink()
    os.mkfifo(repo.root / "empty.md")
    (repo.root / "turned").unlink()
    os.symlink("b.md", repo.root / "turned")
    monkeypatch.setattr(worktree, "_LARGEST", 99)
    with opened(repo) as found:
        changed = found.changed_since(base, lambda _: True)
    assert changed == Paths(("a.md", "empty.md", "long.md", "turned"))


def test_a_clone_that_does_not_tell_its_edge_is_shallow_all_the_same(tmp_path: Path) -> None:
    assert edges(str(tmp_path), "unknown") == {"unknown"}
    (tmp_path / "shallow").write_bytes(b"\xff\n")
    assert edges(str(tmp_path), "unknown") == {"unknown"}
    (tmp_path / "shallow").write_text(f"{'1' * 40}\n")
    assert edges(str(tmp_path), "unknown") == {"1" * 40}


REMOTES = {
    "ssh": {"remote.origin.url": "ssh://there/x", "core.sshCommand": "{trap}"},
    "ext": {"remote.origin.url": "ext::{trap} %S x"},
    "uploadpack": {"remote.origin.uploadpack": "{trap}"},
}


@pytest.mark.parametrize("way", REMOTES)
def test_what_a_partial_clone_lacks_is_not_fetched(
    run: Callable[..., Any], repo: Repo, tmp_path: Path, way: str
) -> None:
    repo.commit({"AGENTS.md": rules("Be kind.", "Be brief.")}, "second")
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = Repo(tmp_path / "clone", create=False)
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.root}", str(clone.root))
    trap, pwn = tmp_path / "trap", tmp_path / "PWN"
    trap.write_text(f"#!/bin/sh\ntouch {pwn}\n")
    trap.chmod(0o755)
    for name, value in REMOTES[way].items():
        clone.git("config", name, value.format(trap=trap))
    for protocol in ("ssh", "ext", "file"):
        clone.git("config", f"protocol.{protocol}.allow", "always")
    for command in (
        ("why", "AGENTS.md:3"),
        ("why", "never said by anybody"),
        ("diff", "HEAD~1", "HEAD"),
        ("check", "--since", "HEAD~1"),
        ("people",),
    ):
        assert run(*command, cwd=clone.root).code in (0, 1, 2)
        assert not pwn.exists(), command
    subprocess.run(
        ["git", "cat-file", "-e", "HEAD~1:AGENTS.md"], cwd=clone.root, env=ENVIRON, check=False,
        capture_output=True,
    )  # fmt: skip
    assert pwn.exists(), "the trap is no trap"
