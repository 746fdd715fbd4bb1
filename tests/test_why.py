"""`promptops why` on real repositories, through the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import ADA, BOB, Repo, rules

Run = Callable[..., Any]

KIND = "Be kind to every customer who writes to us."
CITE = "Cite the policy section that you rely on."
TESTS = "Run the whole test suite before you push a branch."
PATH = "prompts/bot/prompt.yaml"
RECORD = """\
---
status: accepted
date: 2026-04-12
prompts: [bot]
rules: [cite]
kind: rule
---
# Cite the policy in every answer
## Context and Problem Statement
Refunds were promised.
"""


def prompt(*, cite: str = CITE, extra: str = "", retired: str = "") -> str:
    return (
        "promptops: 1\nid: bot\nversion: 1.0.0\nmessages:\n  - {role: system, content: '{{ rules }}'}\n"
        f"rules:\n  - id: kind\n    text: {KIND}\n  - id: cite\n    text: {cite}\n"
        "    rationale: Refunds were promised that the policy forbids (INC-231).\n"
        "    decision: 20260412-cite\n    owner: legal\n"
        '    tests: [{cases: [fee], assert: {contains: "§"}}]\n'
        f"{extra}{retired}cases:\n  - {{id: fee}}\n"
    )


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": "x\n"}, "start")
    return made


def why(run: Run, repo: Repo, target: str, *more: str) -> dict[str, Any]:
    done = run("why", target, "--format", "json", *more, cwd=repo.root)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["schema"] == "promptops/why/1"
    result: dict[str, Any] = found["result"]
    return result


def history(repo: Repo) -> list[str]:
    """A small life of two rules in an AGENTS.md; the commits."""
    return [
        repo.commit({"AGENTS.md": rules(KIND, CITE)}, "Tell agents to cite (#12)\n\nRefunds were promised.\n"),
        repo.commit({"AGENTS.md": rules(KIND, CITE.replace("Cite", "Always cite"), TESTS)}, "Harden it", BOB),
        repo.commit({"docs/AGENTS.md": rules(KIND.replace(" us.", " them."))}, "Docs have agents, too"),
    ]  # fmt: skip


def test_the_life_of_a_line(run: Run, repo: Repo) -> None:
    first, second, _ = history(repo)
    told = why(run, repo, "AGENTS.md:4")
    assert told["rule"] == {
        "prompt": "AGENTS.md", "id": "line-4", "text": CITE.replace("Cite", "Always cite"),
        "path": "AGENTS.md", "line": 4,
    }  # fmt: skip
    assert told["present"] is True
    assert told["complete"] is True
    introduced = told["introduced"]
    assert (introduced["commit"], introduced["author"], introduced["email"]) == (
        first, "Ada Lovelace", "ada@example.org",
    )  # fmt: skip
    assert introduced["date"].endswith("Z")
    assert introduced["confidence"] == "certain"
    assert introduced["pull_request"] == "#12"
    assert introduced["body"] == "Refunds were promised."
    events = [(e["kind"], e["commit"], e["before"], e["after"]) for e in told["events"]]
    assert events == [
        ("introduced", first, None, CITE),
        ("reworded", second, CITE, CITE.replace("Cite", "Always cite")),
    ]
    assert told["events"][1]["effect"] == ["stronger"]
    assert [p["name"] for p in told["people"]] == ["Ada Lovelace", "Bob Ross"]
    assert all(p["active"] for p in told["people"])


def test_a_phrase_is_found_where_it_stands(run: Run, repo: Repo) -> None:
    first, *_ = history(repo)
    told = why(run, repo, "the policy SECTION that")
    assert told["introduced"]["commit"] == first
    assert told["rule"]["path"] == "AGENTS.md"
    told = why(run, repo, "be kind to every customer")
    assert any("docs/AGENTS.md:3" in note for note in told["notes"])


def test_a_phrase_is_found_in_a_skill_that_nobody_governs(run: Run, repo: Repo) -> None:
    wrapped = CITE.replace(" ", "\n  ", 3)
    there = repo.commit({"skills/refunds/SKILL.md": rules(KIND, wrapped)}, "A skill")
    told = why(run, repo, " ".join(CITE.split()[1:6]))
    assert told["present"] is True
    assert told["rule"]["path"] == "skills/refunds/SKILL.md"
    assert told["introduced"]["commit"] == there


def test_a_phrase_that_is_gone_is_told_to_its_end(run: Run, repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)}, "Rules for agents")
    gone = repo.commit(
        {"AGENTS.md": rules(KIND, TESTS)}, "Nobody cites anything\n\nIt annoyed people."
    )
    for _ in range(2):  # the second time from what was kept
        told = why(run, repo, "cite the policy section")
        assert told["present"] is False
        assert [(e["kind"], e["commit"]) for e in told["events"]] == [
            ("introduced", first),
            ("removed", gone),
        ]
        repo.commit({"README": f"{repo.clock}\n"})
    done = run("why", "cite the policy section", cwd=repo.root)
    assert "no longer there" in done.out
    assert "It annoyed people." in done.out


def test_a_phrase_that_went_with_a_rewording(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)})
    repo.commit(
        {"AGENTS.md": rules(KIND, CITE.replace("policy section", "policy paragraph"), TESTS)}
    )
    told = why(run, repo, "the policy section")
    assert [e["kind"] for e in told["events"]] == ["introduced", "reworded"]
    assert any("live on" in note for note in told["notes"])


def test_a_phrase_that_left_for_another_file_in_other_words(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)})
    new = CITE.replace("that you rely on", "your answer is based on")
    repo.commit({"AGENTS.md": rules(KIND), "skills/cite/SKILL.md": rules(new, TESTS)}, "A skill")
    told = why(run, repo, "section that you rely on")
    assert told["events"][-1]["kind"] == "moved"
    assert told["events"][-1]["path"] == "skills/cite/SKILL.md"
    assert told["events"][-1]["after"] == new


def test_a_governed_rule_with_all_that_is_on_record(run: Run, repo: Repo) -> None:
    first = repo.commit({PATH: prompt(), "docs/decisions/20260412-cite.md": RECORD}, "Cite")
    evidence = {"model": "openai/gpt-4o-mini", "measured": "2026-05-01T00:00:00Z", "commit": first,
                "rules": {"cite": {"passed": 47, "n": 50}}}  # fmt: skip
    repo.commit(
        {
            "prompts/bot/evidence/gpt.json": json.dumps(evidence),
            "prompts/bot/evidence/bad.json": "[",
        }
    )
    repo.commit(
        {PATH: prompt(cite=CITE.replace("rely", "lean"))},
        "Softer\n\nDecision: DR-0007\nCo-authored-by: Bob Ross <bob@example.org>\n",
    )
    told = why(run, repo, "bot/cite")
    assert told["rule"]["prompt"] == "bot"
    assert told["rationale"].startswith("Refunds were promised")
    assert [d["id"] for d in told["decisions"] if d["found"]] == ["20260412-cite"]
    assert [d["id"] for d in told["decisions"] if not d["found"]] == ["DR-0007"]
    assert told["tests"] == [
        {"cases": ["fee"], "slice": {}, "fires": True, "assertions": ["contains"]}
    ]
    assert [(m["passed"], m["n"]) for m in told["evidence"]] == [(47, 50)]
    assert told["events"][-1]["decision"] == "DR-0007"
    assert {p["name"] for p in told["people"]} == {"Ada Lovelace", "Bob Ross"}
    text = run("why", "bot/cite", cwd=repo.root).out
    for words in (
        "47 of 50",
        "Decision 20260412-cite (accepted)",
        "DR-0007: named, and not on record",
    ):
        assert words in text
    line = next(n for n, s in enumerate(prompt().splitlines(), 1) if "id: cite" in s)
    assert why(run, repo, f"{PATH}:{line}")["rule"]["id"] == "cite"


def test_a_rule_that_was_retired_says_why(run: Run, repo: Repo) -> None:
    extra = "  - id: emoji\n    text: Never use emoji in any of your answers.\n"
    first = repo.commit({PATH: prompt(extra=extra)}, "No emoji")
    retired = "retired:\n  - {id: emoji, text: Never use emoji in any of your answers., reason: Customers asked for warmth., version: 1.0.0}\n"
    gone = repo.commit({PATH: prompt(retired=retired)}, "Emoji are fine")
    told = why(run, repo, "bot/emoji")
    assert told["present"] is False
    assert [(e["kind"], e["commit"]) for e in told["events"]] == [
        ("introduced", first),
        ("removed", gone),
    ]
    assert "Customers asked for warmth." in run("why", "bot/emoji", cwd=repo.root).out
    repo.commit({PATH: prompt(retired=retired.replace("emoji,", "ghost,", 1))})
    assert why(run, repo, "bot/ghost")["events"] == []


@pytest.mark.parametrize(
    ("target", "message", "help"),
    [
        ("bot/cit", "no rule `cit`", "cite"),
        ("bot/whistle", "no rule `whistle`", "its rules are "),
        ("bott/cite", "no prompt `bott`", "bot/cite"),
        ("AGENTS.md", "is a file", "AGENTS.md:1"),
        ("AGENTS.md:99", "no text stands on that line", "the last text is `AGENTS.md:4`"),
        ("AGENTS.md:2", "no text stands on that line", "the next text is `AGENTS.md:3`: "),
        ("nope.md:3", "No such file", ""),
        ("../outside.md:1", "outside the repository", ""),
        ("words nobody ever wrote", "in no rule", "PROMPT/RULE"),
        ("ab", "too little", "few words"),
    ],
)
def test_what_never_was_is_refused_with_the_nearest(
    run: Run, repo: Repo, target: str, message: str, help: str
) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE), PATH: prompt()})
    done = run("why", target, cwd=repo.root)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert help in done.err


def test_what_is_not_committed_is_said_to_be_new(run: Run, repo: Repo) -> None:
    first, *_ = history(repo)
    now = f"# Rules\n\n- {TESTS}\n- {KIND}\n- {CITE.replace('Cite', 'Usually cite')}\n- Whistle a little tune.\n"
    repo.write("AGENTS.md", now)
    told = why(run, repo, "AGENTS.md:6")
    assert (told["uncommitted"], told["events"], told["introduced"]) == ("new", [], None)
    told = why(run, repo, "AGENTS.md:5")
    assert told["uncommitted"] == "reworded"
    assert told["introduced"]["commit"] == first
    assert why(run, repo, "AGENTS.md:4")["uncommitted"] is None


def test_a_repository_without_a_commit(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "new")
    repo.write("AGENTS.md", rules(KIND))
    told = why(run, repo, "AGENTS.md:3")
    assert (told["uncommitted"], told["people"]) == ("new", [])
    assert run("why", "be kind to every", cwd=repo.root).code == 0
    assert run("why", "never said", cwd=repo.root).code == 2


def test_no_repository_is_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text(rules(KIND))
    done = run("why", "AGENTS.md:3", cwd=tmp_path)
    assert done.code == 2
    assert "not a git repository" in done.err
    assert "`git init` begins one" in done.err


def test_from_a_subfolder_paths_are_relative_to_it(run: Run, repo: Repo) -> None:
    history(repo)
    done = run("why", "AGENTS.md:3", "--format", "json", cwd=repo.root / "docs")
    assert json.loads(done.out)["result"]["rule"]["path"] == "docs/AGENTS.md"


def test_a_link_is_followed_to_the_file_that_has_the_text(run: Run, repo: Repo) -> None:
    first, *_ = history(repo)
    os.symlink("AGENTS.md", repo.root / "CLAUDE.md")
    repo.git("add", "-A")
    repo.record("the same for Claude")
    told = why(run, repo, "CLAUDE.md:4")
    assert told["rule"]["path"] == "AGENTS.md"
    assert told["introduced"]["commit"] == first


def test_who_left_is_told(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND)}, "Kindness", BOB)
    repo.clock += 400 * 86_400
    repo.commit({"promptops.toml": '[people]\nleft = ["ada@example.org"]\n'})
    people = why(run, repo, "AGENTS.md:3")["people"]
    assert [(p["name"], p["active"]) for p in people] == [("Bob Ross", False)]
    repo.commit({"AGENTS.md": rules(KIND.replace(" us.", " this company."))}, "Wording", ADA)
    people = why(run, repo, "AGENTS.md:3")["people"]
    assert {p["name"]: p["active"] for p in people} == {"Ada Lovelace": False, "Bob Ross": False}


def test_a_weak_forerunner_is_told_apart(run: Run, repo: Repo) -> None:
    repo.commit(
        {"AGENTS.md": rules(KIND, "Look into the policy when a customer asks twice.", TESTS)}
    )
    new = repo.commit({"AGENTS.md": rules(KIND, "Name the policy if somebody wants proof.", TESTS)})
    told = why(run, repo, "AGENTS.md:4")
    assert told["introduced"]["commit"] == new
    assert told["introduced"]["confidence"] != "certain"
    text = run("why", "AGENTS.md:4", cwd=repo.root).out
    if len(told["events"]) > 1:
        assert "Possibly it continues" in text


def test_a_commit_about_something_else_is_called_that(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND), "x.py": "1\n"}, "Speed up the importer")
    assert "about something else" in run("why", "AGENTS.md:3", cwd=repo.root).out


def test_the_story_in_text_and_markdown(
    run: Run, repo: Repo, golden: Callable[[str, str], None]
) -> None:
    history(repo)
    repo.commit(
        {"AGENTS.md": rules(KIND, TESTS), "CLAUDE.md": rules(CITE.replace("Cite", "Always cite"))},
        "Cite where it matters (#40)",
    )
    for format in ("text", "markdown", "json"):
        done = run("why", "CLAUDE.md:3", "--format", format, cwd=repo.root)
        assert done.code == 0
        golden(f"why/life/{format}.txt", done.out)


def test_a_bare_repository(
    run: Run, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = history(repo)
    bare = tmp_path / "bare.git"
    repo.git("clone", "-q", "--bare", ".", str(bare))
    monkeypatch.setenv("GIT_DIR", str(bare))
    for target in ("AGENTS.md:4", "the policy section that"):
        done = run("why", target, "--format", "json", cwd=bare)
        assert done.code == 0, done.err
        assert json.loads(done.out)["result"]["introduced"]["commit"] == first


def test_a_shallow_clone_is_never_sure(run: Run, repo: Repo, tmp_path: Path) -> None:
    history(repo)
    clone = Repo(tmp_path / "clone", create=False)
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(clone.root))
    told = why(run, clone, "AGENTS.md:3")
    assert told["complete"] is False
    assert told["introduced"]["confidence"] == "weak"
    assert any("git fetch --unshallow" in note for note in told["notes"])
    done = run("why", "a phrase of long ago", cwd=clone.root)
    assert done.code == 2
    assert "unshallow" in done.err


EXTRA = f"  - id: suite\n    text: {TESTS}\n    rationale: Broken branches were pushed.\n"


def test_a_rule_that_is_gone_from_the_disk_alone_has_its_history(run: Run, repo: Repo) -> None:
    first = repo.commit({"prompts/bot/prompt.yaml": prompt(extra=EXTRA)}, "Begin")
    repo.write("prompts/bot/prompt.yaml", prompt())
    for named in ("bot/suite", "whole test suite before"):
        told = why(run, repo, named)
        assert (told["present"], told["uncommitted"]) == (False, "removed"), named
        assert told["introduced"]["commit"] == first
        assert told["rule"]["text"] == TESTS


def test_a_waiver_stays_visible(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE)})
    reason = "same promise as before, in the words of the plain-language review"
    repo.commit(
        {"AGENTS.md": rules(KIND, CITE.replace("that you", "which you"))},
        f"Plainer\n\nDecision-Waiver: {reason}\n\nCo-authored-by: Bob Ross <bob@example.org>",
    )
    last = why(run, repo, "AGENTS.md:4")["events"][-1]
    assert (last["kind"], last["waiver"]) == ("reworded", reason)
    shown = run("why", "AGENTS.md:4", cwd=repo.root).out
    assert f"waived because: {reason}" in " ".join(shown.split())


def test_a_waiver_is_told_of_the_rule_that_came_with_it(run: Run, repo: Repo) -> None:
    story = "\n".join(f"Line {at} of a long story." for at in range(30))
    reason = "counsel is away until Monday, INC-12"
    repo.commit(
        {"AGENTS.md": "- Be kind.\n- Never send pictures of customers to a model.\n"},
        f"Something else\n\n{story}\n\nDecision-Waiver: {reason}",
    )
    shown = " ".join(run("why", "AGENTS.md:2", cwd=repo.root).out.split())
    assert shown.count(f"decided by nobody; waived because: {reason}") == 1
    assert "no reason for this rule" not in shown
