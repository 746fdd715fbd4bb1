"""git at its narrow door: real repositories, odd ones and malicious ones."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from repos import ALONE, CLEAN, ENVIRON, Repo, rules

from promptops.errors import GitError, InputError
from promptops.history.git import Repository
from promptops.history.records import Paths
from promptops.history.trees import CommitTree, IndexTree
from promptops.source.tree import MAX_BYTES


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"AGENTS.md": rules("Be kind."), "sub/b.txt": "b\n"}, "first")
    return made


def opened(repo: Repo, **environ: str) -> Repository:
    return Repository.find(str(repo.root), {**ENVIRON, **environ})


def test_finds_the_root_from_a_subfolder(repo: Repo) -> None:
    with Repository.find(str(repo.root / "sub"), ENVIRON) as found:
        assert found.root == str(repo.root)
        assert found.head() == repo.head()
        assert not found.shallow
        assert not found.bare


def test_no_repository_no_folder_no_git(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        Repository.find(str(tmp_path), ENVIRON)
    with pytest.raises(GitError, match="no such folder"):
        Repository.find(str(tmp_path / "nope"), ENVIRON)
    with pytest.raises(GitError, match="git was not found on PATH"):
        Repository.find(str(tmp_path), {"PATH": str(tmp_path)})


def test_a_git_inside_the_repository_is_passed_by(repo: Repo) -> None:
    fake = repo.root / "bin" / "git"
    repo.write("bin/git", "#!/bin/sh\ntouch PWN\n")
    fake.chmod(0o755)
    path = os.pathsep.join([str(fake.parent), ".", "", CLEAN["PATH"]])
    with opened(repo, PATH=path) as found:
        assert found.head() == repo.head()
    assert not (repo.root / "PWN").exists()
    with pytest.raises(GitError, match="not found"):
        opened(repo, PATH=str(fake.parent))


@pytest.mark.parametrize(
    "revision",
    ["--output=F", "-x", "a..b;id", "", "--all", "HEAD..HEAD", "^HEAD", "HEAD\0", "HEAD:AGENTS.md",
     "HEAD^{tree}", "nope", "@{-1}", "HEAD\n", "\udcff"],
)  # fmt: skip
def test_what_names_no_commit_is_refused(repo: Repo, revision: str) -> None:
    with opened(repo) as found, pytest.raises(GitError, match="not a revision"):
        found.resolve(revision)
    assert not (repo.root / "F").exists()


def test_resolves_branches_tags_and_abbreviations(repo: Repo) -> None:
    repo.git("tag", "-a", "v1", "-m", "one")
    with opened(repo) as found:
        names = ("main", "v1", repo.head()[:8], "HEAD~0", "@")
        assert {found.resolve(name) for name in names} == {repo.head()}


def test_an_unborn_head_is_none_and_all_of_the_index_is_staged(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "new")
    repo.write("b.md", "b\n")
    repo.write("a.md", "a\n")
    repo.git("add", ".")
    with opened(repo) as found:
        assert found.head() is None
        assert found.staged_paths() == Paths(("a.md", "b.md"))
        assert IndexTree(found).read("a.md") == b"a\n"


def test_staged_paths_tells_deletions_apart(repo: Repo) -> None:
    repo.commit({"gone.md": "x\n", "kept.md": "x\n"})
    repo.write("kept.md", "y\n")
    repo.write("new é.md", "n\n")
    repo.git("rm", "-q", "gone.md")
    repo.git("add", "-A")
    repo.write("AGENTS.md", "not staged\n")
    with opened(repo) as found:
        assert found.staged_paths() == Paths(("kept.md", "new é.md"), ("gone.md",))


def test_the_index_a_hook_names_is_the_one_that_counts(repo: Repo) -> None:
    other = repo.root / ".git" / "next-index-1.lock"
    repo.write("AGENTS.md", "partial\n")
    repo.git("read-tree", "HEAD", env={"GIT_INDEX_FILE": str(other)})
    repo.git("add", "AGENTS.md", env={"GIT_INDEX_FILE": str(other)})
    with opened(repo) as found:
        assert found.staged_paths() == Paths()
    for name in (str(other), ".git/next-index-1.lock"):
        with opened(repo, GIT_INDEX_FILE=name) as found:
            assert found.staged_paths() == Paths(("AGENTS.md",))


def test_another_repositorys_environment_is_dropped(repo: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    other.commit({"theirs.md": "x\n"})
    other.write("more.md", "y\n")
    other.git("add", ".")
    away = {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(other.root / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.root / ".git" / "objects"),
    }
    with opened(repo, **away) as found:
        assert found.root == str(repo.root)
        assert found.staged_paths() == Paths()


def test_a_bare_repository_is_read_when_it_is_named(repo: Repo, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    repo.git("clone", "-q", "--bare", ".", str(bare))
    with pytest.raises(GitError, match="bare") as refused:
        Repository.find(str(bare), ENVIRON)
    assert "GIT_DIR" in refused.value.hint
    with Repository.find(str(bare), {**ENVIRON, "GIT_DIR": "."}) as found:
        assert found.bare
        head = found.head()
        assert head == repo.head()
        assert CommitTree(found, head).read("sub/b.txt") == b"b\n"


def test_linked_worktree_submodule_and_sha256(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    with Repository.find(str(tmp_path / "linked"), ENVIRON) as found:
        assert found.root == str(tmp_path / "linked")
        assert found.common_dir == str(repo.root / ".git")
        assert found.git_dir != found.common_dir
        assert found.head() == repo.head()
    outer = Repo(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "-q", "add", str(repo.root), "inner")
    outer.commit({"AGENTS.md": "outer\n"})
    with Repository.find(str(outer.root), ENVIRON) as found:
        tree = CommitTree(found, outer.head())
        assert tree.paths() == [".gitmodules", "AGENTS.md"]
        assert IndexTree(found).paths() == tree.paths()
    with Repository.find(str(outer.root / "inner"), ENVIRON) as found:
        assert found.root == str(outer.root / "inner")
        assert found.head() == repo.head()
    modern = Repo(tmp_path / "sha256", "--object-format=sha256")
    modern.commit({"a.md": "a\n"})
    with Repository.find(str(modern.root), ENVIRON) as found:
        head = found.head()
        assert head is not None
        assert len(head) == 64
        assert found.changed_since(head, lambda _: True) == Paths()


def test_a_shallow_clone_knows_its_edge(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"AGENTS.md": "two\n"})
    edge = repo.head()
    clone = Repo(tmp_path / "clone", create=False)
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(clone.root))
    with opened(clone) as found:
        assert found.shallow == {edge}
        with pytest.raises(GitError, match="not a revision") as refused:
            found.resolve("HEAD~1")
        assert "unshallow" in refused.value.hint


def test_changed_since_compares_bytes_and_tells_deletions_apart(repo: Repo) -> None:
    base = repo.commit(
        {"same.md": "s\n", "crlf.md": "a\nb\n", "edited.md": "x\n", "gone.md": "g\n", "t.bin": "t"}
    )
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"committed.md": "c\n"})
    repo.write("crlf.md", "a\r\nb\r\n")
    repo.write("edited.md", "y\n")
    repo.write("untracked.md", "u\n")
    repo.write("ignored.md", "i\n")
    repo.write(".gitignore", "ignored.md\n")
    (repo.root / "gone.md").unlink()
    (repo.root / "t.bin").unlink()
    os.mkfifo(repo.root / "t.bin")
    repo.git("checkout", "-q", "main", "--", "same.md")
    with opened(repo) as found:
        changed = found.changed_since(base, lambda path: path.endswith((".md", ".bin")))
        assert changed.present == ("committed.md", "edited.md", "t.bin", "untracked.md")
        assert changed.deleted == ("gone.md",)
        assert found.changed_since(base, lambda path: path == "same.md") == Paths()


def test_changed_since_starts_where_the_branches_part(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"side.md": "s\n"})
    repo.git("checkout", "-q", "main")
    ahead = repo.commit({"main.md": "m\n"})
    repo.git("checkout", "-q", "side")
    with opened(repo) as found:
        assert found.changed_since(ahead, lambda _: True) == Paths(("side.md",))
    repo.git("checkout", "-q", "--orphan", "apart")
    repo.record("another root")
    with opened(repo) as found, pytest.raises(GitError, match="no common ancestor"):
        found.changed_since(ahead, lambda _: True)


def test_an_unmerged_path_is_named(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"AGENTS.md": "side\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"AGENTS.md": "main\n"})
    with pytest.raises(AssertionError):
        repo.merge("side")
    with opened(repo) as found:
        assert found.unmerged_paths() == ("AGENTS.md",)
        with pytest.raises(InputError, match="merge conflict"):
            IndexTree(found).read("AGENTS.md")


def test_trees_follow_links_inside_and_refuse_those_that_lead_out(repo: Repo) -> None:
    links = {"CLAUDE.md": "AGENTS.md", "docs": "sub", "out": "../../etc/passwd", "abs": "/etc/passwd",
             "sub/up": "../AGENTS.md", "ring": "ring"}  # fmt: skip
    for name, target in links.items():
        os.symlink(target, repo.root / name)
    repo.commit({"big.md": b"x" * (MAX_BYTES + 1)})
    with opened(repo) as found:
        for tree in (CommitTree(found, repo.head()), IndexTree(found)):
            assert tree.read("CLAUDE.md") == tree.read("AGENTS.md") == tree.read("sub/up")
            assert tree.read("docs/b.txt") == b"b\n"
            for path in ("out", "abs", "../x", "/etc/passwd", "", "a\0b"):
                with pytest.raises(InputError, match="outside the repository"):
                    tree.read(path)
                assert not tree.exists(path)
            with pytest.raises(InputError, match="circle"):
                tree.read("ring")
            with pytest.raises(InputError, match="over 1 MiB"):
                tree.read("big.md")
            with pytest.raises(InputError, match="No such file"):
                tree.read("nope.md")
            assert not tree.exists("nope.md")
            assert tree.exists("docs/b.txt")


def test_names_that_are_no_utf8_come_through(repo: Repo) -> None:
    os.makedirs(os.fsencode(repo.root) + b"/caf\xe9")
    repo.commit({"caf\udce9/x\ny.md": "odd\n"})
    with opened(repo) as found:
        tree = CommitTree(found, repo.head())
        assert "caf\udce9/x\ny.md" in tree.paths()
        assert tree.read("caf\udce9/x\ny.md") == b"odd\n"


def test_blobs_come_in_order_and_missing_ones_are_none(repo: Repo) -> None:
    ids = [repo.git("hash-object", "-w", "--stdin", given=b"%d" % n) for n in range(300)]
    wanted = [*ids[:150], "0" * 40, *ids[150:]]
    with opened(repo) as found:
        got = list(found.blobs(wanted))
        assert got == [
            *(b"%d" % n for n in range(150)),
            None,
            *(b"%d" % n for n in range(150, 300)),
        ]
        half = found.blobs(ids)
        assert next(half) == b"0"
        half.close()
        assert found.blob(ids[7]) == b"7"
        assert found.blob(ids[200], limit=2) is None
        assert found.blob(ids[9]) == b"9"
        with pytest.raises(GitError, match="not an object id"):
            found.blob("--help")


def test_blobs_that_a_partial_clone_lacks_are_none(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = Repo(tmp_path / "clone", create=False)
    source = f"file://{repo.root}"
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", source, str(clone.root))
    absent = repo.git("rev-parse", "HEAD:AGENTS.md")
    there = clone.git("hash-object", "-w", "--stdin", given=b"here")
    with opened(clone) as found:
        assert list(found.blobs([absent, there, absent, there])) == [None, b"here", None, b"here"]


EVIL = """
[core]
    fsmonitor = touch PWN
    hooksPath = .
    pager = touch PWN
    sshCommand = touch PWN
[diff]
    external = touch PWN
[diff "evil"]
    textconv = touch PWN
    command = touch PWN
[filter "evil"]
    clean = touch PWN
    smudge = touch PWN
    required = true
[gpg]
    program = touch PWN
[log]
    showSignature = true
[alias]
    log = !touch PWN
"""


def evil(repo: Repo) -> None:
    """Give the repository every setting that is known to start a program."""
    config = repo.root / ".git" / "config"
    repo.write(".gitattributes", "*.md diff=evil filter=evil\n")
    for hook in ("post-index-change", "post-checkout", "reference-transaction"):
        path = repo.root / hook
        path.write_text("#!/bin/sh\ntouch PWN\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    config.write_text(config.read_text() + EVIL)


def test_nothing_a_repository_configures_runs(repo: Repo) -> None:
    base = repo.head()
    repo.commit({"AGENTS.md": rules("Be brief.")})
    evil(repo)
    repo.write("AGENTS.md", "dirty\n")
    with opened(repo, GIT_EXTERNAL_DIFF="touch PWN", GIT_PAGER="touch PWN") as found:
        head = found.resolve("HEAD")
        found.staged_paths()
        found.unmerged_paths()
        assert "AGENTS.md" in found.changed_since(base, lambda _: True).present
        assert [c.path for c in found.changes(base, head)] == ["AGENTS.md"]
        assert {c.status for c in found.changes(None, base)} == {"A"}
        assert IndexTree(found).read("AGENTS.md")
        assert list(found.records("log", "-z", "--format=%H", head))
    assert not list(repo.root.rglob("PWN"))


def test_a_work_tree_that_the_settings_claim_is_refused(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    config = repo.root / ".git" / "config"
    config.write_text(config.read_text() + f"[core]\n\tworktree = {tmp_path}\n")
    with pytest.raises(GitError, match="claim another work tree"):
        opened(repo)


def test_gits_own_advice_comes_through(repo: Repo, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text(
        "#!/bin/sh\necho \"fatal: detected dubious ownership in repository at '/x'\" >&2\n"
        "echo 'To add an exception, call:' >&2\necho '	git config --add safe.directory /x' >&2\n"
        "exit 128\n"
    )
    script.chmod(0o755)
    with pytest.raises(GitError, match="dubious ownership") as refused:
        opened(repo, PATH=str(script.parent))
    assert "safe.directory" in refused.value.hint


def test_keys_stay_out_of_the_childs_environment(repo: Repo, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nenv >> "{tmp_path}/env"\nexec {_real_git()} "$@"\n')
    script.chmod(0o755)
    path = f"{script.parent}{os.pathsep}{CLEAN['PATH']}"
    with opened(repo, PATH=path, OPENAI_API_KEY="sk-secret", GIT_SSH_COMMAND="evil") as found:
        found.head()
    seen = (tmp_path / "env").read_text()
    assert "secret" not in seen
    assert "evil" not in seen
    assert "GIT_NO_LAZY_FETCH=1" in seen


def _real_git() -> str:
    found = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_a_git_that_hangs_or_never_stops_is_given_up(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from promptops.history import child

    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    monkeypatch.setattr(child, "SECONDS", 0.2)
    monkeypatch.setattr(child, "MAX_OUTPUT", 1 << 20)
    for body, message in (("sleep 30", "has not answered"), ("cat /dev/zero", "more than 1 MiB")):
        script.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\nexec {body}\n")
        script.chmod(0o755)
        with pytest.raises(GitError, match=message):
            opened(repo, PATH=str(script.parent))


def test_stopping_a_stream_early_ends_the_child(repo: Repo) -> None:
    for number in range(5):
        repo.commit({"a.md": f"{number}\n"})
    with opened(repo) as found:
        stream = found.records("log", "-z", "--format=%H", repo.head())
        assert next(stream).decode() == repo.head()
        stream.close()
        with pytest.raises(GitError, match=r"bad object|not a commit|unknown revision"):
            list(found.records("log", "-z", "1" * 40))


def test_gitpython_is_not_imported() -> None:
    code = (
        "import sys; from promptops.history.git import Repository; import promptops.history.trees;"
        "assert 'git' not in sys.modules and 'subprocess' not in sys.modules, 'heavy'"
    )
    env = {**CLEAN, **ALONE, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env=env)
