"""`promptops diff` on real repositories, through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import Repo

Run = Callable[..., Any]

PROMPT = """\
promptops: 1
id: support
version: 1.0.0
models: [openai/gpt-4o-mini]
data: [account-id]
variables:
  question: {examples: ["Why?"], max_tokens: 400, untrusted: true}
budget: {prompt_tokens: 400, output_tokens: 100, calls_per_month: 1000}
messages:
  - role: system
    content: |
      You answer questions.

      {{ rules }}
  - {role: user, content: "{{ question }}"}
rules:
  - id: cite
    text: Cite the paragraph of the policy you rely on.
    rationale: Refunds were promised that no policy allows.
    owner: legal
    tests: [{cases: [fee], assert: {contains: "§"}}]
  - id: short
    text: Use at most 120 words.
    rationale: The window shows 120 words.
    tests: [{cases: [fee], assert: {word_count: {max: 120}}}]
  - id: secret
    text: Never repeat the account number the customer wrote.
    rationale: Replies are forwarded in clear text.
    tests: [{cases: [fee], assert: {not_contains: "4711"}}]
"""
CASES = 'cases:\n  - {id: fee, variables: {question: "Why a fee?"}}\n'
FILE, CASES_FILE = "prompts/support/prompt.yaml", "prompts/support/cases.yaml"
START = {FILE: PROMPT, CASES_FILE: CASES, "AGENTS.md": "# Rules\n\n- Run the tests.\n- Be kind.\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit(START, "start")
    return made


def edit(repo: Repo, *edits: tuple[str, str], path: str = FILE) -> None:
    text = (repo.root / path).read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    repo.write(path, text)


def diff(run: Run, repo: Repo, *arguments: str, code: int | None = None) -> Any:
    ran = run("diff", *arguments, "--format", "json", cwd=repo.root)
    assert ran.code in (0, 1) if code is None else ran.code == code, ran.err
    answer = json.loads(ran.out)
    assert answer["schema"] == "promptops/diff/1"
    return answer["result"]


def rules_of(result: Any, path: str = FILE) -> dict[str, Any]:
    (found,) = [one for one in result["prompts"] if one["path"] == path]
    return {rule["id"]: rule for rule in found["rules"]}


def test_nothing_differs(run: Run, repo: Repo) -> None:
    for arguments in ((), ("--staged",), ("HEAD",), ("HEAD", "HEAD")):
        found = diff(run, repo, *arguments, code=0)
        assert (found["base"], found["prompts"]) == (repo.head(), [])
    assert "no prompt" in run("diff", cwd=repo.root).out


def test_each_change_of_a_rule_is_named_once(run: Run, repo: Repo) -> None:
    edit(
        repo,
        ("at most 120 words", "at most 150 words"),
        ("owner: legal", "owner: privacy"),
        ("    text: Never repeat", "    text: Repeat"),
        ("version: 1.0.0", "version: 2.0.0"),
    )
    edit(repo, ("rules:\n", "rules:\n  - {id: calm, text: Stay calm., rationale: They shout.}\n"))
    found = diff(run, repo, code=0)
    rules = rules_of(found)
    assert {name: rule["change"] for name, rule in rules.items()} == {
        "calm": "added",
        "cite": "metadata",
        "short": "reworded",
        "secret": "reworded",
    }
    assert rules["short"]["flags"] == ["number changed"]
    assert rules["cite"]["fields"] == [{"name": "owner", "before": "legal", "after": "privacy"}]
    (prompt,) = found["prompts"]
    assert prompt["version"] == {
        "before": "1.0.0", "after": "2.0.0", "needed": "major", "made": "major",
        "enough": True, "wanted": "2.0.0",
    }  # fmt: skip
    tokens = prompt["tokens"]["openai/gpt-4o-mini"]
    assert tokens["after"] > tokens["before"] > 0
    money = prompt["usd_per_month"]["openai/gpt-4o-mini"]
    assert money["after"] > money["before"] > 0
    assert prompt["tests"]["untested"] == ["calm"]


def test_a_version_that_says_too_little_fails_and_is_said_loudly(run: Run, repo: Repo) -> None:
    edit(repo, ("at most 120", "at most 150"), ("version: 1.0.0", "version: 1.0.1"))
    said = run("diff", cwd=repo.root)
    assert said.code == 1
    assert "version 1.0.1 says too little" in said.out
    assert "2.0.0 would be right" in " ".join(said.out.split())


def test_the_index_is_not_the_work_tree(run: Run, repo: Repo) -> None:
    edit(repo, ("Never repeat", "Do not repeat"))
    repo.git("add", "-A")
    edit(repo, ("at most 120", "at most 150"))
    assert set(rules_of(diff(run, repo, "--staged"))) == {"secret"}
    assert set(rules_of(diff(run, repo))) == {"secret", "short"}


def test_base_and_head_are_compared_from_where_they_parted(run: Run, repo: Repo) -> None:
    start = repo.head()
    repo.git("checkout", "-q", "-b", "topic")
    edit(repo, ("at most 120", "at most 150"))
    topic = repo.commit({}, "topic")
    repo.git("checkout", "-q", "main")
    edit(repo, ("Never repeat", "Do not repeat"))
    repo.commit({}, "main goes on")
    found = diff(run, repo, "main", "topic")
    assert (found["base"], found["head"]) == (start, topic)
    assert set(rules_of(found)) == {"short"}
    repo.git("checkout", "-q", "topic")
    edit(repo, ("owner: legal", "owner: product"))
    assert set(rules_of(diff(run, repo, "main"))) == {"short", "cite"}


def test_a_shallow_clone_says_how_to_complete_it(run: Run, repo: Repo, tmp_path: Path) -> None:
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a.txt": "a"}, "topic")
    repo.git("checkout", "-q", "main")
    repo.commit({"b.txt": "b"}, "main")
    repo.git("checkout", "-q", "topic")
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--no-single-branch", "--depth", "1", f"file://{repo.root}", str(clone))
    ran = run("diff", "origin/main", "HEAD", cwd=clone)
    assert ran.code == 2
    assert "git fetch --unshallow" in ran.err
    assert "--depth" not in ran.err


def test_plain_files_are_compared_by_paragraph(run: Run, repo: Repo) -> None:
    repo.write(
        "AGENTS.md", "# Rules\n\n- Run the tests twice.\n- Be kind.\n- Never push on Friday.\n"
    )
    rules = rules_of(diff(run, repo, code=0), "AGENTS.md")
    assert {rule["change"] for rule in rules.values()} == {"added", "reworded"}
    assert rules["line-5"]["after"] == "Never push on Friday."


def test_markdown_begins_with_the_marker_and_stays_short(run: Run, repo: Repo) -> None:
    for at in range(40):
        text = PROMPT.replace("id: support", f"id: support-{at}").replace(
            "120 words", "99 words " * 600
        )
        repo.write(f"prompts/p{at}/prompt.yaml", text)
    said = run("diff", "--format", "markdown", cwd=repo.root).out
    assert said.startswith("<!-- promptops-diff -->\n")
    assert len(said) <= 60_000
    assert "more, see the artifact" in said
