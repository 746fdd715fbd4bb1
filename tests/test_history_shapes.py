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


def test_another_dash_or_quotation_mark_is_no_other_wording(run: Run, repo: Repo) -> None:
    plain = 'Output is minimal - only expand it when the user\'s own words say "everything"...'
    printed = "Output is minimal — only expand it when the user’s own words say “everything”…"
    first = repo.commit({"AGENTS.md": rules(plain)}, "rules")
    dashed = repo.commit({"AGENTS.md": rules(printed)}, "typography")
    gone = repo.commit({"AGENTS.md": rules(IDEAS)}, "ideas")
    assert told(run, repo, "output is minimal - only expand") == [
        ("introduced", first, None), ("reformatted", dashed, None), ("removed", gone, None),
    ]  # fmt: skip


def test_lines_that_are_only_joined_to_a_paragraph_are_reformatted(run: Run, repo: Repo) -> None:
    before = repo.commit({"prompt.md": f"# Ideas\n\n{IDEAS}\n"}, "ideas")
    repo.commit({"prompt.md": f"# Ideas\n\n{AGAIN}\n\n{IDEAS}\n"}, "again")
    joined = repo.commit({"prompt.md": f"# Ideas\n\n{AGAIN}\n{IDEAS}\n"}, "no blank lines")
    answer = why(run, repo, "prompt.md:4")
    assert [(e["kind"], e["commit"], e["confidence"]) for e in answer["events"]] == [
        ("introduced", before, "certain"), ("reformatted", joined, "certain"),
    ]  # fmt: skip


def test_a_paragraph_whose_lines_are_only_set_apart_is_reformatted(run: Run, repo: Repo) -> None:
    first = repo.commit({"prompt.md": f"# Ideas\n\n{AGAIN}\n{IDEAS}\n"}, "ideas")
    apart = repo.commit({"prompt.md": f"# Ideas\n\n{AGAIN}\n\n{IDEAS}\n"}, "blank lines")
    for line in (3, 5):
        assert told(run, repo, f"prompt.md:{line}") == [
            ("introduced", first, None), ("reformatted", apart, None),
        ]  # fmt: skip


def test_of_rules_that_were_merged_the_one_with_the_words_asked_for_counts(
    run: Run, repo: Repo
) -> None:
    repo.commit({"AGENTS.md": rules(IDEAS, EDGES)}, "ideas")
    repo.commit({"AGENTS.md": rules(IDEAS, EDGES, AGAIN)}, "again")
    repo.commit({"AGENTS.md": rules(f"{AGAIN}\n  {IDEAS}", EDGES)}, "joined")
    phrase = why(run, repo, "as exactly sixteen words")["events"]
    assert [(e["kind"], e["subject"]) for e in phrase] == [
        ("introduced", "ideas"), ("merged", "joined"),
    ]  # fmt: skip
    assert why(run, repo, "AGENTS.md:4")["introduced"]["subject"] == "ideas"
    assert why(run, repo, "AGENTS.md:3")["introduced"]["subject"] == "again"


def test_a_guess_that_is_more_likely_wrong_than_right_is_not_told(run: Run, repo: Repo) -> None:
    old = "Parcel SDK: servers and workers"
    new = "`acme-ts-sdk/` holds the parcel integration of a store"
    repo.commit({"AGENTS.md": rules(EDGES, old, AGAIN)}, "old")
    made = repo.commit({"AGENTS.md": rules(EDGES, new, IDEAS, AGAIN)}, "new")
    assert told(run, repo, "AGENTS.md:4") == [("introduced", made, None)]


def test_a_prompt_that_is_taken_out_of_a_program_comes_from_there(run: Run, repo: Repo) -> None:
    program = f'BROWSING = """{IDEAS}\n{EDGES}\n"""\n\nASKED = "yes"\n'
    first = repo.commit({"agents/prompt.py": program}, "agent")
    copied = repo.commit({"agents/system_prompt.j2": f"{{% set X %}}\n{IDEAS}\n{{% endset %}}\n"})
    assert told(run, repo, "agents/system_prompt.j2:2") == [
        ("introduced", first, None),
        ("copied", copied, "agents/prompt.py"),
    ]


def test_a_lone_rule_that_is_reworded_while_its_file_goes_elsewhere(run: Run, repo: Repo) -> None:
    words = "tipuseno semifole rakapufo pufocece nocemiti mivotipu lesegumi kapuragu"
    first = repo.commit({"docs/guide.md": rules(f"Vosekase {words}.")}, "guide")
    new = rules(f"Kamiledi {words} gukativo fofoguse.")
    moved = repo.commit({"docs/guide.md": None, "skills/review/SKILL.md": new}, "skill")
    assert told(run, repo, "skills/review/SKILL.md:3") == [
        ("introduced", first, None), ("renamed", moved, "docs/guide.md"),
    ]  # fmt: skip


def test_a_text_that_may_be_a_lost_one_in_other_words_is_not_certainly_new(
    run: Run, repo: Repo
) -> None:
    old = "The `db` parameter is always the first, or second, of a method with a `self` argument"
    new = "For free functions without a `self` parameter, `db` comes first. Put `db` after `self` in methods."
    repo.commit({"AGENTS.md": rules(EDGES, IDEAS, AGAIN, old)}, "rules")
    parted = {"AGENTS.md": rules(AGAIN), "skills/ty/SKILL.md": rules(EDGES, IDEAS, new)}
    repo.commit(parted, "a skill")
    answer = why(run, repo, "skills/ty/SKILL.md:5")
    assert [(e["kind"], e["confidence"]) for e in answer["events"]] == [("introduced", "probable")]


def test_a_merge_of_two_wordings_is_not_certain_to_be_all_of_its_past(run: Run, repo: Repo) -> None:
    both = "Never repeat a call of any tool that you made before with exactly the same arguments."
    base = repo.commit({"AGENTS.md": rules(AGAIN)}, "again")
    ours = repo.commit({"AGENTS.md": rules(AGAIN.replace("a tool", "any tool"))}, "any tool")
    repo.git("checkout", "-q", "-b", "aside", base)
    theirs = repo.commit({"AGENTS.md": rules(AGAIN.replace("the very", "exactly the"))}, "exactly")
    repo.git("checkout", "-q", "main")
    repo.write("AGENTS.md", rules(both))
    repo.git("add", "-A")
    merge = repo.git(
        "commit-tree", repo.git("write-tree"), "-p", ours, "-p", theirs, "-m", "Merge branch aside"
    )
    repo.git("update-ref", "refs/heads/main", merge)
    answer = why(run, repo, "AGENTS.md:3")
    assert [e["confidence"] for e in answer["events"]] == ["probable", "probable", "certain"]
