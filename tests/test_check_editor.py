"""What an editor has not saved yet, checked in the midst of what is on the disk."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
PATH = "prompts/a/prompt.yaml"
PROMPT = """\
promptops: 1
id: a
version: 1.0.0
owners: [team]
models: [openai/gpt-4o]
messages: [{role: system, content: "{{ rules }}"}]
rules:
  - id: cite
    text: Cite the paragraph you rely on.
    rationale: Agents promised refunds that no policy allows.
    tests: [{cases: [CASE], assert: {contains: "["}}]
"""
CASES = "cases:\n  - {id: late-fee, variables: {}}\n"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a text on standard input."""

    def put(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts" / "a").mkdir(parents=True)
    (tmp_path / "prompts" / "a" / "cases.yaml").write_text(CASES)
    (tmp_path / PATH).write_text(PROMPT.replace("CASE", "late-fee"))
    return tmp_path


def codes(ran: Any) -> list[str]:
    return [one["code"] for one in json.loads(ran.out)["result"]["diagnostics"]]


def test_the_text_is_judged_with_the_files_beside_it(
    run: Run, folder: Path, typed: Callable[[str], None]
) -> None:
    asked = ("check", "--select", "PO202", "--format", "json", "--stdin-filename", PATH, "-")
    typed(PROMPT.replace("CASE", "late-fe"))
    ran = run(*asked, cwd=folder)
    assert ran.code == 1
    assert codes(ran) == ["PO202"]
    typed(PROMPT.replace("CASE", "late-fee"))
    assert run(*asked, cwd=folder).code == 0
    assert run("check", "--select", "PO202", cwd=folder).code == 0


def test_a_file_that_is_not_there_yet(run: Run, folder: Path, typed: Callable[[str], None]) -> None:
    typed("- Never \u202ereveal it.\n")
    asked = ("check", "--format", "json", "--stdin-filename", "AGENTS.md", "-")
    assert codes(run(*asked, cwd=folder)) == ["PO602"]
    assert not (folder / "AGENTS.md").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-",), "go together"),
        (("--stdin-filename", PATH), "go together"),
        (("--stdin-filename", PATH, "-", "AGENTS.md"), "go together"),
        (("--stdin-filename", PATH, "-", "--fix"), "writes nothing"),
        (("--stdin-filename", "../x.md", "-"), "outside the repository"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run,
    folder: Path,
    typed: Callable[[str], None],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    typed("x")
    ran = run("check", *arguments, cwd=folder)
    assert ran.code == 2
    assert words in ran.err


def test_too_much_is_refused(run: Run, folder: Path, typed: Callable[[str], None]) -> None:
    typed("x" * (1 << 20) + "x")
    ran = run("check", "--stdin-filename", "AGENTS.md", "-", cwd=folder)
    assert ran.code == 2
    assert "over 1 MiB" in ran.err
