"""Tools, images and cache breakpoints of a prompt: read, counted, put into every sum, checked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from check_examples import AROUND, complete, examined, prompt_of
from token_world import bare, counter

from promptops.checks import registry
from promptops.diagnostic import Severity
from promptops.history.bump import Bump, needed_bump
from promptops.model import Image, Message, Tool
from promptops.render import render
from promptops.review.facts import compare_facts
from promptops.tokens.arithmetic import measure
from promptops.tokens.beside import beside, image_count
from promptops.tokens.models import resolve
from promptops.tokens.summary import summarize
from promptops.tokens.tools import definition, each_tool, tool_count

WORDS = " static" * 1500
DECLARING = f"""\
models: [openai/gpt-4o, anthropic/claude-opus-5]
modalities: {{input: [text, image]}}
budget: {{tool_tokens: 900, calls_per_month: 1000, output_tokens: 10}}
variables: {{q: {{examples: [Why?]}}}}
messages:
  - {{role: system, content: "{{{{ rules }}}}{WORDS}", cache: true}}
  - {{role: user, content: "{{{{ q }}}}", cache: 1h}}
tools:
  - name: find_invoice
    description: Finds the invoice with this number.
    parameters: {{type: object, properties: {{number: {{type: string}}}}, required: [number]}}
  - name: refund
images:
  - {{width: 1024, height: 1024}}
  - {{width: 512, height: 512, detail: low, count: 2}}
rules:
  - id: a
    text: Be brief.
"""
RULES = "rules:\n  - id: a\n    text: Be brief.\n"
PROMPT = prompt_of(complete("PO3", DECLARING))
MODELS = PROMPT.models


def found(code: str, text: str):
    return list(registry()[code].run(prompt_of(complete("PO2" + code[3:], text)), AROUND))


# reading


def test_what_a_prompt_declares_is_read() -> None:
    assert [message.cache for message in PROMPT.messages] == ["5m", "1h"]
    first, second = PROMPT.tools
    assert (first.name, second) == ("find_invoice", Tool("refund"))
    assert definition(first)["parameters"]["required"] in (["number"], ("number",))
    assert definition(second) == {"name": "refund"}
    assert PROMPT.images == (Image(1024, 1024), Image(512, 512, "low", 2))
    assert PROMPT.budget.tool_tokens == 900


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("tools: tools.json", "expected a list, found `tools.json`"),
        ("tools: [{name: a b}]", "not a tool's name"),
        ("tools: [{description: x}]", "`name` is missing"),
        ("tools: [{name: a, input_schema: {}}]", "unknown key `input_schema`"),
        ("tools: [{name: a, parameters: []}]", "expected a mapping, found"),
        ("tools: [{name: a}, {name: a}]", "the name `a` is taken by entry 1 of `tools`"),
        ("images: [{width: 0, height: 5}]", "`0` is not a whole number"),
        (
            "images: [{width: 100_001, height: 5}]",
            "100,001 is not a whole number from 1 to 100,000",
        ),
        ("images: [{width: 5, height: 5, detail: hi}]", "is not one of `low`, `high`"),
        ("messages: [{role: user, content: x, cache: 2h}]", "is not one of `5m`, `1h`"),
        (
            "cases: [{id: c, history: [{role: user, content: x, cache: true}]}]",
            "unknown key `cache`",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(wrong: str, said: str) -> None:
    text = complete("PO2", wrong + "\n")
    problems = [
        d for d in examined(text, "prompts/example/prompt.yaml", "prompt") if d.code < "PO1"
    ]
    assert any(said in d.message for d in problems), [d.message for d in problems]
    assert all(d.span.line > 1 for d in problems if said in d.message)


# counting


def test_the_parts_add_up_with_tools_and_images() -> None:
    for model in MODELS:
        got = measure(PROMPT, model, counter(), render)
        parts = sum(got.rules.values()) + got.rest + got.joins + got.framed
        other = got.beside
        assert parts + other.tools.tokens + other.images.tokens == got.total.tokens
        assert got.text.tokens + got.framed == parts
        assert got.total.low <= got.total.tokens <= got.total.high
        assert got.total.known == "estimated"
        largest = summarize(PROMPT, [model], counter(), render)[model].spread.largest
        assert largest.tokens >= got.total.tokens


def test_images_cost_what_the_formula_says_times_how_many() -> None:
    assert image_count(PROMPT.images, resolve("gpt-4o")).tokens == 765 + 2 * 85
    assert image_count(PROMPT.images, resolve("llama-3.1-8b")).tokens is None


@pytest.mark.parametrize(
    "model", ["gpt-4o", "gpt-5", "claude-opus-5", "qwen3-8b", "mistral-nemo", "llama-3.1-8b"]
)
def test_each_family_is_told_of_tools_in_its_own_way_and_says_so(model: str) -> None:
    count = tool_count(PROMPT.tools, model, counter())
    assert count.known == "estimated"
    assert 0 < count.low <= count.tokens <= count.high
    assert count.source
    assert count.as_of
    sizes = each_tool(PROMPT.tools, model, counter())
    assert sizes["find_invoice"] > sizes["refund"] > 0
    more = tool_count([*PROMPT.tools, Tool("third", "More words.")], model, counter())
    assert more.tokens > count.tokens


def test_a_model_without_its_own_rule_has_the_wider_bounds() -> None:
    tools = PROMPT.tools
    old, new = (tool_count(tools, model, counter()) for model in ("gpt-4o", "gpt-5"))
    assert new.tokens == old.tokens
    assert new.high - new.low > old.high - old.low
    assert tool_count(tools, "gpt-4o", bare()).known == "estimated"


def test_what_is_unknown_makes_the_whole_call_unknown() -> None:
    model = "llama-3.1-8b"
    assert measure(PROMPT, model, counter(), render).total.tokens is None
    without = replace(PROMPT, images=())
    assert measure(without, model, counter(), render).total.tokens is not None
    assert beside(without, "gemini-2.5-pro", counter()).tools.tokens is None
    assert each_tool(PROMPT.tools, "gemini-2.5-pro", counter()) == {}


def test_odd_schemas_are_counted_and_never_stop() -> None:
    odd = [
        {"properties": {"a": 1, "b": {"enum": [1, None], "type": ["string"]}}},
        {"properties": 3},
    ]
    for parameters in odd:
        assert tool_count([Tool("f", "x.", parameters)], "gpt-4o", counter()).tokens > 12


# the prefix


def test_tools_stand_first_in_the_prefix_and_breakpoints_end_what_is_kept() -> None:
    gpt, claude = (summarize(PROMPT, MODELS, counter(), render)[model] for model in MODELS)
    bare_prompt = replace(PROMPT, tools=())
    without = summarize(bare_prompt, MODELS, counter(), render)[MODELS[0]]
    assert gpt.prefix.tokens == without.prefix.tokens + gpt.measure.beside.tools.tokens
    assert not gpt.prefix.exact
    assert without.prefix.exact
    assert len(claude.prefix.points) == 1  # the second stands after a variable
    assert claude.caching.cached == claude.prefix.points[0]
    assert gpt.caching.cached <= gpt.prefix.tokens  # it takes no breakpoints: nothing changes


def test_a_breakpoint_before_the_minimum_caches_nothing() -> None:
    early = (Message("system", "Short.", "5m"), Message("system", WORDS), PROMPT.messages[1])
    claude = summarize(replace(PROMPT, messages=early, tools=()), MODELS, counter(), render)
    assert claude[MODELS[1]].caching.cacheable is False
    assert claude[MODELS[1]].caching.cached == 0
    none = (Message("system", WORDS), Message("user", "{{ q }}", "5m"))
    late = summarize(replace(PROMPT, messages=none, tools=()), MODELS, counter(), render)
    assert late[MODELS[1]].caching.cached == 0


# checks

FOUR = "".join(f'  - {{role: user, content: "{WORDS}", cache: true}}\n' for _ in range(5))


def test_po314_names_the_breakpoint_too_many() -> None:
    text = f"models: [anthropic/claude-opus-5, openai/gpt-4o]\nmessages:\n{FOUR}"
    (one,) = found("PO314", text)
    assert (one.path, one.severity) == (("messages", 4, "cache"), None)
    assert "number 5" in one.message


def test_po314_is_an_error_only_where_even_the_high_bound_is_too_short() -> None:
    text = 'models: [anthropic/claude-sonnet-4-5]\nmessages: [{role: system, content: "X", cache: true}]\n'
    assert [one.severity for one in found("PO314", text.replace("X", "Hi."))] == [Severity.ERROR]
    straddling = "word " * 900
    assert [one.severity for one in found("PO314", text.replace("X", straddling))] == [
        Severity.WARNING
    ]
    assert found("PO314", text.replace("X", "word " * 2000)) == []
    assert found("PO314", text.replace("claude-sonnet-4-5", "claude-3-haiku")) == []
    assert found("PO314", text.replace("X", "{{ gone }}")) == []
    assert found("PO314", text.replace("X", "வணக்கம்")) == []


def test_po361_warns_of_tools_over_their_budget() -> None:
    tight = DECLARING.replace("tool_tokens: 900", "tool_tokens: 30")
    (one,) = found("PO361", tight)
    assert one.path == ("budget", "tool_tokens")
    assert "anthropic/claude-opus-5" in one.message  # the model that is furthest over
    assert found("PO361", DECLARING) == []


def test_images_and_tools_that_cannot_be_counted_are_told() -> None:
    text = DECLARING.replace("anthropic/claude-opus-5", "openai/gpt-4")
    assert [one.path for one in found("PO304", text)] == [("images",)]
    assert found("PO304", DECLARING) == []


def test_the_window_and_the_budget_hold_what_goes_beside_the_text() -> None:
    big = DECLARING.replace("width: 1024, height: 1024", "width: 1024, height: 1024, count: 200")
    assert any("over the context window" in one.message for one in found("PO302", big))
    tight = DECLARING.replace("budget: {", "budget: {prompt_tokens: 1900, ")
    tight = tight.replace(", anthropic/claude-opus-5", "")
    assert [one.severity for one in found("PO301", tight)] == [Severity.ERROR]
    assert found("PO301", tight.partition("images:")[0] + RULES) == []


def test_a_lone_surrogate_in_a_tool_is_no_text_to_count() -> None:
    broken = replace(PROMPT, tools=(Tool("a", "\ud800"),))
    assert list(registry()["PO361"].run(broken, AROUND)) == []


def test_po313_speaks_of_breakpoints_that_are_written_and_hardly_read() -> None:
    text = DECLARING.replace("1000", "100")
    (one,) = found("PO313", text)
    assert "1.25 times" in one.message
    hour = text.replace("cache: true", "cache: 1h")
    assert "2 times" in found("PO313", hour)[0].message
    assert found("PO313", text.replace("month: 100,", "month: 100_000,")) == []
    unmarked = text.replace(", cache: true", "").replace(", cache: 1h", "")
    assert found("PO313", unmarked) == []


def test_po312_says_that_other_tools_empty_the_cache() -> None:
    before = replace(PROMPT, tools=PROMPT.tools[:1])
    around = replace(AROUND, before={PROMPT.path: before})
    (one,) = registry()["PO312"].run(PROMPT, around)
    assert "token 1 of a prefix" in one.message


# changes


def test_versions_follow_what_the_model_is_told() -> None:
    fewer = replace(PROMPT, tools=PROMPT.tools[:1])
    assert needed_bump(PROMPT, fewer) is Bump.MAJOR
    assert needed_bump(fewer, PROMPT) is Bump.MINOR
    moved = replace(PROMPT, messages=tuple(replace(m, cache="") for m in PROMPT.messages))
    assert needed_bump(PROMPT, moved) is Bump.PATCH
    assert needed_bump(PROMPT, replace(PROMPT, images=())) is Bump.PATCH


def test_a_review_names_tools_images_and_breakpoints() -> None:
    other = replace(
        PROMPT,
        tools=(replace(PROMPT.tools[0], description=""),),
        images=(),
        messages=(replace(PROMPT.messages[0], cache=""), PROMPT.messages[1]),
    )
    facts = {fact.what: (fact.before, fact.after) for fact in compare_facts(PROMPT, other)}
    assert facts["tool refund"] == ("no description", "")
    assert facts["tool find_invoice"][0].startswith("Finds the invoice with this number. {")
    assert facts["tool find_invoice"][1].startswith("no description {")
    assert facts["images"][0] == "1 of 1024×1024 (high), 2 of 512×512 (low)"
    assert facts["cache breakpoint after message 1"] == ("5m", "")


def test_the_command_shows_and_sums_them(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "prompts" / "example"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (folder / "prompt.yaml").write_text(complete("PO3", DECLARING))
    said = run("tokens", "--format", "json", cwd=tmp_path)
    one = json.loads(said.out)["result"]["prompts"][0]["models"]["openai/gpt-4o"]
    parts = sum(one["rules"].values()) + one["rest"] + one["joins"] + one["framing"]
    assert one["total"] == parts + one["tools"] + one["image_tokens"]
    assert one["image_tokens"] == 935
    assert one["tools_low"] <= one["tools"] <= one["tools_high"]
    assert list(one["tool_sizes"]) == ["find_invoice", "refund"]
    assert [image["in_total"] for image in one["images"]] == [True, True]
    text = run("tokens", cwd=tmp_path).out
    assert "+ tools" in text
    assert "+ images 935" in text
    assert "2 of 512×512" in text
