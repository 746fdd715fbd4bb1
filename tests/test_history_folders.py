"""Folders read as objects say the same as git's own listings and differences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repos import ENVIRON, Repo

from promptops.errors import GitError
from promptops.history.folders import changes_between, entry_at
from promptops.history.git import Repository

NAMES = st.sampled_from(["a", "b", "a.txt", "a-b", "é", "x y", "\udcff"])
KINDS = st.sampled_from(["100644", "100755", "120000", "160000"])
FILES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join),
    st.tuples(KINDS, st.integers(0, 2)),
    max_size=8,
)


def without_clashes(files: Mapping[str, object]) -> list[str]:
    """The paths that lie in no other one."""
    return [p for p in sorted(files) if not any(p.startswith(f"{other}/") for other in files)]


def commit(repo: Repo, files: Mapping[str, tuple[str, int]], old: str = "") -> str:
    """A commit of files that never touch the disk; git takes no path below a file."""
    blobs = [repo.git("hash-object", "-w", "--stdin", given=b"%d" % n) for n in range(3)]
    lines = [b"%s %s\t%s\0" % (kind.encode(), blobs[n].encode(), path.encode("utf-8", "surrogateescape"))
             for path in without_clashes(files) for kind, n in [files[path]]]  # fmt: skip
    repo.git("read-tree", "--empty")
    repo.git("update-index", "-z", "--index-info", given=b"".join(lines))
    parents = ("-p", old) if old else ()
    return repo.git("commit-tree", *parents, "-m", "change", repo.git("write-tree"))


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return Repo(tmp_path_factory.mktemp("folders") / "repo")


@settings(max_examples=12)
@given(before=FILES, after=FILES)
def test_they_agree_with_git(
    repo: Repo, before: dict[str, tuple[str, int]], after: dict[str, tuple[str, int]]
) -> None:
    old = commit(repo, before)
    new = commit(repo, {**before, **after}, old)
    with Repository.find(str(repo.root), ENVIRON) as found:
        said = [c for c in found.changes(old, new) if "160000" not in (c.old_mode, c.new_mode)]
        modules = {c.path for c in found.changes(old, new)} - {c.path for c in said}
        ours = [c for c in changes_between(found, old, new) if c.path not in modules]
        assert sorted(ours) == sorted(said)
        for path in {*before, *after, "a", "nowhere/a"}:
            assert entry_at(found, new, path) == next(
                (e for e in found.tree(new) if e.path == path), None
            )


def test_a_file_that_becomes_a_folder_goes_and_others_come(repo: Repo) -> None:
    old = commit(repo, {"a": ("100644", 0), "z": ("100644", 0)})
    new = commit(repo, {"a/b": ("100644", 0), "a/c/d": ("120000", 1), "z": ("120000", 0)}, old)
    with Repository.find(str(repo.root), ENVIRON) as found:
        changed = changes_between(found, old, new)
        assert [(c.status, c.path) for c in changed] == [
            ("D", "a"),
            ("A", "a/b"),
            ("A", "a/c/d"),
            ("T", "z"),
        ]
        assert changed == found.changes(old, new)


def test_ids_may_be_longer(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo", "--object-format=sha256")
    old = repo.commit({"AGENTS.md": "- One.\n", "src/a.py": "x = 1\n"})
    new = repo.commit({"AGENTS.md": "- Two.\n"})
    with Repository.find(str(repo.root), ENVIRON) as found:
        assert changes_between(found, old, new) == found.changes(old, new)
        assert entry_at(found, new, "src/a.py") == found.entry(new, "src/a.py")


def test_a_folder_that_is_missing_or_damaged_is_never_taken_for_an_empty_one(
    tmp_path: Path,
) -> None:
    repo = Repo(tmp_path / "repo")
    old = repo.commit({"src/a.py": "x = 1\n"})
    new = repo.commit({"src/a.py": "x = 2\n"})
    tree = repo.git("rev-parse", f"{new}:src")
    with Repository.find(str(repo.root), ENVIRON) as found:
        with pytest.raises(GitError, match="commit 000000000000 is not in this clone"):
            changes_between(found, old, "0" * 40)
        (repo.root / ".git/objects" / tree[:2] / tree[2:]).unlink()
        with pytest.raises(GitError, match="a folder of this history is not in this clone"):
            changes_between(found, old, new)
        with pytest.raises(GitError, match="a folder of this history is not in this clone"):
            entry_at(found, new, "src/a.py")
    damaged = repo.git(
        "hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=b"no tree"
    )
    said = f"tree {damaged}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n"
    odd = repo.git("hash-object", "-w", "-t", "commit", "--stdin", given=said.encode())
    refused = pytest.raises(GitError, match="a damaged folder")
    with Repository.find(str(repo.root), ENVIRON) as found, refused:
        changes_between(found, old, odd)
