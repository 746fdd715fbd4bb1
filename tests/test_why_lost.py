"""Rules of prompts whose file is gone or broken, and files whose names are commands."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import BOB, Repo, rules
from test_why import why

Run = Callable[..., Any]
KIND = "Be kind to every customer who writes to us."
PROMPT = f"""promptops: 1
id: bot
version: 1.0.0
messages: [{{role: system, content: "{{{{ rules }}}}"}}]
rules: [{{id: kind, text: {KIND}}}]
"""
PATH = "prompts/bot/prompt.yaml"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README.md": "x\n"}, "start")
    made.commit({PATH: PROMPT}, "be kind")
    return made


def test_a_rule_of_a_prompt_that_was_removed_is_found_by_its_name(run: Run, repo: Repo) -> None:
    gone = repo.commit({PATH: None}, "nobody uses it", BOB)
    found = why(run, repo, "bot/kind")
    assert (found["rule"]["text"], found["present"]) == (KIND, False)
    assert [(e["kind"], e["author"]) for e in found["events"]] == [
        ("introduced", "Ada Lovelace"),
        ("removed", "Bob Ross"),
    ]
    assert found["events"][1]["commit"] == gone
    assert run("why", "bot/other", cwd=repo.root).code == 2


def test_a_prompt_that_is_gone_from_the_disk_alone_is_found(run: Run, repo: Repo) -> None:
    (repo.root / PATH).unlink()
    found = why(run, repo, "bot/kind")
    assert [e["kind"] for e in found["events"]] == ["introduced"]
    assert any("not committed yet" in note for note in found["notes"])


def test_a_prompt_that_cannot_be_read_is_not_unknown(run: Run, repo: Repo) -> None:
    repo.write(PATH, "rules: [\n")
    done = run("why", "bot/kind", cwd=repo.root)
    assert (done.code, "cannot be read" in done.err) == (2, True)
    assert f"`promptops check {PATH}`" in done.err


NAME = "$(touch PWN);`touch PWN` &x"


def test_a_file_name_is_no_command_in_what_is_suggested(run: Run, repo: Repo) -> None:
    """People copy what stands between backticks into a shell."""
    repo.commit({f"{NAME}/AGENTS.md": rules(KIND, "Ask twice.")})
    repo.write(f"prompts/{NAME}/prompt.yaml", "a: [\n")
    said = ""
    for command in (("doctor",), ("tokens",), ("render", "x"), ("diff",), ("check",)):
        done = run(*command, cwd=repo.root)
        said += " ".join((done.out + done.err).split()) + "\n"
    assert f"`promptops adopt {shlex.quote(NAME + '/AGENTS.md')}`" in said
    broken = shlex.quote(f"prompts/{NAME}/prompt.yaml")
    assert f"`promptops check {broken}" in said
    for part in said.split("promptops check ")[1:] + said.split("promptops adopt ")[1:]:
        assert not part.startswith((NAME, f"prompts/{NAME}"))
