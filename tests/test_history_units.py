"""Versions of files as units, and how alike two of them are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.history.cut import source_units, text_units
from promptops.history.meaning import changed_meaning
from promptops.history.similarity import Weights, tokens, window
from promptops.history.units import (
    CODE,
    HEADING,
    PROSE,
    Unit,
    normalised,
)
from promptops.history.unmoved import line_before
from promptops.history.versions import read_version
from promptops.history.words import word_runs


def said(text: str, path: str = "AGENTS.md") -> list[tuple[str, str, int, int]]:
    return [(u.kind, u.text, u.line, u.end_line) for u in read_version(text, path)]


def test_markdown_is_items_paragraphs_headings_and_code() -> None:
    text = "# Rules\n\n- Be **kind**\n  to people.\n1. Be brief.\n\nA line\nand more.\n\n```sh\nmake\n```\n"
    assert said(text) == [
        (HEADING, "Rules", 1, 1),
        (PROSE, "Be **kind** to people.", 3, 4),
        (PROSE, "Be brief.", 5, 5),
        (PROSE, "A line and more.", 7, 8),
        (CODE, "make", 10, 12),
    ]
    assert {u.section for u in text_units(text)[1:]} == {"rules"}


def test_a_fence_that_quotes_prose_is_read_as_prose() -> None:
    text = "Paste this:\n\n```\n# You are a bot\n\n- Never guess.\n```\n\n```\nmake test\n```\n"
    assert said(text)[1:] == [
        (HEADING, "You are a bot", 4, 4),
        (PROSE, "Never guess.", 6, 6),
        (CODE, "make test", 9, 11),
    ]


def test_programs_give_what_their_literals_say() -> None:
    text = 'PROMPT = f"""\nYou are a bot.\nBe kind.\n{tools}\n- Never guess.\n"""\nprint(1)\n'
    assert [(u.norm, u.line) for u in source_units(text) if u.norm] == [
        ("you are a bot. be kind.", 2),
        ("never guess.", 5),
        ("print(1)", 7),
    ]


def test_json_strings_break_where_they_say_so() -> None:
    text = (
        '{\n  "instructions": "When releasing:\\n1. Find the tag\\n2. Push it\\n",\n  "a": 1\n}\n'
    )
    norms = [(u.norm, u.line) for u in text_units(text)]
    assert ("find the tag", 2) in norms
    assert ("push it", 2) in norms


YAML = """\
promptops: 1
id: bot
messages:
  - role: system
    content: |
      You help with bills.

      {{ rules }}
rules:
  - id: kind
    text: >
      Be kind
      to people.
    section: Tone
    rationale: Customers asked for it again and again.
  - id: brief
    text: Be brief.
retired:
  - id: old
    text: Never use emoji in any answer.
"""


def test_a_yaml_prompt_is_its_rules_by_id_and_what_its_messages_say() -> None:
    units = {u.id or u.norm: u for u in read_version(YAML, "prompts/bot/prompt.yaml")}
    assert units["kind"].text == "Be kind to people."
    assert (units["kind"].line, units["kind"].section) == (10, "tone")
    assert units["brief"].line == 16
    assert units["you help with bills."].line == 6
    assert not any("emoji" in norm for norm in units)


def test_broken_yaml_is_still_some_text() -> None:
    assert said("rules: [\n- Be kind.\n", "p.yaml")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- Be **kind**.", "* be kind."),
        ("3. Use `uv run`", "12) use uv run"),
        ("## The Rules", "the rules"),
        ("Say {{ name }} twice", "Say {{ other }} twice"),
        ("- [x] done\nnow", "Done now"),
        ("_Be_ kind to my_function", "be kind to my_function"),
    ],
)
def test_decoration_makes_no_difference(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@given(st.text(alphabet="ab c\n-#`*{}\"'\\<>|1._$", max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    for path in ("a.md", "a.py", "a.yaml", "a.json"):
        lines = text.count("\n") + 1
        for unit in read_version(text, path):
            assert 1 <= unit.line <= unit.end_line <= lines + 1


def test_words_that_say_something() -> None:
    assert tokens("never run `cargo.toml` tests for the rules") >= {"cargo", "toml", "test", "rule"}
    assert not tokens("the and for") & {"test"}
    assert tokens("it is so") == {"it", "is", "so"}  # better than nothing at all
    assert tokens("回答は短く") >= {"回答", "短く"}
    weights = Weights(["alpha beta", "alpha gamma", "alpha delta"])
    assert weights.of(["beta"]) > weights.of(["alpha"]) >= 0
    assert weights.contained("alpha beta", "beta zeta")[0] > 0.5
    assert weights.contained("alpha", "zeta") == (0.0, 0.0)


def test_a_window_is_made_of_whole_words() -> None:
    score, piece = window("cite the policy", "Always quote and cite the policies you use")
    assert score > 80
    assert piece == "cite the policies"
    assert window("far longer than the whole", "short") == (0.0, "")


@given(st.text(alphabet="ab .,\n", max_size=60), st.text(alphabet="ab .,\n", max_size=60))
def test_word_runs_join_to_both_texts(before: str, after: str) -> None:
    runs = word_runs(before, after)
    assert "".join(text for sign, text in runs if sign != "+") == before
    assert "".join(text for sign, text in runs if sign != "-") == after


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ("You should cite it.", "You must cite it.", ("stronger",)),
        ("Always cite it.", "Cite it where you can.", ("weaker",)),
        ("Run the tests.", "Never run the tests.", ("reversed",)),
        ("Avoid new code.", "Before new code, look.", ("reversed",)),
        ("Use 3 tries at most.", "Use 4 tries at most.", ("number changed",)),
        ("Cite the policy.", "Cite the section.", ()),
        (
            "Give the answer first.",
            "Give the answer first. Never promise anything else here.",
            ("stronger",),
        ),
        ("Do it now.", "DO NOT do it now.", ("reversed",)),
    ],
)
def test_what_a_rewording_does_to_the_force(
    before: str, after: str, effect: tuple[str, ...]
) -> None:
    assert changed_meaning(before, after) == effect


def lines(unit: Unit) -> tuple[int, int]:
    return unit.line, unit.end_line


def test_lines_that_stayed_are_found_without_a_parser() -> None:
    old = "# A\n\n- one\n- two\n\n# B\n\n- three\n"
    new = "# A\n\n- zero\n\n- one\n- two\n\n# B\n\n- three\n"
    three = next(u for u in text_units(new) if u.text == "three")
    assert line_before(old, new, *lines(three)) == 8
    one = next(u for u in text_units(new) if u.text == "one")
    assert line_before(old, new, *lines(one)) == 3
    moved = "# A\n\n# B\n\n- one\n- two\n"
    assert line_before(old, moved, *lines(text_units(moved)[2])) == 0  # another heading
    twice = "- one\n\n- one\n"
    assert line_before(twice, twice, *lines(text_units(twice)[0])) == 0  # which of the two?
    assert line_before("- one\n  more\n", "- one\n", 1, 1) == 0
