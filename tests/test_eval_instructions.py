"""Instruction files are measured by the cases and tests of the sidecars beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran
from loopback import Loopback, Reply, completion
from repos import Repo

Run = Callable[..., Ran]
TEXT = "# Style\n\n- Always answer yes.\n- Never use commas, {{ not a template }}.\n"
SIDECAR = """promptops: 1
rules:
  - id: say-yes
    text: Always answer yes.
    rationale: Because.
    tests:
      - {cases: all, assert: {contains: "yes"}}
cases:
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    cases = "".join(f"  - {{id: c{i}, variables: {{task: 'do {i:02}'}}}}\n" for i in range(20))
    made.commit({"AGENTS.md": TEXT, "AGENTS.rules.yaml": SIDECAR + cases, "CLAUDE.md": TEXT})
    return made


def test_the_file_is_the_system_and_a_case_is_the_user(run: Run, repo: Repo) -> None:
    asked: list[Any] = []

    def behave(_: int, body: dict[str, Any]) -> Reply:
        asked.append(body["messages"])
        return Reply(200, completion("yes"))

    with Loopback(behave) as server:
        to = ("--api-base", server.url, "--model", "m", "--format", "json")
        done = run("eval", "AGENTS.md", *to, cwd=repo.root)
    assert (done.code, len(asked)) == (0, 20)
    assert asked[0][0] == {"role": "system", "content": TEXT}
    assert {turn["content"] for _, turn in asked} == {f"do {i:02}" for i in range(20)}
    result = json.loads(done.out)["result"]
    assert (result["rules"]["say-yes"]["passed"], result["rules"]["say-yes"]["n"]) == (20, 20)


def test_findings_point_into_the_file_and_against_takes_its_older_text(
    run: Run, repo: Repo
) -> None:
    repo.write("AGENTS.md", TEXT.replace("Always answer yes.", "Be kind. Always answer yes."))
    with Loopback(
        lambda _, body: Reply(
            200, completion("no" if "kind" in body["messages"][0]["content"] else "yes")
        )
    ) as server:
        to = ("--api-base", server.url, "--model", "m")
        done = run("eval", "AGENTS.rules.yaml", *to, "--against", "HEAD", cwd=repo.root)
        found = run(
            "eval", "AGENTS.md", *to, "--against", "HEAD", "--format", "json", cwd=repo.root
        )
    assert done.code == 1
    assert "AGENTS.md:3:3" in done.out
    against = json.loads(found.out)["result"]["against"]
    assert (against["verdict"], against["difference_pp"]) == ("worse", -100.0)


def test_recorded_answers_are_scored(run: Run, repo: Repo) -> None:
    rows = ({"prompt": f"do {i:02}", "response": "yes", "model": "m"} for i in range(20))
    repo.write("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    done = run("eval", "AGENTS.md", "--responses", "a.jsonl", cwd=repo.root)
    assert (done.code, "20/20" in done.out) == (0, True)
    simulated = run("eval", "AGENTS.md", "--model", "simulated/plain", "--against", "HEAD",
                    "--format", "json", cwd=repo.root)  # fmt: skip
    assert json.loads(simulated.out)["result"]["rules"]["say-yes"]["passed"] > 10


@pytest.mark.parametrize(
    ("sidecar", "arguments", "said"),
    [
        ("promptops: 1\nrules: []\n", ("AGENTS.md",), "AGENTS.md has no cases"),
        ("promptops: 1\nrules: [\n", ("AGENTS.md",), "promptops check AGENTS.md"),
        (SIDECAR + "  - {id: c, variables: {a: x, b: y}}\n", ("AGENTS.md",), "has 2 variables"),
        (SIDECAR + "  - {id: c}\n", ("AGENTS.md",), "has 0 variables"),
        (None, ("AGENTS.md", "--evidence"), "evidence is of governed prompts"),
        (None, ("AGENTS.md", "--against", "HEAD~1"), "HEAD~1"),
        (None, ("CLAUDE.md",), "promptops adopt CLAUDE.md"),
        (None, ("GONE.md",), "no prompt `GONE.md`"),
    ],
    ids=range(8),
)
def test_what_cannot_be_done_is_said(
    run: Run, repo: Repo, sidecar: str | None, arguments: tuple[str, ...], said: str
) -> None:
    if sidecar is not None:
        repo.write("AGENTS.rules.yaml", sidecar)
    done = run("eval", *arguments, "--model", "simulated/plain", cwd=repo.root)
    assert done.code == 2
    assert said in done.err
