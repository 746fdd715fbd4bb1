"""`promptops diff` on instruction files with a sidecar beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import Repo

Run = Callable[..., Any]

PLAIN = """# How to work here

Some words about the house.

- Run the tests with `uv run pytest`, never with pip.
- Never push to `main`.
- Keep functions under 40 lines.
"""
SIDECAR = """promptops: 1
owners: [platform]
rules:
  - id: uv
    text: Run the tests with `uv run pytest`, never with pip.
    rationale: A pip run on 2026-03-02 tested the released version.
    tests: [{cases: [a], assert: {contains: uv}}]
  - id: push
    text: Never push to `main`.
    rationale: A push of May broke the release.
cases: [{id: a}]
"""
BESIDE = "AGENTS.rules.yaml"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"AGENTS.md": PLAIN, BESIDE: SIDECAR, "a.rules.yaml": SIDECAR}, "start")
    return made


def diff(run: Run, repo: Repo, *arguments: str) -> Any:
    ran = run("diff", *arguments, "--format", "json", cwd=repo.root)
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)["result"]["prompts"]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("arguments", [(), ("--staged",), ("HEAD~1", "HEAD")], ids=str)
def test_rules_go_by_the_ids_of_the_sidecar(
    run: Run, repo: Repo, arguments: tuple[str, ...]
) -> None:
    repo.write("AGENTS.md", PLAIN.replace("never with pip", "not with pip"))
    repo.git("add", "-A")
    if "HEAD" in arguments:
        repo.record("reworded")
    found = diff(run, repo, *arguments)
    (rule,) = found["rules"]
    assert (rule["id"], rule["change"], rule["also"]) == ("uv", "reworded", [])
    assert rule["score"] is None  # the id says that it is the same rule


def test_what_only_the_sidecar_says_is_metadata(run: Run, repo: Repo) -> None:
    text = SIDECAR.replace("2026-03-02", "2026-03-03").replace("contains: uv", "contains: uvx")
    text = text.replace("[platform]", "[platform, ada]").replace("{id: a}", "{id: a}, {id: b}")
    repo.write(BESIDE, text)
    found = diff(run, repo)
    assert (found["path"], found["status"], found["governed"]) == ("AGENTS.md", "changed", False)
    (rule,) = found["rules"]
    assert (rule["id"], rule["change"]) == ("uv", "metadata")
    assert {field["name"] for field in rule["fields"]} == {"rationale", "tests"}
    assert [change["what"] for change in found["changes"]] == ["owners"]
    assert found["tests"]["cases"]["added"] == ["b"]
    said = run("diff", cwd=repo.root).out
    assert "uv: metadata" in said
    assert "2026-03-02 tested the released version. → A pip run on" in said


def test_an_entry_that_comes_goes_or_gets_another_id(run: Run, repo: Repo) -> None:
    entry = (
        "  - id: short\n    text: Keep functions under 40 lines.\n    rationale: Readers asked.\n"
    )
    repo.write(BESIDE, SIDECAR.replace("  - id: push", f"{entry}  - id: no-push"))
    rules = {rule["id"]: rule for rule in diff(run, repo)["rules"]}
    assert set(rules) == {"short", "no-push"}
    assert rules["no-push"]["was"] == ["push"]
    assert rules["short"]["change"] == "metadata"
    assert rules["short"]["was"] == []
    (repo.root / BESIDE).unlink()
    gone = diff(run, repo)
    assert {rule["change"] for rule in gone["rules"]} == {"metadata"}
    assert gone["tests"]["cases"]["removed"] == ["a"]


def test_a_rule_that_leaves_the_file_is_removed_by_its_id(run: Run, repo: Repo) -> None:
    repo.write("AGENTS.md", PLAIN.replace("- Never push to `main`.\n", ""))
    (rule,) = diff(run, repo)["rules"]
    assert (rule["id"], rule["change"]) == ("push", "removed")


def test_a_sidecar_that_cannot_be_read_says_so_and_the_file_is_reviewed(
    run: Run, repo: Repo
) -> None:
    repo.write(BESIDE, f"{SIDECAR}rules: [\n")
    repo.write("AGENTS.md", PLAIN.replace("under 40", "under 50"))
    found = diff(run, repo)
    assert found["problem"].startswith(f"{BESIDE}:")
    (rule,) = found["rules"]
    assert (rule["id"], rule["change"]) == ("line-7", "reworded")


def test_a_sidecar_of_nothing_and_one_with_other_comments_are_no_change(
    run: Run, repo: Repo
) -> None:
    repo.write("a.rules.yaml", SIDECAR.replace("uv", "nox"))
    repo.write(BESIDE, f"# by hand\n{SIDECAR}")
    assert diff(run, repo) is None
