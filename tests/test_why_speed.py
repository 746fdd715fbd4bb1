"""What `why` costs, counted: the git processes it starts and the modules it loads, cold and warm.

Milliseconds are for `python -m bench history`; these counts are the same on any machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from repos import BOB, ENVIRON, Repo

from promptops.history import child
from promptops.history.git import Repository

Run = Callable[..., Any]
RULE = "Run the whole test suite before you push a branch, on the oldest Python too."
DROPPED = {  # once everything is known: parsers, alignment, the usual slow starters
    *("promptops.history.align", "promptops.history.cut", "promptops.source.units"),
    *("dataclasses", "inspect", "click", "ruamel", "yaml", "git", "ssl", "hashlib"),
}


def lived(root: Path) -> Repo:
    """A rule that was reworded twice and whose file was renamed."""
    repo = Repo(root)
    repo.commit({"README": "x\n", "AGENTS.old.md": "# Work\n\n- Ask first.\n"}, "start")
    repo.commit({"CLAUDE.md": f"# Work\n\n- Ask first.\n- {RULE}\n"}, "instructions", BOB)
    repo.commit({"CLAUDE.md": f"# Work\n\n- Ask first.\n- {RULE} Always.\n"}, "stricter")
    moved = {"CLAUDE.md": None, "AGENTS.md": f"# Work\n\n- Ask first.\n- {RULE} Always.\n"}
    repo.commit(moved, "for every agent")
    repo.commit({"AGENTS.md": f"# Work\n\n- Ask first.\n- Always: {RULE}\n"}, "reword")
    return repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return lived(tmp_path / "repo")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that are started: `log`, `rev-parse` …"""
    names: list[str] = []
    start = child.start

    def counted(argv: Sequence[str], folder: str, env: Any) -> Any:
        known = ("rev-parse", "cat-file", "log", "ls-tree", "diff-tree", "ls-files", "merge-base")
        names.append(next((word for word in argv if word in known), " ".join(argv)))
        return start(argv, folder, env)

    monkeypatch.setattr(child, "start", counted)
    return names


def test_the_first_answer_starts_seven_processes(run: Run, repo: Repo, started: list[str]) -> None:
    assert run("why", "AGENTS.md:4", cwd=repo.root).code == 0
    once = {"rev-parse": 1, "cat-file": 1, "ls-tree": 1}
    # two paths, who is still here, and whether the file had been deleted before it was created
    assert {name: started.count(name) for name in set(started)} == {**once, "log": 4}


def test_the_second_answer_starts_two(run: Run, repo: Repo, started: list[str]) -> None:
    first = run("why", "AGENTS.md:4", cwd=repo.root)
    started.clear()
    assert run("why", "AGENTS.md:4", cwd=repo.root) == first
    assert sorted(started) == ["cat-file", "rev-parse"]


def test_another_line_of_a_known_file_asks_no_log_again(
    run: Run, repo: Repo, started: list[str]
) -> None:
    run("why", "AGENTS.md:4", cwd=repo.root)
    started.clear()
    assert run("why", "AGENTS.md:3", cwd=repo.root).code == 0
    assert started.count("log") <= 1  # the rest of a path's history, where this rule is older


def test_a_new_commit_is_seen_at_once(run: Run, repo: Repo, started: list[str]) -> None:
    run("why", "AGENTS.md:4", cwd=repo.root)
    repo.commit(
        {"AGENTS.md": f"# Work\n\n- Ask first.\n- Always and everywhere: {RULE}\n"}, "again"
    )
    started.clear()
    told = run("why", "AGENTS.md:4", cwd=repo.root)
    assert "reworded it" in told.out
    assert ": again" in told.out
    assert started.count("log") == 2  # the path and the people; what is older is known


def test_what_is_kept_of_a_shallow_clone_is_worth_nothing_once_it_is_whole(
    run: Run, repo: Repo, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "-q", "--depth=2", f"file://{repo.root}", str(clone)],
        env=ENVIRON, check=True,
    )  # fmt: skip
    assert "--unshallow" in run("why", "AGENTS.md:4", cwd=clone).out
    subprocess.run(["git", "fetch", "-q", "--unshallow"], cwd=clone, env=ENVIRON, check=True)
    whole = run("why", "AGENTS.md:4", cwd=clone)
    assert whole == run("why", "AGENTS.md:4", cwd=repo.root)
    assert "instructions" in whole.out


@pytest.mark.parametrize("home", ["read-only", "a file", "none"])
def test_where_nothing_can_be_kept_the_answer_is_the_same(
    run: Run, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    first = run("why", "AGENTS.md:4", cwd=repo.root)
    place = tmp_path / "home"
    if home == "read-only":
        place.mkdir(mode=0o500)
    elif home == "a file":
        place.write_text("no folder")
    else:
        monkeypatch.setenv("HOME", "")
        place = Path("/dev/null/nowhere")
    monkeypatch.setenv("PROMPTOPS_HOME", str(place))
    assert run("why", "AGENTS.md:4", cwd=repo.root) == first
    assert run("why", "AGENTS.md:4", cwd=repo.root) == first


def test_a_bare_repository_keeps_as_well(
    run: Run, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[str]
) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(repo.root), str(bare)], env=ENVIRON, check=True)  # fmt: skip
    monkeypatch.setenv("GIT_DIR", str(bare))
    first = run("why", "AGENTS.md:4", cwd=bare)
    assert first.code == 0, first.err
    started.clear()
    assert run("why", "AGENTS.md:4", cwd=bare) == first
    assert "log" not in started


def test_nothing_is_written_into_the_repository(run: Run, repo: Repo) -> None:
    before = sorted(repo.root.rglob("*"))
    run("why", "AGENTS.md:4", cwd=repo.root)
    assert sorted(repo.root.rglob("*")) == before


def test_a_known_answer_loads_no_parser_and_compares_no_texts(repo: Repo, tmp_path: Path) -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "from promptops.cli import main; main(['why', 'AGENTS.md:4'])\n"
        "print('LOADED', *sorted(set(sys.modules) - before))"
    )
    environ = {**os.environ, **ENVIRON, "PROMPTOPS_HOME": str(tmp_path / "home")}
    loaded: list[set[str]] = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=repo.root, env=environ, capture_output=True, text=True, check=True,
        )  # fmt: skip
        loaded.append(set(done.stdout.rpartition("LOADED")[2].split()))
    assert {"promptops.history.align"} <= loaded[0]
    assert not loaded[0] & {"dataclasses", "inspect", "click", "ruamel", "yaml", "git", "ssl"}
    assert not loaded[1] & DROPPED


def test_all_of_history_is_begun_before_head_is_listed(
    run: Run, repo: Repo, started: list[str]
) -> None:
    repo.commit({"AGENTS.md": "# Work\n\n- Ask first.\n"}, "less")
    assert run("why", RULE, cwd=repo.root).code == 0
    assert started.index("log") < started.index("ls-tree")


def test_what_stands_in_an_instruction_file_needs_no_more_history_by_its_words(
    run: Run, repo: Repo, started: list[str]
) -> None:
    assert run("why", RULE, cwd=repo.root).code == 0
    assert started.count("log") == 4


@pytest.mark.skipif(sys.platform != "linux", reason="pipes have one size here")
def test_git_need_not_wait_for_its_reader(repo: Repo) -> None:
    repo.commit({f"{at}/{'x' * 200}.md": "y\n" for at in range(1_000)}, "many")
    with Repository.find(str(repo.root), ENVIRON) as found:
        listing = "ls-tree", "-r", "-z", "--name-only", "HEAD"
        found.ahead(*listing, all_of_it=True)
        running = found._ahead[listing]
        assert running.wait() == 0  # with 200 kB printed, and nobody reading
        assert len(list(found.records(*listing))) == 1_003
