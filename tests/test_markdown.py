"""Instruction files as prompts, and the sentences of their units."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.diagnostic import Edit
from promptops.source.markdown import MarkdownDocument, read_instructions
from promptops.source.sentences import mask_code, sentence_ranges, sentences
from promptops.source.units import read_units

SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parents[2] / "shared"))
INSTRUCTIONS = SHARED / "data" / "instructions"
FILES = sorted(path for path in INSTRUCTIONS.rglob("*.txt") if path.is_file())

TEXT = "\ufeff# Rules\r\n\r\n- Use tabs,\r\n  never spaces.\r\n\r\nThe build is slow.\r\n\r\n1. Don't push.\r\n"


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_ranges(text)]


def test_rules_are_the_instructions_of_a_file() -> None:
    prompt, document = read_instructions(TEXT, "src/AGENTS.md")
    assert (prompt.id, prompt.path, prompt.governed) == ("src/AGENTS", "src/AGENTS.md", False)
    assert [(rule.id, rule.text, rule.section) for rule in prompt.rules] == [
        ("line-3", "Use tabs,\r\n  never spaces.", "Rules"),
        ("line-8", "Don't push.", "Rules"),
    ]
    assert (document.path, document.text) == ("src/AGENTS.md", TEXT)
    assert document.lines.span(*document.locate(("rules", 1))).line == 8


def test_sections_include_headings_by_other_means() -> None:
    text = "# A\n\n**For agents:**\n\n1. Run it.\n\nFor hooks:\n\n1. Run it.\n   - Keep it.\n\nThen.\n\n- Run it.\n"
    rules = read_instructions(text, "AGENTS.md")[0].rules
    assert [rule.section for rule in rules] == [
        "A > For agents",
        "A > For hooks",
        "A > For hooks",
        "A",
    ]


@pytest.mark.parametrize(
    ("path", "prompt_id"),
    [
        ("CLAUDE.md", "CLAUDE"),
        (".cursorrules", ".cursorrules"),
        (".cursor/rules/go.mdc", ".cursor/rules/go"),
        (".github/instructions/ts.instructions.md", ".github/instructions/ts"),
        ("prompts/x.txt", "prompts/x"),
        ("a/.md", "a/.md"),
    ],
)
def test_the_id_is_the_path_without_its_extension(path: str, prompt_id: str) -> None:
    assert read_instructions("", path)[0].id == prompt_id


def test_places_are_ranges_of_the_file() -> None:
    document = read_instructions(TEXT, "AGENTS.md")[1]

    def at(*args: object, **named: object) -> str:
        start, end = document.locate(*args, **named)  # type: ignore[arg-type]
        return TEXT[start:end]

    assert at(("rules", 0)) == at(("rules", 0, "text")) == "Use tabs,\r\n  never spaces."
    assert at(("rules", 0, "text"), (13, 18)) == "never"
    assert at(("rules", 0, "text"), (13, 99)) == "never spaces."
    assert at(("rules", 0, "rationale")) == at(("rules", 0), key=True) == "Use tabs,"
    assert at(("rules", 7)) == at(("owners",)) == at(()) == ""
    assert at((), (1, 8)) == "# Rules"


def test_edits_are_splices_that_add_no_line() -> None:
    document = read_instructions(TEXT, "AGENTS.md")[1]
    start = TEXT.index("never")
    assert document.edit(("rules", 0, "text"), (13, 18), "not") == [Edit(start, start + 5, "not")]
    assert document.edit((), (0, 1), "") == [Edit(0, 1, "")]
    assert document.edit(("rules", 0, "text"), (13, 18), "a\nb") == []
    assert document.edit(("rules", 0, "rationale"), None, "x") == []
    assert document.edit(("owners",), None, "x") == []


def test_a_comment_behind_a_rule_is_no_part_of_it() -> None:
    prompt = read_instructions(
        "- Never push. <!-- promptops: ignore[PO1] because x y -->\n", "a.md"
    )[0]
    assert [rule.text for rule in prompt.rules] == ["Never push."]


@given(st.text(alphabet="ab. -#*>`\n1\r!<>-|"))
def test_rules_stand_where_the_document_says(text: str) -> None:
    prompt, document = read_instructions(text, "AGENTS.md")
    for i, rule in enumerate(prompt.rules):
        start, end = document.locate(("rules", i, "text"))
        assert text[start:end] == rule.text
        assert rule.id == f"line-{document.lines.position(document.rules[i].outer_start)[0]}"


@pytest.mark.skipif(not FILES, reason="no shared data here")
def test_real_files_are_read_exactly() -> None:
    for path in FILES:
        text = path.read_bytes().decode("utf-8")
        prompt, document = read_instructions(text, str(path))
        assert isinstance(document, MarkdownDocument)
        position = 0
        for unit in read_units(text):
            assert not text[position : unit.outer_start].strip()
            assert text[unit.start : unit.end] == unit.text
            ranges = sentences(unit)
            assert ranges == tuple(sorted(ranges))
            position = unit.outer_end
        for i, rule in enumerate(prompt.rules):
            start, end = document.locate(("rules", i, "text"))
            assert text[start:end] == rule.text
            assert rule.text.strip() == rule.text


def test_sentences_end_at_their_full_stops() -> None:
    assert cut("Run tests. Then stop! Really? Yes…  And\nso on") == [
        "Run tests.",
        "Then stop!",
        "Really?",
        "Yes…",
        "And\nso on",
    ]
    assert cut("") == cut(" \n") == []


def test_abbreviations_versions_links_and_lists_are_not_cut() -> None:
    for text in (
        "Use e.g. Black or i.e. Ruff vs. Flake",
        "Python 3.11 and v1.2.3 of foo.bar.baz",
        "See https://example.org/a.b?c. and so on",
        "1. First",
        "See no. 5 and p. 7",
        "Ends (e.g. Like this. Or that.) here",
        "Call `a. B` and ``c. `D` e``",
        "It waits ... then goes",
        "and so on etc. in lower case",
    ):
        assert cut(text) == [text]


def test_sentences_in_quotes_emphasis_and_other_scripts() -> None:
    assert cut("**Never push.** Ask first.") == ["**Never push.**", "Ask first."]
    assert cut('Say "no." Then go. `x` is set.') == ['Say "no."', "Then go.", "`x` is set."]
    assert cut("不要提交。先测试！好") == ["不要提交。", "先测试！", "好"]
    assert cut("Pick (a) or b). Then") == ["Pick (a) or b).", "Then"]
    assert cut("This is etc. Then") == ["This is etc.", "Then"]


@given(st.text(alphabet="aB. !?`()\n。1*\"'"))
def test_sentences_cover_all_but_white_space(text: str) -> None:
    position = 0
    for start, end in sentence_ranges(text):
        assert not text[position:start].strip()
        assert start < end
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


def test_sentences_of_a_unit_are_ranges_in_its_text() -> None:
    unit = read_units("- Use tabs. Never\n  spaces.\n")[0]
    assert [unit.text[a:b] for a, b in sentences(unit)] == ["Use tabs.", "Never\n  spaces."]


@given(st.text(alphabet="a` \n"))
def test_masking_code_keeps_every_position(text: str) -> None:
    masked = mask_code(text)
    assert len(masked) == len(text)
    assert all(a in (b, "X") for a, b in zip(masked, text, strict=True))


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text", ["." * 300_000 + "a", "`" * 300_000 + " a", "`a ``b " * 40_000, "(" * 300_000]
)
def test_sentences_take_linear_time(text: str) -> None:
    assert list(sentence_ranges(text))[-1][1] == len(text.rstrip())
