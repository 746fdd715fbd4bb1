"""Leaving a rule out takes its whole bullet, line or sentence, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops.model import Message, Prompt, Rule
from promptops.render import PlacedError, render

A, B, C = (Rule(name, f"Rule {name} holds.") for name in "abc")
PLAIN = Rule("plain", "cite the policy")
WIDE = Rule("wide", "要引用规则。")
RULES = (A, B, C, PLAIN, WIDE)


def left(content: str, *without: str) -> str:
    """The template as it would have to read without those rules: what is left, tags rendered."""
    named = Prompt("p", messages=(Message("system", content),), rules=RULES)
    return render(named, {}, without=without)[0].content


@pytest.mark.parametrize(
    ("content", "without", "expected"),
    [
        # a line of its own
        ('x\n{{ rule("a") }}\ny\n', "a", "x\ny\n"),
        ('{{ rule("a") }}\ny', "a", "y"),
        ('x\n  {{ rule("a") }}  ', "a", "x"),
        ('x\r\n{{ rule("a") }}', "a", "x"),
        ('x\r\n{{ rule("a") }}\r\ny\r\n', "a", "x\r\ny\r\n"),
        ('{{ rule("a") }}', "a", ""),
        ('{{ rule("a") }}\n', "a", ""),
        ('{{ rule("a") }} {{ rule("b") }}\nx', "ab", "x"),
        ('Remember: {{ rule("a") }}\nx', "a", "x"),
        ('| {{ rule("a") }} | always |\nx', "a", "x"),
        ('<r>{{ rule("a") }}</r>\nx', "a", "x"),
        ('{{- rule("a") -}}\nx', "a", "x"),
        ('{{ rule("a") | upper }}\nx', "a", "x"),
        # blank lines are not doubled
        ('x\n\n{{ rule("a") }}\n\ny\n', "a", "x\n\ny\n"),
        ('x\n\n{{ rule("a") }}\n', "a", "x\n"),
        ('x\n\n{{ rule("a") }}', "a", "x"),
        ('{{ rule("a") }}\n\ny', "a", "y"),
        ('x\n\n{{ rule("a") }}\n{{ rule("b") }}\n\ny', "ab", "x\n\ny"),
        ('x\n\n{{ rule("a") }}\n\n{{ rule("b") }}\n\ny', "ab", "x\n\ny"),
        ('x\n\n{{ rule("a") }}\n\n{{ rule("b") }}', "ab", "x"),
        ('# Title\n\n{{ rule("a") }}\n\n# Next\n', "a", "# Title\n\n# Next\n"),
        ('x\n\n\n{{ rule("a") }}\n\ny', "a", "x\n\n\ny"),
        # a bullet
        ('- {{ rule("a") }}\n- x\n', "a", "- x\n"),
        ('1. {{ rule("a") }}\n2. x\n', "a", "2. x\n"),
        ('> * {{ rule("a") }}\n> * x\n', "a", "> * x\n"),
        ('- {{ rule("a") }}\n  See below.\n\n  Not this.\n- x\n', "a", "  Not this.\n- x\n"),
        ('- {{ rule("a") }}\n  - {{ rule("b") }}\n', "a", "  - Rule b holds.\n"),
        ('- {{ rule("a") }}\n  {{ rule("b") }}\n', "a", "  Rule b holds.\n"),
        ('- {{ rule("a") }}\n  {% if 1 %}x{% endif %}\n', "a", "  x\n"),
        ('- x\n  {{ rule("a") }}\n- y\n', "a", "- x\n- y\n"),
        ('- {{ rule("a") }} Always.\n- x\n', "a", "- Always.\n- x\n"),
        # a sentence, with the space after it, or before it at the end of the line
        ('One. {{ rule("a") }} Two.\n', "a", "One. Two.\n"),
        ('One.  {{ rule("a") }}  Two.\n', "a", "One.  Two.\n"),
        ('One. {{ rule("a") }}\nTwo.\n', "a", "One.\nTwo.\n"),
        ('{{ rule("a") }} Two.\n', "a", "Two.\n"),
        ('  {{ rule("a") }} Two. \n', "a", "  Two. \n"),
        ('One! If asked, {{ rule("a") }} Two?\n', "a", "One! Two?\n"),
        ('One. "{{ rule("a") }}" Two.\n', "a", "One. Two.\n"),
        ('One.** **{{ rule("a") }}** Two.\n', "a", "One.** Two.\n"),
        ('One. ({{ rule("a") }}) Two.\n', "a", "One. Two.\n"),
        ('{{ rule("a") }} {{ rule("b") }} {{ rule("c") }}', "ac", "Rule b holds."),
        ('{{ rule("a") }} {{ rule("b") }} {{ rule("c") }}', "b", "Rule a holds. Rule c holds."),
        ('One. {{ rule("plain") }}. Two.', ["plain"], "One. Two."),
        ('One. Always {{ rule("plain") }} when asked. Two.', ["plain"], "One. Two."),
        ('One. {{ rule("plain") }} Two.', ["plain"], "One. Two."),
        ('One. {{ rule("plain") }} {{ rule("a") }}', ["plain"], "One. Rule a holds."),
        ("你好。{{ rule('wide') }}再见。", ["wide"], "你好。再见。"),
        ("「你好。」{{ rule('wide') }}「再见。」", ["wide"], "「你好。」「再见。」"),
        # a sentence that rules share loses the words around the placement only
        ('{{ rule("plain") }}, {{ rule("a") }}', "a", "cite the policy,"),
        ('x {{ rule("plain") }}, {{ rule("a") }}', ["plain"], "x Rule a holds."),
        ('x {{ rule("plain") }}, {{ rule("a") }}', ["plain", "a"], ""),
        ('x {{ rule("plain") }}{{ rule("a") }}', ["plain"], "x Rule a holds."),
        # statements stay whole
        ('{% if 1 %}{{ rule("a") }}{% endif %}\nx', "a", "x"),
        ('{% if 1 %}{{ rule("a") }}{% else %}{{ rule("b") }}{% endif %}\nx', "ab", "x"),
        ('{% if 1 %}{{ rule("a") }}{% else %}{{ rule("b") }}{% endif %}\nx', "a", "\nx"),
        ('One.{% if 1 %} {{ rule("a") }}{% endif %} Two.', "a", "One. Two."),
        ('{% if 1 %}{{ rule("a") }}\n{% endif %}x', "a", "\nx"),
        ('{% set x = "y" %}{{ rule("a") }}\n{{ x }}', "a", "\ny"),
        ('{% if 1 %}\n{{ rule("a") }}\n{% endif %}\nx', "a", "\n\nx"),
        ('{# why #}{{ rule("a") }}\nx', "a", "x"),
        ('{% if 0 %}\nx\n{% endif %}{{ rule("a") }}{% if 1 %}\ny\n{% endif %}', "a", "\ny\n"),
        ('{% if 0 %}\nx\n{% else %}{{ rule("a") }}\ny\n{% endif %}', "a", "\ny\n"),
        # lists
        ("# R\n\n{{ rules }}\n\ny\n", ["a", "b", "plain", "wide"], "# R\n\n- Rule c holds.\n\ny\n"),
        ("# R\n\n{{ rules }}\n\ny\n", ["a", "b", "c", "plain", "wide"], "# R\n\ny\n"),
        ("R: {{ rules }}\ny\n", ["a", "b", "c", "plain", "wide"], "R: \ny\n"),
        ("x. {{ rule('a') }} R: {{ rules | section('none') }}\ny\n", "a", "x. R: \ny\n"),
        ("x {{ rule('plain') }}{{ rules | section('none') }}\ny\n", ["plain"], "x \ny\n"),
        ("R\n{{ rules | section('none') }}\ny\n", "", "R\ny\n"),
        ("{% for r in rules %}{{ r.id }}\n{% endfor %}", ["b", "plain", "wide"], "a\nc\n"),
        # characters of the ranges that stand for tags
        ("\U000f0000{{ rule('a') }}\U000f0001\n\U000f0002", "a", "\U000f0002"),
    ],
)  # fmt: skip
def test_what_goes(content: str, without: Iterable[str], expected: str) -> None:
    assert left(content, *without) == expected


@pytest.mark.parametrize(
    "content",
    [
        '{{ rule("a") ~ rule("b") }}',
        '{{ rule("a") if 1 else rule("b") }}',
        '{% set x = rule("a") %}{{ x }}',
        '{% if rule("a").section %}x{% endif %}',
    ],
)
def test_a_rule_inside_an_expression_cannot_be_left_out(content: str) -> None:
    with pytest.raises(PlacedError) as caught:
        left(content, "a")
    assert caught.value.message.startswith("the rule `a` cannot be left out here")
    assert caught.value.hint == 'place it by `{{ rule("a") }}`'


def test_other_rules_in_one_expression_are_its_neighbours() -> None:
    assert left('{{ rule("a") }}; {{ rule("b") ~ rule("c") }}', "a") == "Rule b holds.Rule c holds."
    assert left('x {{ rule("plain") }}, {{ rules | length }}', "plain") == "x 4"


PAGE = Path(__file__).parent.parent / "docs" / "templates.md"
EXAMPLE = re.compile(r'```template\n(.*?)```\n\n```text title="without (\S+)"\n(.*?)```', re.S)


def test_the_page_shows_what_happens() -> None:
    examples = EXAMPLE.findall(PAGE.read_text("utf-8"))
    assert len(examples) == 4
    rules = (Rule("cite", "Cite the policy."), Rule("brief", "Be brief."))
    for template, gone, shown in examples:
        whole = Prompt("p", messages=(Message("system", template),), rules=rules)
        by_hand = replace(whole, messages=(Message("system", shown),))
        assert render(whole, {}, without=[gone]) == render(by_hand, {}, without=[])


def test_the_page_names_every_filter() -> None:
    from promptops.render.filters import FILTERS

    page = PAGE.read_text("utf-8")
    named = {name for name in FILTERS if f"`{name}`" in page or f"| {name}(" in page}
    assert set(FILTERS) - named == {"d", "e"}  # short for `default` and `escape`


def test_too_many_tags_and_private_characters() -> None:
    with pytest.raises(PlacedError, match="template over limit"):
        left("\U000f0000" * 70_000 + '\n{{ rule("a") }}', "a")


# --- properties: documents whose shape is known, so that the hand can take rules out too

IDS = [f"r{i}" for i in range(6)]
WORDS = st.sampled_from(["Be kind.", "Answer in English!", "Do you see?", "Say (or not).", "Ok."])
LEADS = st.sampled_from(["", "", "When asked, ", "Note: "])
MARKS = st.sampled_from(["", "", "- ", "* ", "1. ", "  - "])


@st.composite
def documents(draw: st.DrawFn) -> list[list[tuple[str, list[str]]]]:
    """Paragraphs of lines of sentences; each of `IDS` is placed at most once."""
    free = draw(st.permutations(IDS))
    paragraphs = []
    for _ in range(draw(st.integers(1, 4))):
        lines = []
        for _ in range(draw(st.integers(1, 3))):
            sentences = []
            for _ in range(draw(st.integers(1, 4))):
                if free and draw(st.booleans()):
                    quote = draw(st.sampled_from("\"'"))
                    sentences.append(f"{draw(LEADS)}{{{{ rule({quote}{free.pop()}{quote}) }}}}")
                else:
                    sentences.append(draw(WORDS))
            lines.append((draw(MARKS), sentences))
        paragraphs.append(lines)
    return paragraphs


def written(paragraphs: list[list[tuple[str, list[str]]]], gone: Iterable[str], end: str) -> str:
    """The document as a template, without the sentences that place a rule of `gone`."""
    gone = set(gone)
    kept = []
    for lines in paragraphs:
        shorter = []
        for mark, sentences in lines:
            stay = [s for s in sentences if not any(f"{rule_id}" in s for rule_id in gone)]
            if stay:
                shorter.append(mark + " ".join(stay))
        if shorter:
            kept.append("\n".join(shorter))
    return "\n\n".join(kept) + end if kept else ""


def made(content: str, gone: Iterable[str] = ()) -> Prompt:
    rules = (Rule(i, f"Rule {i}\nholds.", section="s" if i < "r3" else "") for i in IDS)
    return Prompt(
        "p",
        messages=(Message("system", content), Message("user", "{{ rules }}")),
        rules=tuple(rule for rule in rules if rule.id not in gone),
    )


@settings(max_examples=150, deadline=None)
@given(documents(), st.sets(st.sampled_from(IDS)), st.sampled_from(["", "\n"]))
def test_leaving_out_is_taking_out_by_hand(
    document: list[list[tuple[str, list[str]]]], gone: set[str], end: str
) -> None:
    full = made(written(document, (), end))
    by_hand = made(written(document, gone, end), gone)
    expected = [m.content for m in render(by_hand, {})]
    # a rule not placed by hand is listed: there it is the list that shrinks
    assert [m.content for m in render(full, {}, without=gone)] == expected
    keep = set(IDS) - gone
    assert [m.content for m in render(full, {}, only=keep)] == expected


@settings(max_examples=100, deadline=None)
@given(documents(), st.permutations(IDS), st.integers(0, 6), st.sampled_from(["", "\n"]))
def test_order_does_not_matter(
    document: list[list[tuple[str, list[str]]]], order: list[str], count: int, end: str
) -> None:
    gone = order[:count]
    full = made(written(document, (), end))
    at_once = render(full, {}, without=gone)
    assert render(full, {}, without=list(reversed(gone))) == at_once
    text = at_once[0].content
    for rule_id in IDS:
        stays = (
            f"Rule {rule_id}\nholds." in text or f"Rule {rule_id}\n  holds." in at_once[1].content
        )
        assert stays == (rule_id not in gone)
    assert "\n\n\n" not in text
    assert render(full, {}, without=()) == render(full, {}) == render(full, {}, only=IDS)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(IDS)), st.sampled_from(["{{ rules }}", '{{ rules | section("s") }}', "{% for r in rules %}- {{ r }}\n{% endfor %}"]), st.text("ab.\n", max_size=8), st.text("ab.\n", max_size=8))  # fmt: skip
def test_a_list_loses_its_bullet_only(gone: set[str], tag: str, before: str, after: str) -> None:
    content = before + tag + after
    full = replace(made(content), messages=(Message("system", content),))
    without = replace(full, rules=tuple(rule for rule in full.rules if rule.id not in gone))
    assert render(full, {}, without=gone) == render(without, {})
    shown = render(full, {}, without=gone)[0].content
    every = render(full, {})[0].content
    if tag.startswith("{% for"):
        for rule_id in gone:
            every = every.replace(f"- Rule {rule_id}\nholds.\n", "")
        assert shown == every
