"""Where a command writes what it was told to write: never where the repository's links lead."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import Repo, rules

Run = Callable[..., Any]
PROMPT = """promptops: 1
id: a
version: 1.0.0
messages: [{role: system, content: "{{ rules }}"}]
rules: [{id: brief, text: Answer in one sentence., rationale: The phone shows one.}]
"""
LINK = "leads out of the repository"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"AGENTS.md": rules("Run the tests."), "prompts/a/prompt.yaml": PROMPT})
    return made


@pytest.mark.parametrize(("name", "there"), [("out", True), ("folder/out", False)])
@pytest.mark.parametrize(
    "command",
    [
        ("check", "--format", "sarif"),
        ("diff", "--format", "markdown"),
        ("report",),
    ],
    ids=" ".join,
)
def test_a_link_of_the_repository_does_not_choose(
    run: Run, repo: Repo, tmp_path: Path, command: tuple[str, ...], name: str, there: bool
) -> None:
    target = tmp_path / "home" / "out"
    target.parent.mkdir()
    if there:
        target.write_text("mine\n")
    (repo.root / "out").symlink_to(target)
    (repo.root / "folder").symlink_to(target.parent)
    done = run(*command, "--output", name, cwd=repo.root)
    assert (done.code, LINK in done.err) == (2, True), done.err
    assert os.listdir(target.parent) == (["out"] if there else [])
    assert not there or target.read_text() == "mine\n"


def test_a_link_into_gits_own_folder_does_not_choose(run: Run, repo: Repo) -> None:
    before = (repo.root / ".git/config").read_bytes()
    (repo.root / "out.sarif").symlink_to(".git/config")
    done = run("check", "--format", "sarif", "--output", "out.sarif", cwd=repo.root)
    assert (done.code, LINK in done.err) == (2, True)
    assert (repo.root / ".git/config").read_bytes() == before


def test_a_link_to_a_pipe_outside_is_not_written_to(run: Run, repo: Repo, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (repo.root / "out").symlink_to(tmp_path / "pipe")
    done = run("check", "--output", "out", cwd=repo.root)
    assert (done.code, LINK in done.err) == (2, True)


def test_people_write_where_they_say(run: Run, repo: Repo, tmp_path: Path) -> None:
    """Through links of their own too: outside, or to another place of the repository."""
    (tmp_path / "away").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "away")
    (tmp_path / "again").symlink_to(repo.root)
    (repo.root / "docs").mkdir()
    (repo.root / "d").symlink_to("docs")
    for name, found in {
        "../alias/a.json": tmp_path / "away/a.json",
        str(tmp_path / "away/b.json"): tmp_path / "away/b.json",
        "../again/c.json": repo.root / "c.json",
        "d/d.json": repo.root / "docs/d.json",
        ".git/e.json": repo.root / ".git/e.json",
    }.items():
        done = run("check", "--format", "json", "--output", name, cwd=repo.root)
        assert done.code in (0, 1), done.err
        assert found.read_text().startswith("{")
