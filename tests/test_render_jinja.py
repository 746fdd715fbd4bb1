"""The same bytes as Jinja gives, whichever of our two ways a template takes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError, TemplateAssertionError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptops.errors import PromptopsError
from promptops.model import Message, Prompt, Rule, Variable
from promptops.render import PlacedError, placements, render
from promptops.render.context import MAX_OUTPUT
from promptops.render.rules import RuleList, view
from promptops.render.scan import COMMENT, RAW, TEXT, scan

RULES = (Rule("one", "First.\nMore."), Rule("two", "Second.", section="s"), Rule("three", "Third", priority=3, section="s"))  # fmt: skip
VIEWS = {rule.id: view(rule) for rule in RULES}
VALUES = {"a": "{{ b }}\nx", "b": "", "_c9": "<é\u2028>"}


def jinja(source: str, placed: set[str]) -> str:
    """What Jinja makes of it: the reference."""
    environment = ImmutableSandboxedEnvironment(
        keep_trailing_newline=True, undefined=StrictUndefined
    )
    environment.filters["section"] = lambda rules, name: rules.section(name)
    listed = RuleList(v for v in VIEWS.values() if v.id not in placed)
    return environment.from_string(source).render(rules=listed, rule=VIEWS.__getitem__, **VALUES)


def made(source: str) -> Prompt:
    return Prompt(
        "p",
        variables={name: Variable(name) for name in VALUES},
        messages=(Message("system", source),),
        rules=RULES,
    )


def ours(source: str) -> str:
    return render(made(source), VALUES)[0].content


def agree(source: str) -> bool:
    """Both render to the same bytes, or we refuse more than Jinja does; True if we rendered."""
    facts = placements(made(source))
    try:
        expected: str | None = jinja(source, {use.name for use in facts.rules})
    except (TemplateSyntaxError, UndefinedError, SecurityError, KeyError):
        expected = None
    except (
        TypeError,
        AttributeError,
    ):  # an operator or a filter on what it cannot take: we may be kinder
        return False
    try:
        text = ours(source)
    except PlacedError as error:
        problem = error.problem
    else:
        assert text == expected
        return True
    # Jinja sets and passes on what is undefined, and prints lists and objects
    eager = problem.kind == "undefined" and ("x" in source or "nope" in source)
    assert expected is None or problem.kind == "refused" or eager, problem
    return False


NOISE = st.text(alphabet=st.sampled_from("{}%#-+ab \"'\n|()r"), max_size=12)
SPACE = st.sampled_from(["", " ", "\n", " \t"])
PLAIN = st.sampled_from(
    ["a", "b", "_c9", "rules", 'rule("one")', "rule('two')", 'rules | section("s")', 'rule ( "two" )']  # three stays, so no list is empty
)  # fmt: skip


@st.composite
def plain_templates(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        parts.append(draw(NOISE))
        if draw(st.booleans()):
            parts.append("{{" + draw(SPACE) + draw(PLAIN) + draw(SPACE) + "}}")
    return "".join(parts) + draw(NOISE)


@settings(max_examples=400, deadline=None)
@given(plain_templates())
def test_plain_templates(source: str) -> None:
    assume(agree(source))


EXPRESSIONS = st.recursive(
    st.sampled_from(
        [
            *("a", "b", "_c9", "'x'", '"é{{"', "1", "0", "true", "none", "rules", "x", "nope"),
            *('rule("one")', "rule('two').text", "rules | length", "[1, 2]", "['b', 'A', a]"),
            *("rule('three').priority", "rules | last", "range(3)", "'}}'", "(1)"),
        ]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" ~ ", " + ", " - ", " and ", " or ", " == ", " != ", " in ", " < ", " not in "]), inner).map("".join),
        st.tuples(st.just("("), inner, st.just(")")).map("".join),
        inner.map(lambda e: f"not {e}"),
        st.tuples(inner, inner, inner).map(lambda e: f"({e[0]} if {e[1]} else {e[2]})"),
        st.tuples(inner, st.sampled_from([
            "upper", "lower", "title", "capitalize", "trim", "trim('x ')", "length", "first", "last",
            "string", "join", "join(', ')", "join('-', attribute='id')", "replace('x', 'yy')", "replace('', '.')",
            "indent", "indent(2, true, true)", "indent('> ', first=true)", "default('d')", "d('d', true)",
            "sort", "sort(true)", "sort(case_sensitive=true)", "sort(attribute='id')",
        ])).map(lambda e: f"({e[0]} | {e[1]})"),
        st.tuples(inner, st.sampled_from(["defined", "undefined", "none", "eq 1", "ne 'x'", "in ['x']", "odd"])).map(lambda e: f"({e[0]} is {e[1]})"),
    ),
    max_leaves=4,
)  # fmt: skip
SIGN = st.sampled_from(["", "", "", "-"])


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        parts.append(draw(st.sampled_from(["t", " ", "\n", "text.\n", "é", "{", ""])))
        kind = draw(st.integers(0, 6 if depth < 2 else 2))
        tag = "{%" + draw(SIGN) + " ", " " + draw(SIGN) + "%}"
        expression = draw(EXPRESSIONS)
        match kind:
            case 0 | 1:
                parts.append("{{" + draw(SIGN) + " " + expression + " " + draw(SIGN) + "}}")
            case 2:
                parts.append(f"{tag[0]}set x = {expression}{tag[1]}")
            case 3:
                parts.append(draw(st.sampled_from(["{# {{ note }} -#}", "{% raw %}{{ }}\n{% endraw %}", "{%- raw -%} {% {%- endraw +%}"])))  # fmt: skip
            case 4:
                then, other = draw(blocks(depth + 1)), draw(blocks(depth + 1))
                elif_ = draw(EXPRESSIONS)
                parts.append(f"{tag[0]}if {expression}{tag[1]}{then}{{% elif {elif_} %}}e{{%- else %}}{other}{tag[0]}endif{tag[1]}")  # fmt: skip
            case _:
                over = draw(st.sampled_from(["rules", "range(3)", "['p', 'q']", "[]", "rules if x.section", "(1, 2)", "rules | sort(attribute='id')", expression]))  # fmt: skip
                inner = draw(st.sampled_from(["{{ x }}", "{{ x.text }}", "{{ loop.index }}/{{ loop.length }}{{ loop.last }}", "{{ loop.revindex0 ~ loop.first }}", "{% set b = x %}{{ b }}"]))  # fmt: skip
                parts.append(f"{tag[0]}for x in {over}{tag[1]}{inner}{draw(blocks(depth + 1))}{tag[0]}else %}}none{{% endfor{tag[1]}")  # fmt: skip
    return "".join(parts)


@settings(max_examples=400, deadline=None)
@given(blocks())
def test_jinja_templates(source: str) -> None:
    event("rendered" if agree(source) else "refused")


@settings(max_examples=300, deadline=None)
@given(st.one_of(plain_templates(), blocks(), NOISE))
def test_segments_are_the_template_and_its_tags_are_jinjas(source: str) -> None:
    segments = scan(source)
    assert "".join(source[s.start : s.end] for s in segments) == source
    try:
        tokens: list[tuple[int, str, str]] = list(ImmutableSandboxedEnvironment().lex(source))
    except TemplateSyntaxError:
        return
    opened = [kind for _, kind, _ in tokens if kind in ("variable_begin", "block_begin")]
    assert len(opened) == sum(s.kind not in (TEXT, COMMENT, RAW) for s in segments)
    for kind in (COMMENT, RAW):
        assert [k for _, k, _ in tokens].count(f"{kind}_begin") == sum(
            s.kind == kind for s in segments
        )


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}%#-|.()[]\"'\\ \r\nab1_=,~*é\x00\U000f0000"), max_size=40), st.sampled_from(["", "{% if a %}", "{{ rule('one') }}", "{%"]))  # fmt: skip
def test_any_text_renders_or_is_refused(text: str, before: str) -> None:
    for source in (text, before + text, "{{" + text + "}}", "{%" + text + "%}"):
        try:
            content: Any = render(made(source), VALUES, without=["one"])[0].content
        except PromptopsError as error:
            content, line = "", error.line
        else:
            line = 0
        assert len(content) <= MAX_OUTPUT
        assert 0 <= line <= source.count("\n") + 1


@pytest.mark.parametrize("word", ["{{ '\\x' }}", "{{ '\\N{nope}' }}", "{{ 1e999 }}", "{{ 0o9 }}"])
def test_odd_literals(word: str) -> None:
    try:
        jinja(word, set())
    except (TemplateSyntaxError, TemplateAssertionError):
        with pytest.raises(PromptopsError):
            ours(word)
    else:
        agree(word)
