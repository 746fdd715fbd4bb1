"""PO522: a version that says too little, in a commit in the making and on a whole branch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import Repo
from test_review import FILE, PROMPT, START

Run = Callable[..., Any]
NEW = PROMPT + "  - {id: kind, text: Stay polite., rationale: The survey of May asked for it.}\n"
NEWER = NEW + "  - {id: calm, text: Stay calm., rationale: The survey of May asked for it.}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit(START, "start")
    return made


def told(run: Run, repo: Repo, *arguments: str) -> list[tuple[str, str]]:
    """(severity, message) of what PO522 says; it alone decides on the exit code."""
    said = run("check", *arguments, "--select", "PO522", "--format", "json", cwd=repo.root)
    found = json.loads(said.out)["result"]["diagnostics"]
    failing = any(one["severity"] != "info" for one in found)
    assert said.code == int(failing), said.err
    return [(one["severity"], one["message"]) for one in found]


def test_an_added_rule_without_a_bump_is_noted_at_the_commit_and_fails_on_the_branch(
    run: Run, repo: Repo
) -> None:
    said = "version 1.0.0 says too little: the change is minor"
    repo.write(FILE, NEW)
    repo.git("add", "-A")
    assert told(run, repo, "--staged") == [("info", said)]
    assert told(run, repo, "--since", "HEAD") == [("warning", said)]
    assert told(run, repo) == []
    assert run("bump", cwd=repo.root).code == 0
    repo.git("add", "-A")
    assert told(run, repo, "--staged") == told(run, repo, "--since", "HEAD") == []


def test_what_the_model_never_sees_is_noted_only(run: Run, repo: Repo) -> None:
    repo.write(FILE, PROMPT.replace("The window shows", "Since May the window shows"))
    said = "version 1.0.0 says too little: the change is patch"
    assert told(run, repo, "--since", "HEAD") == [("info", said)]


def test_a_version_that_was_not_pushed_need_not_grow_twice(
    run: Run, repo: Repo, tmp_path: Path
) -> None:
    repo.git("init", "-q", "--bare", str(tmp_path / "remote"))
    repo.git("remote", "add", "origin", str(tmp_path / "remote"))
    repo.git("push", "-q", "origin", "main")
    repo.commit({FILE: NEW.replace("version: 1.0.0", "version: 1.1.0")}, "one rule")
    repo.write(FILE, NEWER.replace("version: 1.0.0", "version: 1.1.0"))
    repo.git("add", "-A")
    assert told(run, repo, "--staged") == []
    repo.git("push", "-q", "origin", "main")
    (found,) = told(run, repo, "--staged")
    assert "the change is minor" in found[1]
