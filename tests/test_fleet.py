"""Many repositories at once: what is told of each, what isn't worked out again, what fails alone."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import ADA, BOB, Repo

Run = Callable[..., Any]
PROMPT = """\
promptops: 1
id: {id}
version: 1.0.0
owners: [team]
models: [anthropic/claude-sonnet-4-5, openai/gpt-4o]
budget: {{calls_per_month: 1000, output_tokens: 10}}
messages: [{{role: system, content: "{{{{ rules }}}}"}}]
cases: [{{id: one, variables: {{}}}}]
rules:
  - id: brief
    text: Use at most 120 words.
    rationale: Long answers were not read to the end by most customers.
    tests: [{{cases: all, assert: {{word_count: {{max: 120}}}}}}]
  - id: cite
    text: Cite the paragraph you rely on.
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Three repositories, one of them bare, and a folder that is none."""
    first = Repo(tmp_path / "agents" / "first")
    first.commit({"prompts/desk/prompt.yaml": PROMPT.format(id="desk")}, "Start", ADA)
    first.clock += 400 * 86_400
    first.commit(
        {"AGENTS.md": "# Rules\n\n- Never push to main.\n- Always push to main.\n"}, "x", BOB
    )
    second = Repo(tmp_path / "agents" / "second")
    second.commit({"README.md": "nothing of ours\n"})
    first.git("clone", "-q", "--bare", str(first.root), str(tmp_path / "bare.git"))
    (tmp_path / "agents" / "notes").mkdir()
    (tmp_path / "fleet.toml").write_text('repositories = ["agents/*", "bare.git"]\n')
    return tmp_path


def told(run: Run, folder: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    ran = run("fleet", "fleet.toml", "--format", "json", *more, cwd=folder)
    return ran.code, json.loads(ran.out)["result"]["repositories"]


def test_each_repository_is_told_at_its_head(run: Run, fleet: Path) -> None:
    code, (first, second, bare) = told(run, fleet)
    assert code == 0
    assert [Path(one["folder"]).name for one in (first, second, bare)] == [
        "first", "second", "bare.git",
    ]  # fmt: skip
    prompt, agents = first["rows"]
    assert (prompt["id"], prompt["rules"], prompt["unreasoned"], prompt["untested"]) == (
        "desk", 2, 1, 1,
    )  # fmt: skip
    assert prompt["tokens"]["openai/gpt-4o"] > 10
    assert prompt["usd_per_month"] > 0
    assert prompt["rests_on"] == {"left": 2}
    assert agents["rests_on"] == {"one": 2}
    assert agents["findings"] == {"warning": 1}
    assert first["people"] == {"bob@example.org": 2}
    assert second["rows"] == []
    assert bare["rows"] == first["rows"]


def test_the_page_names_what_needs_somebody(run: Run, fleet: Path) -> None:
    said = run("fleet", "fleet.toml", cwd=fleet).out
    assert "3 repositories, 2 prompts, 2 instruction files, 8 rules, 6 of them without a" in said
    assert "4 rules rest on people who left" in said
    assert "bob@example.org" in said
    assert "1 of 2" in said
    page = run("fleet", "fleet.toml", "--format", "html", cwd=fleet).out
    assert page.startswith("<!doctype html>")
    assert "Models that retire" in page


def test_two_processes_say_the_same_bytes_as_one(run: Run, fleet: Path) -> None:
    asked = ("fleet", "fleet.toml", "--format", "json", "--processes")
    assert run(*asked, "1", cwd=fleet).out == run(*asked, "2", cwd=fleet).out


def test_nothing_is_worked_out_again_until_head_moves(
    run: Run, fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, before = told(run, fleet, "--processes", "1")
    from promptops.fleet import survey

    worked: list[str] = []
    real = survey.read_file
    monkeypatch.setattr(
        survey, "read_file", lambda tree, path, kind: worked.append(path) or real(tree, path, kind)
    )
    assert told(run, fleet, "--processes", "1")[1] == before
    assert worked == []
    Repo(fleet / "agents" / "first", create=False).commit({"README.md": "hello\n"})
    _, after = told(run, fleet, "--processes", "1")
    assert worked == ["prompts/desk/prompt.yaml", "AGENTS.md"]
    assert after[0]["rows"][0]["tokens"] == before[0]["rows"][0]["tokens"]


def test_what_is_not_committed_does_not_count(run: Run, fleet: Path) -> None:
    (fleet / "agents" / "first" / "AGENTS.md").write_text("- Only on the disk.\n")
    _, (first, *_) = told(run, fleet)
    assert first["rows"][1]["rules"] == 2


def test_one_that_cannot_be_read_takes_nothing_else_along(run: Run, fleet: Path) -> None:
    Repo(fleet / "agents" / "empty")
    broken = Repo(fleet / "agents" / "broken")
    broken.commit({"promptops.toml": "prompts = 7\n", "AGENTS.md": "- x\n"})
    with (fleet / "fleet.toml").open("a") as file:
        file.write("# and one that is gone\n")
    text = (fleet / "fleet.toml").read_text().replace('"bare.git"', '"bare.git", "gone"')
    (fleet / "fleet.toml").write_text(text)
    code, found = told(run, fleet)
    assert code == 3
    problems = {Path(one["folder"]).name: one["problem"] for one in found}
    assert problems["first"] is None
    assert "promptops.toml" in problems["broken"]
    assert problems["empty"] == "it has no commit yet"
    assert "no such folder" in problems["gone"]
    said = run("fleet", "fleet.toml", cwd=fleet).out
    assert "empty could not be read: it has no commit yet" in said


def test_a_prompt_that_is_broken_is_counted_as_that(run: Run, fleet: Path) -> None:
    repo = Repo(fleet / "agents" / "first", create=False)
    repo.commit({"prompts/bad/prompt.yaml": "promptops: ["})
    _, (first, *_) = told(run, fleet)
    assert first["rows"][0]["path"] == "prompts/bad/prompt.yaml"
    assert first["rows"][0]["findings"] == {"error": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("repositories = [", "not TOML"),
        ("", "`repositories` is a list of folders"),
        ("repositories = []", "`repositories` is a list of folders"),
        ('repositories = ["nothing/*"]', "no repository matches `nothing/*`"),
        ('repositorys = ["agents/*"]', "did you mean `repositories`?"),
        ('repositories = ["agents/*"]\nretires_within = "x"', "a number of days"),
    ],
)
def test_a_manifest_that_is_wrong(run: Run, fleet: Path, text: str, words: str) -> None:
    (fleet / "fleet.toml").write_text(text)
    ran = run("fleet", "fleet.toml", cwd=fleet)
    assert ran.code == 2
    assert words in ran.err
    assert "fleet.toml" in ran.err


def test_a_manifest_that_is_not_there(run: Run, tmp_path: Path) -> None:
    ran = run("fleet", "fleet.toml", cwd=tmp_path)
    assert ran.code == 2
    assert "No such file" in ran.err


def test_a_repository_whose_objects_are_gone_is_damaged_not_new(run: Run, fleet: Path) -> None:
    import shutil

    lost = Repo(fleet / "agents" / "lost")
    lost.commit({"AGENTS.md": "- x\n"})
    shutil.rmtree(lost.root / ".git" / "objects")
    (lost.root / ".git" / "objects").mkdir()
    code, found = told(run, fleet)
    assert code == 3
    [problem] = [one["problem"] for one in found if one["problem"]]
    assert re.fullmatch("HEAD's commit cannot be read: [0-9a-f]{40}", problem)


def test_where_no_volume_is_known_the_longest_prompts_are_named(run: Run, tmp_path: Path) -> None:
    unmeasured = PROMPT.replace("calls_per_month: 1000, ", "")
    for number in range(9):
        repo = Repo(tmp_path / f"r{number}")
        repo.clock = int(time.time()) - 86_400  # so that nobody counts as gone
        text = unmeasured.format(id=f"p{number}").replace("120 words", "120 words" * (number + 1))
        repo.commit({"prompts/p.prompt.yaml": text}, "Start", ADA)
    (tmp_path / "fleet.toml").write_text('repositories = ["r*"]\n')
    said = run("fleet", "fleet.toml", cwd=tmp_path).out
    longest = said.partition("What is longest")[2]
    assert "calls_per_month" in longest
    assert longest.index("r8/p8") < longest.index("r7/p7") < longest.index("r0/p0")
    assert "r0, r1, r2, r3, r4, r5 and 3 more" in " ".join(said.split())
