"""PO3: severities follow the bounds, and what is right is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from check_examples import AROUND, complete, prompt_of
from token_world import bare

from promptops.checks import ON_PROMPT, Around, registry
from promptops.diagnostic import Severity

OURS = [check for check in registry().values() if check.code.startswith("PO3")]


def found(code: str, text: str, around: Around = AROUND):
    check = registry()[code]
    return list(check.run(prompt_of(complete("PO2" + code[3:], text)), around))


RULE = "rules:\n  - id: a\n    text: Be brief.\n"


@pytest.mark.parametrize(
    ("limit", "severity"), [(5, Severity.ERROR), (11, Severity.WARNING), (40, None)]
)
def test_an_error_only_where_even_the_low_bound_is_over(limit, severity):
    text = f"models: [openai/gpt-4o]\nbudget: {{prompt_tokens: {limit}}}\n{RULE}"
    findings = found("PO301", text)
    assert [one.severity for one in findings] == ([severity] if severity else [])


def test_an_estimate_that_straddles_the_budget_warns():
    words = "Please answer the question that the customer has asked in plain words. " * 5
    text = (
        "models: [anthropic/claude-opus-5]\nbudget: {prompt_tokens: 100}\n"
        f"messages: [{{role: system, content: '{words} {{{{ rules }}}}'}}]\n{RULE}"
    )
    (one,) = found("PO301", text)
    assert one.severity is Severity.WARNING
    assert " to " in one.message


def test_without_a_vocabulary_bounds_decide_and_nothing_fails():
    around = replace(AROUND, counter=bare())
    text = f"models: [openai/gpt-4o]\nbudget: {{prompt_tokens: 40, rule_tokens: 1}}\n{RULE}"
    assert [one.severity for one in found("PO301", text, around)] == []
    assert [one.severity for one in found("PO306", text, around)] == [Severity.ERROR]
    tight = text.replace("rule_tokens: 1}", "rule_tokens: 5}")
    assert [one.severity for one in found("PO306", tight, around)] == [Severity.WARNING]


def test_no_counter_means_no_token_findings():
    around = Around(date(2026, 6, 1))
    for check in OURS:
        if check.code in ("PO320", "PO352", "PO353") or ON_PROMPT not in check.on:
            continue
        text = check.doc.partition("Bad:")[2].partition("Good:")[0]
        import textwrap

        prompt = prompt_of(complete("PO20", textwrap.dedent(text.strip("\n")) + "\n"))
        assert list(check.run(prompt, around)) == [], check.code


def test_a_prompt_that_cannot_be_rendered_is_others_business():
    text = f"models: [openai/gpt-4o]\nbudget: {{prompt_tokens: 1, calls_per_month: 1, usd_per_month: 1}}\nmessages: [{{role: system, content: '{{{{ nope }}}} {{{{ rules }}}}'}}]\n{RULE}"
    around = AROUND
    for check in OURS:
        if check.code not in ("PO353",):
            prompt = prompt_of(complete("PO20", text))
            assert not list(check.run(prompt, around)), check.code


@pytest.mark.parametrize(
    "content",
    [
        "Translate to {{ x }}. {{ rules }}",
        "{{ rules }} v{{ x }}, user_{{ x }}",
        "Answer {{ x }} 👨‍👩‍👧 नमस्ते {{ rules }}",
    ],
)
def test_a_space_before_a_variable_is_right(content):
    text = (
        "models: [openai/gpt-4o]\nvariables: {x: {examples: [42]}}\n"
        f"messages: [{{role: system, content: '{content}'}}]\n{RULE}"
    )
    for check in OURS:
        if check.code != "PO353":
            assert not list(check.run(prompt_of(complete("PO20", text)), AROUND)), check.code


@pytest.mark.parametrize(
    ("models", "role", "severity"),
    [
        ("anthropic/claude-opus-5", "assistant", Severity.ERROR),
        ("openai/gpt-4o", "assistant", Severity.WARNING),
        ("openai/gpt-4o", "user", Severity.INFO),
    ],
)
def test_trailing_spaces(models, role, severity):
    text = f"models: [{models}]\nmessages: [{{role: system, content: '{{{{ rules }}}}'}}, {{role: {role}, content: 'The plan is '}}]\n{RULE}"
    (one,) = found("PO320", text)
    assert one.severity is severity
    assert one.replacement == ""


def test_nfc_is_no_advice_where_the_model_applies_it():
    text = 'models: [{}]\nrules:\n  - id: a\n    text: "\\u1112\\u1161\\u11ab"\n'
    assert found("PO350", text.format("openai/gpt-4o"))
    assert not found("PO350", text.format("qwen2.5-7b-instruct"))
    assert not found("PO350", text.format("anthropic/claude-opus-5"))


def test_full_width_letters_are_right_in_japanese():
    japanese = (
        f"models: [openai/gpt-4o]\nrules:\n  - id: a\n    text: {'日本語の指示です。' * 3}Ａｄａ\n"
    )
    assert not found("PO352", japanese)


def test_growth_needs_a_reason_to_be_told():
    text = f"models: [openai/gpt-4o]\n{RULE}"
    before = prompt_of(complete("PO20", text))
    around = replace(AROUND, before={before.path: before})
    assert not found("PO303", text.replace("Be brief.", "Be brief, be kind."), around)
    assert not found("PO303", text.replace("gpt-4o", "gemini-9"), around)
    long = text.replace("Be brief.", "Be brief. " * 40)
    (one,) = found("PO303", long, around)
    assert "grew by" in one.message
    assert not found("PO303", long)


def test_the_cache_is_only_spoken_of_where_it_is_known():
    text = f"models: [llama-3.1-8b]\nbudget: {{calls_per_month: 5}}\n{RULE}"
    for code in ("PO310", "PO311", "PO312", "PO313"):
        assert not found(code, text)


def test_labels_need_two_and_to_be_short():
    one = f"models: [openai/gpt-4o]\ncases: [{{id: a, assert: {{equals: very_good}}}}]\n{RULE}"
    assert not found("PO330", one)
    essay = one.replace("very_good", "'" + "very long " * 9 + "'").replace(
        "}]\n", "}, {id: b, assert: {equals: very_bad}}]\n"
    )
    assert not found("PO330", essay)
    wide = one.replace("}]\n", "}, {id: b, assert: {equals: very_bad}}]\n")
    assert found("PO330", wide)
    assert not found("PO330", wide, replace(AROUND, counter=bare()))


def test_lone_surrogate_escapes_stay_escapes():
    text = "models: [openai/gpt-4o]\nrules:\n  - id: a\n    text: 'Say \\ud83d\\ud83d\\ud83d.'\n"
    assert not found("PO342", text)


def test_small_and_uneven_json_is_left_alone():
    text = "models: [openai/gpt-4o]\nmessages:\n  - role: system\n    content: |\n      {{ rules }}\n      %s\n"
    for content in (
        '[{"a": 1}, {"a": 2}, {"a": 3}]',
        '[{"a": 1, "b": 2}, {"b": 3, "a": 2}, [1]]',
        '[{"a": 1, "b": 2}, {"b": 3, "a": 2}, {"c": 1}]',
        "{ not json } [1, 2",
    ):
        assert not found("PO341", text % content)
        assert not found("PO340", text % content)


def test_old_facts_are_told():
    around = replace(AROUND, today=date(2028, 1, 1))
    messages = [one.message for one in found("PO370", f"models: [openai/gpt-4o]\n{RULE}", around)]
    assert any("days old" in message for message in messages)


def test_a_budget_straddled_by_cost_warns():
    text = f"models: [openai/gpt-4o]\nbudget: {{calls_per_month: 1000, usd_per_month: 1, output_tokens: 300}}\n{RULE}"
    (one,) = found("PO307", text)
    assert one.severity is Severity.WARNING
    assert not found("PO307", text.replace("gpt-4o", "gpt-4o-minni"))
    assert not found("PO302", text.replace("gpt-4o", "gpt-4o-minni"))


def test_no_break_spaces_among_ascii():
    text = 'models: [openai/gpt-4o]\nrules:\n  - id: a\n    text: "Use 12\u00a0EUR."\n'
    (one,) = found("PO352", text)
    assert "U+00A0" in one.message
    assert one.replacement == " "


def test_mixed_line_ends_point_at_the_rarer_kind():
    check = registry()["PO353"]
    (few_returns,) = check.run("a\nb\r\nc\n", AROUND)
    (few_feeds,) = check.run("a\r\nb\nc\r\n", AROUND)
    assert few_returns.within == (3, 4)
    assert few_feeds.within == (4, 5)
    assert not list(check.run("a\r\nb\r\n", AROUND))


def test_costly_languages_need_to_be_declared():
    case = "  - {id: fee%s, variables: {q: %s}, slices: {language: %s}, assert: {contains: fee}}\n"
    text = (
        "models: [openai/gpt-4]\n%svariables: {q: {}}\n"
        "messages: [{role: system, content: '{{ rules }} {{ q }}'}]\ncases:\n"
        + case % ("", "Why was I charged a fee?", "en")
        + case % ("-ta", "ஏன் எனக்கு கட்டணம்?", "ta")
        + RULE
    )
    assert found("PO360", text % "languages: [en, ta]\n")
    assert not found("PO360", text % "languages: [en]\n")
    assert not found("PO360", text % "")


def test_composed_text_in_ids_that_do_not_change():
    text = 'models: [openai/gpt-4o]\nrules:\n  - id: a\n    text: "Angstrom \u212b"\n'
    for one in found("PO350", text):
        assert one.replacement == "Angstrom Å"
