"""PO1 and PO2: rationales, tests, cases and their patterns as people write them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from check_examples import AROUND, codes, examined, prompt_with

from promptops.checks import registry
from promptops.checks._cases import assertions
from promptops.checks.patterns import why_refused
from promptops.model import Assertion, Case, CaseSelection, Prompt, Rule, Test

TEXT = "Cite the policy section you rely on, as [§n]."


def judged(reason: str) -> list[str]:
    prompt = Prompt("p", rules=(Rule("cite", TEXT, reason),))
    family = [check for code, check in registry().items() if code.startswith("PO1")]
    return [check.code for check in family for _ in check.run(prompt, AROUND)]


@pytest.mark.parametrize(
    "reason",
    [
        "As discussed",
        "per requirements",
        "Per legal requirements.",
        "see ticket",
        "See SUP-123, #42",
        "https://tracker.example/browse/SUP-1204?focus=comment-17&page=all",
        "TODO",
        "Safety",
        "Legal requires it.",
        "for consistency",
        "Requested by the customer.",
        "best practice",
        "wie besprochen",
        "Because the CEO said so",
        "Customers are important.",
        "—",
    ],
)
def test_stubs(reason):
    assert judged(reason) == ["PO102"]


@pytest.mark.parametrize(
    "reason",
    [
        "The model should cite the policy section it relies on.",
        "Citing policy sections is important.",
        "It is important to always cite the section of the policy.",
    ],
)
def test_restatements(reason):
    assert judged(reason) == ["PO103"]


@pytest.mark.parametrize(
    "reason",
    [
        "Agents promised refunds that the policy does not allow (INC-231).",
        "Customers asked for warmer replies (survey 2026-03).",
        "GDPR Art. 5",
        "All our customers are in Europe.",
        "Our users cannot read.",
        "Kunden haben sich über erfundene Paragraphen beschwert.",
        "客户投诉过没有引用条款的回答。",
        "Support: 14 % of tickets were reopened because nobody found the section.",
    ],
)
def test_reasons(reason):
    assert judged(reason) == []


def test_missing_is_not_called_a_stub():
    assert judged("") == judged("  \n") == ["PO101"]


def test_two_rules_may_share_a_reason_and_three_may_not():
    rules = [
        f"r{i}|{text}|rationale: Eleven refunds were promised wrongly."
        for i, text in enumerate(("Cite the section.", "Name the deadline.", "Offer a callback."))
    ]
    assert found(*rules[:2]) == []
    (only,) = examined(prompt_with(*rules), "p/prompt.yaml", "prompt")
    assert (only.code, "`r0`, `r1` and `r2`" in only.message) == ("PO105", True)


def found(*rules: str, **more: str) -> list[str]:
    return codes(prompt_with(*rules, **more))


CASES = "[{id: a, assert: {contains: x}}, {id: b, assert: {contains: x}}]"


@pytest.mark.parametrize(
    ("tests", "code"),
    [
        ("[{cases: [a, c], assert: {contains: y}}]", "PO202"),
        ("[{cases: {slice: {language: de}}, assert: {contains: y}}]", "PO202"),
        ("[{cases: [a], assert: {contains: y}}]", "PO204"),
        ("[{cases: [a], assert: [{contains: y}, {not_contains: z}]}]", "PO204"),
        ("[{cases: all, assert: {contains: ''}}]", "PO203"),
        ("[{cases: all, assert: {regex: '(ab)?c*'}}]", "PO203"),
        ("[{cases: all, assert: {regex: '(?i)\\S+'}}]", "PO203"),
        ("[{cases: all, assert: {contains_any: [y, '']}}]", "PO203"),
        ("[{cases: all, assert: {word_count: {min: 0}}}]", "PO203"),
        ("[{cases: all, assert: {word_count: {min: 9, max: 3}}}]", "PO211"),
        ("[{cases: all, assert: {contains: y}}, {cases: [b], assert: {not_contains: y}}]", "PO211"),
        (
            "[{cases: {slice: {n: x}}, assert: {not_contains: y}}, {cases: all, assert: {contains: y}}]",
            "PO202",
        ),
        ("[{cases: all, assert: {not_contains: x}}]", "PO211"),
        ("[{cases: all, assert: {regex: 'a(?!b)'}}]", "PO208"),
        ("[{cases: all, assert: {regex: '(?P<n>a)(?P=n)'}}]", "PO208"),
        ("[{cases: all, assert: {regex: '\\bmüde\\b'}}]", "PO209"),
    ],
)
def test_tests_that_cannot_do_their_work(tests, code):
    assert set(found(f"r|Greet.|tests: {tests}", cases=CASES)) == {code}


@pytest.mark.parametrize(
    "tests",
    [
        "[{cases: [a, b], assert: {contains: y}}]",
        "[{cases: all, assert: {contains: y}}]",
        "[{cases: [a], assert: {contains: y}}, {cases: [b], assert: {not_contains: y}}]",
        "[{cases: [a], assert: {contains: y}}, {cases: [b], assert: {contains: z}, fires: false}]",
        "[{cases: [a], assert: {not_contains: y}}]",
        "[{cases: all, assert: {regex: '(?i)re+(fund|pay)s?$'}}]",
        "[{cases: all, assert: {regex: 'müde|\\d+ €'}}]",
        "[{cases: all, assert: {regex: 'a(?!b)', engine: regex}}]",
        "[{cases: all, assert: {word_count: {max: 80}}}]",
        "[{cases: all, assert: {not_regex: '^$'}}]",
        "[{cases: all, assert: {contains: y}}, {cases: all, assert: {not_contains: y, ignore_case: true}}]",
    ],
)
def test_tests_that_can(tests):
    assert found(f"r|Greet.|tests: {tests}", cases=CASES) == []


def test_a_conditional_rule_needs_a_case_where_it_is_silent():
    rule = "r|Greet.|when: {language: de}\ntests: [{cases: [a, b], assert: {contains: y}}]"
    cases = CASES.replace("id:", "slices: {language: de}, id:")
    assert found(rule, cases=cases) == ["PO204"]
    assert found(rule + "\nposition: fixed", cases=cases) == []


def test_impossible_tests_name_the_other_rule_and_the_case():
    rules = (
        "one|Greet.|tests: [{cases: all, assert: {contains: y}}]",
        "two|Part.|tests: [{cases: {slice: {s: t}}, assert: {not_contains: y}}]",
    )
    cases = "[{id: a}, {id: b, slices: {s: t}}]"
    (only,) = examined(prompt_with(*rules, cases=cases), "p/prompt.yaml", "prompt")
    assert only.code == "PO211"
    assert "on case `b`" in only.message
    assert "of rule `one`" in only.message


def test_unknown_cases_suggest_the_nearest():
    text = prompt_with(
        "r|Greet.|tests: [{cases: [late-fees], assert: {contains: y}}]",
        cases="[{id: late-fee, assert: {contains: x}}]",
    )
    (only,) = examined(text, "p/prompt.yaml", "prompt")
    assert only.help == "did you mean `late-fee`?"


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ("[{id: a, variables: {q: x}, assert: {contains: x}}, {id: b, variables: {q: x}, assert: {contains: x}}]", ["PO205"]),
        ("[{id: a, variables: {q: x}, assert: {contains: x}}, {id: b, variables: {q: y}, assert: {contains: x}}]", []),
        ("[{id: a, history: [{role: user, content: hi}], assert: {contains: x}}, {id: b, history: [{role: user, content: hi}], assert: {contains: x}}]", ["PO205"]),
    ],
)  # fmt: skip
def test_duplicate_cases(cases, expected):
    assert found(cases=cases) == expected


def test_cases_and_languages():
    cases = (
        "[{id: a, slices: {language: en}, assert: {contains: x}}, {id: b, assert: {contains: x}}]"
    )
    assert found(cases=cases, languages="[en, de]") == ["PO206", "PO210"]
    assert found(cases=cases, languages="[en]") == []
    assert found(cases="[]", languages="[en, de]") == []


def test_a_case_is_used_by_a_slice():
    rule = "r|Greet.|tests: [{cases: {slice: {s: t}}, assert: {not_contains: y}}]"
    assert found(rule, cases="[{id: a, slices: {s: t}}, {id: b, slices: {s: u}}]") == ["PO207"]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(?=x)y", "look-ahead not supported"),
        (r"(?<!x)y", "look-behind not supported"),
        (r"x\Z", "`\\Z` not supported"),
        (r"\u00e9", "`\\uXXXX` not supported"),
        (r"(?>x)", "atomic groups not supported"),
        (r"x{1001}", "invalid repetition size: {1001}"),
        (r"(a", "missing ): (a"),
        (r"[z-a]", "invalid character class range: z-a"),
        (r"(a)\1", "invalid escape sequence: \\1"),
    ],
)
def test_why_a_pattern_is_refused(pattern, reason):
    refused = why_refused(pattern)
    assert refused is not None
    assert refused[0] == reason
    assert refused[1]


def test_patterns_that_look_plain_compile():
    import random

    import re2

    options = re2.Options()
    options.log_errors = False
    parts = [
        *"ab.*+?()|[]^$-§{}",
        "(?:",
        "\\d",
        "\\b",
        "\\.",
        "{2}",
        "{3,}",
        "a-z",
        "{99}",
        "(?i)",
        "\\",
        ",",
    ]
    source = random.Random(7)
    for _ in range(20_000):
        pattern = "".join(source.choices(parts, k=source.randint(1, 8)))
        if why_refused(pattern) is None:
            re2.compile(pattern, options=options)  # raises where `why_refused` was wrong


def test_assertions_have_the_place_of_their_key():
    prompt = Prompt(
        "p",
        rules=(
            Rule(
                "r",
                "Greet.",
                tests=(Test(CaseSelection(all=True), (Assertion("regex", "x", True),)),),
            ),
        ),
        cases=(Case("a", asserts=(Assertion("contains", "y"),)),),
    )
    assert [place for place, _ in assertions(prompt)] == [
        ("rules", 0, "tests", 0, "assert", 0, "not_regex"),
        ("cases", 0, "assert", 0, "contains"),
    ]
    assert assertions(replace(prompt, cases=())) != assertions(prompt)
