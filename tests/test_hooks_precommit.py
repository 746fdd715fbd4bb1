"""This repository as a hook repository, under the real pre-commit and the real prek.

Skipped where they cannot build their environment: they need pip to find the build backend and our
dependencies.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from decided import FILE, PROMPT, REWORD, START, WHY, edit
from repos import Repo

from promptops.config import DEFAULT
from promptops.source.workspace import find_files

ROOT = Path(__file__).parent.parent
SHIPPED = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "promptops")
CONFIG = """\
default_install_hook_types: [pre-commit, commit-msg]
repos:
  - repo: {repo}
    rev: {rev}
    hooks:
      - id: promptops-check
      - id: promptops-decisions
"""
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / SHIPPED[0]).read_text())}


# -- the manifest --------------------------------------------------------------------------------


def test_the_manifest_says_what_pre_commit_needs() -> None:
    assert set(HOOKS) == {
        "promptops-check", "promptops-decisions", "promptops-message", "promptops-push"}  # fmt: skip
    for hook in HOOKS.values():
        assert hook["minimum_pre_commit_version"] == "3.2.0"
        assert hook["language"] == "python"
        assert hook["require_serial"] is True
    assert HOOKS["promptops-decisions"]["stages"] == ["commit-msg"]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("prompts/a/prompt.yaml", True),
        ("prompts/deep/er/prompt.yaml", True),
        ("prompts/a.prompt.yaml", True),
        ("prompts/a/cases.yaml", True),
        ("prompts/a/cases.csv", True),
        ("docs/decisions/20260101-a.md", True),
        ("AGENTS.md", True),
        ("deep/CLAUDE.md", True),
        (".cursor/rules/a.mdc", True),
        (".github/copilot-instructions.md", True),
        (".github/instructions/py.instructions.md", True),
        ("prompts/.schema/prompt.schema.json", False),
        ("prompts/a/other.yaml", False),
        ("docs/decisions/README.md", False),
        ("docs/decisions/deep/a.md", False),
        ("README.md", False),
        ("xprompts/a/prompt.yaml", False),
        ("src/main.py", False),
    ],
)
def test_the_pattern_lets_governed_files_through_and_no_others(path: str, wanted: bool) -> None:
    assert bool(re.search(HOOKS["promptops-check"]["files"], path)) == wanted
    if "cases" not in path:
        assert bool(len(find_files(DEFAULT, [path]))) == wanted


# -- for real ------------------------------------------------------------------------------------


class Committer:
    """A repository with pre-commit installed, and commits that go through it."""

    def __init__(self, repo: Repo, env: Mapping[str, str]) -> None:
        self.repo = repo
        self.env = env

    def run(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            arguments, cwd=self.repo.root, env=self.env, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def commit(self, message: str, *arguments: str) -> tuple[int, str]:
        return self.run("git", "commit", "-m", message, *arguments)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], str]:
    """(the hook repository, the environment variables, its revision)."""
    place = tmp_path_factory.mktemp("precommit")
    hooks = Repo(place / "promptops")
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, hooks.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, hooks.root / name)
    hooks.git("add", "-A")
    rev = hooks.record("release")
    clean = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("GIT_", "COV_", "COVERAGE_", "PRE_COMMIT"))
    }
    env = {
        **clean,
        "PRE_COMMIT_HOME": str(place / "home"),
        "PREK_HOME": str(place / "prek"),
        "PROMPTOPS_HOME": str(place / "kept"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PIP_RETRIES": "0",
        "PIP_NO_COMPILE": "1",
    }
    return hooks.root, env, rev


@pytest.fixture(scope="module")
def built(shipped: Any) -> tuple[Path, dict[str, str], str]:
    """The same, with pre-commit's environment built."""
    hooks, env, rev = shipped
    first = committer(hooks, rev, hooks.parent / "first", env)
    try:
        code, said = first.run(sys.executable, "-m", "pre_commit", "install-hooks")
    except OSError as error:
        pytest.skip(f"no pre-commit here: {error}")
    if code:
        pytest.skip(f"pre-commit cannot build its environment: {said[-300:]}")
    return hooks, env, rev


def committer(hooks: Path, rev: str, place: Path, env: Mapping[str, str]) -> Committer:
    repo = Repo(place)
    repo.git("config", "user.name", "Ada")
    repo.git("config", "user.email", "ada@example.org")
    settings = START["promptops.toml"] + 'select = ["PO0", "PO5"]\n'
    repo.commit(
        {
            **START,
            "promptops.toml": settings,
            ".pre-commit-config.yaml": CONFIG.format(repo=hooks, rev=rev),
        },
        "start",
    )
    return Committer(repo, env)


@pytest.fixture
def ready(built: Any, tmp_path: Path) -> Committer:
    hooks, env, rev = built
    made = committer(hooks, rev, tmp_path / "repo", env)
    code, said = made.run(sys.executable, "-m", "pre_commit", "install")
    assert code == 0, said
    return made


@pytest.mark.timeout(300)
def test_commits_under_pre_commit(ready: Committer) -> None:
    """One walk through it: each step costs pre-commit's own start, twice."""
    repo = ready.repo
    # a broken prompt is refused by the check
    repo.write(FILE, PROMPT.replace("owners", "ownars"))
    repo.git("add", "-A")
    code, said = ready.commit("Broken")
    assert code == 1
    assert "did you mean `owners`?" in said
    # partly staged: the index is fine, the disk is broken; nothing is lost
    repo.write(FILE, PROMPT.replace("survey of May", "survey of June"))
    repo.git("add", "-A")
    broken = PROMPT.replace("owners", "ownars")
    repo.write(FILE, broken)
    code, said = ready.commit("Another reason")
    assert code == 0, said
    assert (repo.root / FILE).read_text() == broken
    # and the other way round: what is staged is broken, the disk is fine
    repo.git("add", "-A")
    repo.write(FILE, PROMPT)
    assert ready.commit("Broken again")[0] == 1
    assert (repo.root / FILE).read_text() == PROMPT
    # a change of meaning without a decision, and with a waiver
    edit(repo, REWORD)
    code, said = ready.commit("Reword")
    assert code == 1
    assert "rule `cite` of prompt `support` was reworded" in said
    code, said = ready.commit(f"Reword\n\nDecision-Waiver: {WHY}")
    assert code == 0, said
    assert repo.git("log", "-1", "--format=%(trailers:key=Decision-Waiver,valueonly)") == WHY


@pytest.mark.timeout(300)
def test_our_hooks_beside_pre_commits(ready: Committer) -> None:
    """Installed first, ours run through pre-commit's; installed later, theirs are left alone."""
    repo = ready.repo
    promptops = [sys.executable, "-m", "promptops"]
    code, said = ready.run(*promptops, "install")
    assert code == 0, said
    assert "is pre-commit's, and runs promptops" in said
    assert "pre-commit.com" in (repo.root / ".git/hooks/commit-msg").read_text()
    repo.write(".pre-commit-config.yaml", "repos: []\n")
    code, said = ready.run(*promptops, "install")
    assert code == 3
    assert "- id: promptops-decisions" in said
    for name in ("pre-commit", "commit-msg"):
        (repo.root / ".git/hooks" / name).unlink()
    assert ready.run(*promptops, "install")[0] == 0
    pre_commit = [sys.executable, "-m", "pre_commit", "install", "-t", "commit-msg"]
    assert ready.run(*pre_commit)[0] == 0
    assert (repo.root / ".git/hooks/commit-msg.legacy").is_file()
    assert ready.run(*promptops, "install")[0] == 0
    edit(repo, REWORD)
    code, said = ready.commit("Reword")
    assert code == 1
    assert "rule `cite` of prompt `support` was reworded" in said


@pytest.mark.timeout(300)
def test_commits_under_prek(shipped: Any, tmp_path: Path) -> None:
    """Which reads the same files as pre-commit, and makes the environment with uv."""
    prek = shutil.which("prek", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if prek is None:
        pytest.skip("no prek here")
    hooks, env, rev = shipped
    made = committer(hooks, rev, tmp_path / "repo", env)
    code, said = made.run(prek, "install", "--prepare-hooks")
    if code:
        pytest.skip(f"prek cannot build its environment: {said[-300:]}")
    made.repo.write(FILE, PROMPT.replace("owners", "ownars"))
    made.repo.git("add", "-A")
    code, said = made.commit("Broken")
    assert code == 1
    assert "did you mean `owners`?" in said
    made.repo.write(FILE, PROMPT)
    edit(made.repo, REWORD)
    code, said = made.commit("Reword")
    assert code == 1
    assert "rule `cite` of prompt `support` was reworded" in said
    assert made.commit(f"Reword\n\nDecision-Waiver: {WHY}")[0] == 0
