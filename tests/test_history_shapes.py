"""Shapes met in real repositories whose answers had been wrong, each made small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from repos import Repo, rules
from test_why import Run, why

EDGES = "Test edge cases to ensure that your fix is robust."
AGAIN = "Never repeat a call of a tool that you made before with the very same arguments."
IDEAS = "Write each of the ideas as exactly sixteen words, neither more nor fewer."


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": "x\n"}, "start")
    return made


def told(run: Run, repo: Repo, target: str) -> list[tuple[Any, ...]]:
    events = why(run, repo, target)["events"]
    return [(e["kind"], e["commit"], e["from_path"]) for e in events]


def test_of_many_equal_origins_the_file_of_that_name_counts(run: Run, repo: Repo) -> None:
    names = ("default.yaml", "extra/local.yaml", "local.yaml", "zero.yaml")
    config = "steps: |\n  1. Read the code.\n  2. " + EDGES + "\n"
    first = repo.commit({f"src/old/{name}": config for name in names}, "configs")
    for name in names:
        repo.write(f"src/new/{name}", config + f"name: {name}\n")
    moved = repo.commit({f"src/old/{name}": None for name in names}, "src/new")
    assert told(run, repo, "src/new/local.yaml:3") == [
        ("introduced", first, None),
        ("renamed", moved, "src/old/local.yaml"),
    ]


def test_a_file_moved_among_hundreds_comes_from_itself(run: Run, repo: Repo) -> None:
    many = {f"patterns/p{n}/system.md": rules(f"Sum it up in {n} words or so.") for n in range(450)}
    wisdom = rules(IDEAS, AGAIN)
    first = repo.commit({**many, "patterns/wisdom/system.md": wisdom}, "patterns")
    for path in (*many, "patterns/wisdom/system.md"):
        repo.write(f"data/{path}", (repo.root / path).read_bytes())
        (repo.root / path).unlink()
    repo.write("aaa/list.json", '["' + IDEAS + '"]\n')
    known = repo.commit({}, "data folder")
    assert told(run, repo, "data/patterns/wisdom/system.md:3") == [
        ("introduced", first, None),
        ("renamed", known, "patterns/wisdom/system.md"),
    ]


def test_a_second_copy_in_a_file_is_not_called_restored(run: Run, repo: Repo) -> None:
    first = repo.commit({"prompts.md": rules(EDGES, AGAIN)}, "one prompt")
    repo.commit({"prompts.md": rules(EDGES, AGAIN, IDEAS)}, "more")
    both = f"{rules(EDGES, AGAIN, IDEAS)}\n# Second\n\n- {AGAIN}\n"
    second = repo.commit({"prompts.md": both}, "another prompt")
    assert told(run, repo, "prompts.md:9") == [
        ("introduced", first, None),
        ("copied", second, "prompts.md"),
    ]


def test_a_second_short_text_in_a_file_is_its_own(run: Run, repo: Repo) -> None:
    repo.commit({"prompts.md": rules("Be kind.", AGAIN)}, "one prompt")
    both = f"{rules('Be kind.', AGAIN)}\n# Second\n\n- Be kind.\n"
    second = repo.commit({"prompts.md": both}, "another prompt")
    assert told(run, repo, "prompts.md:8") == [("introduced", second, None)]


def test_a_copy_of_an_untouched_file_of_that_name_is_one(run: Run, repo: Repo) -> None:
    first = repo.commit({"patterns/wisdom/v1/system.md": rules(IDEAS, AGAIN)}, "patterns")
    copy = repo.commit({"patterns/wisdom/system.md": rules(IDEAS, AGAIN)}, "the newest on top")
    assert told(run, repo, "patterns/wisdom/system.md:3") == [
        ("introduced", first, None),
        ("copied", copy, "patterns/wisdom/v1/system.md"),
    ]


def test_of_sentences_joined_only_one_is_followed_and_that_is_not_certain(
    run: Run, repo: Repo
) -> None:
    repo.commit({"AGENTS.md": rules(IDEAS)}, "one")
    repo.commit({"AGENTS.md": rules(IDEAS, AGAIN)}, "two")
    repo.commit({"AGENTS.md": rules(f"{IDEAS} {AGAIN}")}, "joined")
    events = why(run, repo, "AGENTS.md:3")["events"]
    assert [(e["kind"], e["confidence"]) for e in events] == [
        ("introduced", "probable"),
        ("merged", "certain"),
    ]


def test_a_sentence_broken_over_lines_is_one_rule(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": f"{IDEAS}\n"}, "ideas")
    broken = IDEAS.replace("exactly ", "exactly\n")
    repo.commit({"AGENTS.md": f"{broken}\n"}, "wrapped")
    assert why(run, repo, "AGENTS.md:2")["rule"]["text"] == IDEAS


def test_a_twin_that_vanishes_is_not_merged_into_what_stays(run: Run, repo: Repo) -> None:
    longer = f"{AGAIN} Then say what you learnt."
    first = repo.commit({"prompts.md": rules(AGAIN, title="One") + rules(longer, title="Two")})
    repo.commit({"prompts.md": rules(longer, title="Two")}, "one prompt is enough")
    assert told(run, repo, "prompts.md:3") == [("introduced", first, None)]


def test_what_is_added_back_is_restored_though_a_namesake_says_it_too(run: Run, repo: Repo) -> None:
    first = repo.commit({"wisdom/system.md": rules(IDEAS, AGAIN)}, "wisdom")
    repo.commit({"summary/system.md": rules(AGAIN, EDGES)}, "summary")
    gone = repo.commit({"wisdom/system.md": None}, "tidy")
    back = repo.commit({"patterns/wisdom/system.md": rules(IDEAS, AGAIN)}, "Added wisdom back.")
    found = told(run, repo, "patterns/wisdom/system.md:4")
    assert [event[:2] for event in found] == [
        ("introduced", first), ("removed", gone), ("restored", back),
    ]  # fmt: skip


def test_half_of_a_rule_that_goes_to_another_file_is_split_from_it(run: Run, repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": rules(EDGES, f"{IDEAS} {AGAIN}")}, "rules")
    parted = repo.commit({"AGENTS.md": rules(EDGES, IDEAS), "docs/tools.md": rules(AGAIN)}, "tools")
    assert told(run, repo, "docs/tools.md:3") == [
        ("introduced", first, None),
        ("split", parted, "AGENTS.md"),
    ]


def test_a_file_whose_rules_go_into_one_that_was_there_is_not_renamed(run: Run, repo: Repo) -> None:
    first = repo.commit({"CLAUDE.md": rules(IDEAS), "AGENTS.md": rules(EDGES)}, "rules")
    joined = repo.commit({"CLAUDE.md": None, "AGENTS.md": rules(EDGES, IDEAS)}, "one file")
    assert told(run, repo, "AGENTS.md:4") == [
        ("introduced", first, None),
        ("moved", joined, "CLAUDE.md"),
    ]


def test_what_a_site_puts_into_a_message_is_left_out_of_the_story(run: Run, repo: Repo) -> None:
    badge = '<a href="https://example.org/review" target="_blank">\n  <picture>\n</picture>\n</a>'
    body = f"Asked for by support.\n\n---\n{badge}\n\nKeep a <tag> in a line."
    repo.commit({"AGENTS.md": rules(IDEAS)}, f"Ideas\n\n{body}")
    shown = run("why", "AGENTS.md:3", cwd=repo.root).out
    assert "Asked for by support." in shown
    assert "Keep a <tag> in a line." in shown
    assert "picture" not in shown
    assert "review" not in shown
