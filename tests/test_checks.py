"""Every check says what it does in its docstring, and does it: read by the real readers."""

from __future__ import annotations

from datetime import date

import pytest
from check_examples import AROUND, complete, diagnostics

from promptops.checks import ON_DECISION, ON_INSTRUCTIONS, ON_PROMPT, ON_TEXT, registry
from promptops.checks.explain import applies_to, docs_pages, explain

OURS = [c for c in registry().values() if not c.code.startswith("PO0")]
IDS = [c.code for c in OURS]


@pytest.mark.parametrize("check", OURS, ids=IDS)
def test_the_bad_example_gives_exactly_this_code(check):
    found = diagnostics(check, explain(check).bad)
    assert {d.code for d in found} == {check.code}, [(d.code, d.message) for d in found]


@pytest.mark.parametrize("check", OURS, ids=IDS)
def test_the_good_example_gives_none(check):
    found = diagnostics(check, explain(check).good)
    assert not found, [(d.code, d.message) for d in found]


@pytest.mark.parametrize("check", OURS, ids=IDS)
def test_messages_name_the_thing_and_say_what_to_do(check):
    for found in diagnostics(check, explain(check).bad):
        assert (
            found.message[0] in "`“" or not found.message[0].isupper() or found.message[1].isupper()
        )
        assert not found.message.endswith(".")
        assert found.help
        assert not found.help.endswith(".")
        assert found.span.line > 0


def test_there_are_enough_and_names_are_unique():
    assert len(OURS) >= 36
    names = [check.name for check in registry().values()]
    assert len(set(names)) == len(names)
    assert all(
        code.startswith("PO") and code[2:].isdigit() and len(code) == 5 for code in registry()
    )


def test_every_subject_has_checks():
    for subject in (ON_PROMPT, ON_INSTRUCTIONS, ON_DECISION, ON_TEXT):
        assert [check for check in OURS if subject in check.on]


def test_pages_hold_harm_and_examples_of_every_check():
    pages = docs_pages()
    assert set(pages) == {"README.md", *(f"{code}.md" for code in registry())}
    for check in registry().values():
        page = pages[f"{check.code}.md"]
        said = explain(check)
        assert check.name in page
        assert said.harm in page
        assert said.bad in page
        assert said.good in page
        assert f"[{check.code}]({check.code}.md) | {check.name}" in pages["README.md"]


def test_explain_refuses_a_docstring_without_examples():
    check = registry()["PO101"]
    bare = type(check)("PO999", "bare", check.severity, check.on, lambda subject, around: iter(()))
    with pytest.raises(ValueError, match="PO999"):
        explain(bare)


def test_applies_to_reads_as_words():
    assert applies_to(registry()["PO401"]) == "prompts and instruction files"


def test_completion_leaves_what_is_written_alone():
    text = "id: x\nrules:\n  - id: a\n    text: Say a.\n    rationale: Because b happened twice.\n"
    whole = complete("PO101", text)
    assert "rationale: Because b happened twice." in whole
    assert whole.count("rationale:") == 1
    assert AROUND.today == date(2026, 6, 1)
