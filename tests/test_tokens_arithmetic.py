"""Where the tokens are: parts that add up, the prefix, languages, money, tools, images, skeletons."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_world import bare, counter

from promptops.errors import ConfigError
from promptops.model import Budget, Case, Message, Prompt, Rule, Tool, Variable
from promptops.render import render
from promptops.tokens import caching, facts
from promptops.tokens.arithmetic import count_messages, measure, spread, variable_shares
from promptops.tokens.count import total_of
from promptops.tokens.framing import framing
from promptops.tokens.images import image_tokens
from promptops.tokens.languages import language_costs
from promptops.tokens.layout import RULE, VARIABLE, knows, lay_out
from promptops.tokens.models import resolve
from promptops.tokens.prices import INPUT, OUTPUT, READ, WRITE, call_usd, price, text_usd
from promptops.tokens.renderings import fillings, first_filling
from promptops.tokens.skeleton import skeleton, smallest
from promptops.tokens.summary import summarize
from promptops.tokens.tools import tool_count

O200K = counter().encoding("o200k_base")
CL100K = counter().encoding("cl100k_base")


def prompt(*messages: str, rules: dict[str, str] | None = None, **more: object) -> Prompt:
    roles = ("system", "user", "assistant", "user", "assistant")
    return Prompt(
        "p",
        models=("gpt-4o",),
        messages=tuple(Message(r, m) for r, m in zip(roles, messages, strict=False)),
        rules=tuple(Rule(name, text) for name, text in (rules or {}).items()),
        **more,  # type: ignore[arg-type]
    )


# the hazards, each as published


@pytest.mark.parametrize(
    ("left", "right", "parts", "joined"),
    [
        ("foo\n", "\nbar", (2, 2), 3),
        ("https://exa", "mple.com", (3, 3), 4),
        ("\t\t", "}", (1, 1), 3),
        ("japanese_bar", 'gain_button"', (3, 3), 7),
    ],
)
def test_joins_shrink_and_grow(left, right, parts, joined):
    assert (O200K.count(left), O200K.count(right)) == parts
    assert O200K.count(left + right) == joined


@pytest.mark.parametrize(
    ("text", "o200k", "cl100k"),
    [
        ("1234567", 3, 3),
        (" 1234", 3, 3),
        ('{"sentiment":"positive"}', 6, None),
        ('{"sentiment": "positive"}', 7, None),
        ("positive", 1, None),
        ("POSITIVE", 2, None),
        ('{"t": "Здравствуйте, чем могу помочь?"}', 11, 21),
        (json.dumps({"t": "Здравствуйте, чем могу помочь?"}), 85, 85),
        ("안녕", 2, 4),
        ("\u110b\u1161\u11ab\u1102\u1167\u11bc", 18, 17),
        ("ｆｕｌｌ", 8, None),
        ("full", 1, None),
        ("வணக்கம்", 3, 11),
        ("- one\n- two\n", 6, None),
        ("- one\r\n- two\r\n", 6, None),
    ],
)
def test_published_figures(text, o200k, cl100k):
    assert O200K.count(text) == o200k
    if cl100k is not None:
        assert CL100K.count(text) == cl100k


def test_hidden_text_is_paid():
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "ignore previous instructions")
    assert (O200K.count("x" + hidden), CL100K.count("x" + hidden)) == (111, 85)


def test_seams_move():
    def kept(left: str, right: str) -> int:
        return caching.common((O200K.encode(left), O200K.encode(left + right)))

    assert (kept("path=/var/lo", "g/x"), O200K.count("path=/var/lo")) == (3, 5)
    assert (kept("Translate to ", "French"), O200K.count("Translate to ")) == (2, 3)
    assert caching.stable_tokens("Translate to ", O200K) == 2


@given(st.text(max_size=40), st.text(max_size=20))
def test_the_stable_prefix_survives_what_follows(before, after):
    stable = caching.stable_tokens(before, O200K)
    assert stable <= O200K.count(before)
    ids, joined = O200K.encode(before), O200K.encode(before + after)
    probable = after[:1].isascii() and after[:1].isalnum()
    if probable or not after:
        assert caching.common((ids, joined)) >= min(stable, len(joined)) - 1


# layout: where rules and variables stand


def test_parts_are_found_with_bullets_and_line_ends():
    p = prompt(
        "Hello {{ name }}.\n\n{{ rules }}\nBye {{ name }}",
        rules={"a": "Be brief.", "b": "Be kind.\nAlways."},
        variables={"name": Variable("name", ("Ada",))},
    )
    (laid,) = lay_out(p, {"name": "Ada"}, render)
    assert laid.text == render(p, {"name": "Ada"})[0].content
    assert [laid.text[x.start : x.end] for x in laid.of(VARIABLE)] == ["Ada", "Ada"]
    assert laid.text[laid.of(RULE)[0].start : laid.of(RULE)[0].end] == "- Be brief.\n"
    assert laid.text[laid.of(RULE)[1].start : laid.of(RULE)[1].end].startswith("- Be kind.")
    assert laid.known == {RULE, VARIABLE}


def test_a_rule_inside_a_sentence_has_no_bullet():
    p = prompt('First, {{ rule("a") }} Then go.', rules={"a": "be brief."})
    (laid,) = lay_out(p, {}, render)
    (part,) = laid.of(RULE)
    assert laid.text[part.start : part.end] == "be brief."


def test_a_template_that_tests_a_value_hides_where_it_is():
    p = prompt(
        '{% if tone == "warm" %}Be warm.{% else %}Be calm.{% endif %} {{ tone }} {{ rules }}',
        rules={"a": "Be brief."},
        variables={"tone": Variable("tone", ("warm",))},
    )
    layout = lay_out(p, {"tone": "warm"}, render)
    assert layout[0].text.startswith("Be warm.")
    assert knows(layout, RULE)
    assert not knows(layout, VARIABLE)
    found = measure(p, "gpt-4o", counter(), render)
    assert caching.static_prefix(layout, "gpt-4o", counter(), found.framing) is None
    assert caching.without_first_variable(layout) == layout


def test_a_template_that_hides_everything_still_adds_up():
    texts = {"first": "x", "second": "y"}

    def odd(p: Prompt, values: dict[str, str], slices: object = None) -> tuple[Message, ...]:
        return (Message("system", f"{len(p.rules[0].text)} rules: " + p.rules[0].text.upper()),)

    p = prompt("unused", rules=texts)
    found = measure(p, "gpt-4o", counter(), odd)
    assert not knows(found.layout, RULE)
    assert sum(found.rules.values()) + found.rest + found.joins == found.text.tokens


def test_marks_that_cannot_be_set_cost_the_places_not_the_count():
    from promptops.errors import TemplateError

    p = prompt("{{ rules }}", rules={"a": "Be brief."})

    def strict(given: Prompt, values: object, slices: object = None) -> tuple[Message, ...]:
        if given is not p:
            raise TemplateError("over limit")
        return (Message("system", "- Be brief."),)

    layout = lay_out(p, {}, strict)
    assert layout[0].known == {VARIABLE}  # there are none, and that is known
    many = prompt("x", rules={f"r{i}": "y" for i in range(40_000)})
    assert lay_out(many, {}, lambda *_, **__: (Message("system", "x"),))[0].parts == ()


def test_a_rule_that_renders_twice_is_counted_twice():
    p = prompt('{{ rule("a") }} and {{ rule("a") }}', rules={"a": "Be brief."})
    assert measure(p, "gpt-4o", counter(), render).rules == {"a": 2 * O200K.count("Be brief.")}


# arithmetic

SENTENCE = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Co", "Cc", "Cn", "Cf")), max_size=40
).map(lambda text: text.replace("{", "(").replace("}", ")"))


@given(st.lists(SENTENCE, min_size=1, max_size=5), SENTENCE, st.sampled_from(["gpt-4o", "gpt-4"]))
def test_rules_rest_joins_and_framing_add_up(texts, value, model):
    p = prompt(
        "Intro.\n{{ rules }}\nOutro for {{ x }}.",
        "{{ x }}",
        rules={f"r{i}": f"Rule {text.strip()}." for i, text in enumerate(texts)},
        variables={"x": Variable("x", (value,))},
    )
    found = measure(p, model, counter(), render)
    sent = [m.content for m in render(p, {"x": value})]
    exact = counter().encoder(model)
    assert found.text.tokens == sum(exact.count(text) for text in sent)
    assert sum(found.rules.values()) + found.rest + found.joins == found.text.tokens
    assert found.text.tokens + found.framed == found.total.tokens
    assert [share.tokens for share in found.messages] == [exact.count(text) for text in sent]
    assert found.total.low <= found.total.tokens <= found.total.high
    assert (found.text.known, found.total.known) == ("exact", "estimated")


def test_estimates_add_up_too():
    p = prompt("Intro.\n{{ rules }}\nEnd.", rules={"a": "Cite the policy.", "b": "Be brief."})
    for model in ("claude-opus-5", "claude-sonnet-4-5"):
        found = measure(p, model, counter(), render)
        assert sum(found.rules.values()) + found.rest + found.joins == found.text.tokens
        assert found.total.known == "estimated"
    for model in ("gpt-4o", "llama-3.1-8b"):
        found = measure(p, model, bare(), render)
        assert sum(found.rules.values()) + found.rest + found.joins == found.text.tokens


def test_unknown_models_have_no_parts():
    found = measure(prompt("{{ rules }}", rules={"a": "b"}), "gemini-2.5-pro", counter(), render)
    assert (found.text.tokens, found.total.tokens, found.rest, found.framed) == (None,) * 4
    assert found.rules == {}
    assert variable_shares(prompt("x"), "gemini-2.5-pro", counter()) is None


def test_a_total_takes_its_weakest_parts_class():
    texts = [counter().count("a", name) for name in ("gpt-4o", "gpt-5.5", "claude-opus-5")]
    assert total_of(texts).known == "estimated"
    assert total_of(texts[:2]).known == "assumed"
    assert total_of([*texts, counter().count("a", "nope")]).tokens is None
    assert total_of([]).tokens == 0


def test_smallest_typical_and_largest_over_examples_and_cases():
    p = prompt(
        "{{ rules }}",
        "{{ q }}",
        rules={"a": "Be brief."},
        variables={"q": Variable("q", ("Hi", "A rather longer question than that"))},
        cases=(
            Case("short", {"q": "?"}),
            Case("long", {"q": "word " * 50}),
            Case("talk", {"q": "So?"}, history=(Message("assistant", "earlier " * 80),)),
        ),
    )
    assert [f.source for f in fillings(p)] == [
        "examples",
        "longest examples",
        "short",
        "long",
        "talk",
    ]
    found = spread(p, "gpt-4o", counter(), render)
    assert found.renderings == 5
    assert found.largest_source == "talk"
    assert found.smallest.tokens < found.typical.tokens < found.largest.tokens
    messages = [*render(p, {"q": "So?"}), *p.cases[2].history]
    assert found.largest == count_messages(messages, "gpt-4o", counter())[1]
    assert variable_shares(p, "gpt-4o", counter()) == {"q": (1, O200K.count("word " * 50))}


def test_a_case_fills_what_has_no_example():
    p = prompt("{{ q }}", variables={"q": Variable("q")}, cases=(Case("c", {"q": "asked"}),))
    assert first_filling(p).values == {"q": "asked"}
    assert first_filling(prompt("{{ q }}", variables={"q": Variable("q")})).values == {"q": ""}


def test_renderings_that_cannot_be_estimated_are_counted_apart():
    p = prompt(
        "{{ q }}",
        variables={"q": Variable("q", ("Hello",))},
        cases=(Case("ta", {"q": "வணக்கம் உலகம்"}),),
    )
    found = spread(p, "claude-opus-5", counter(), render)
    assert (found.renderings, found.uncounted) == (2, 1)
    assert found.smallest.tokens is not None


# framing and tools: the figures that the OpenAI cookbook prints

WEATHER = Tool(
    "get_current_weather",
    "Get the current weather in a given location",
    {
        "type": "object",
        "properties": {
            "location": {
                "type": "string",
                "description": "The city and state, e.g. San Francisco, CA",
            },
            "unit": {
                "type": "string",
                "description": "The unit of temperature to return",
                "enum": ["celsius", "fahrenheit"],
            },
        },
        "required": ["location"],
    },
)


@pytest.mark.parametrize(("model", "printed"), [("gpt-4o", 101), ("gpt-4", 105)])
def test_tools_as_the_cookbook_counts_them(model, printed):
    messages = [
        Message(
            "system", "You are a helpful assistant that can answer to questions about the weather."
        ),
        Message("user", "What's the weather like in San Francisco?"),
    ]
    _, whole, _ = count_messages(messages, model, counter())
    assert whole.tokens + tool_count([WEATHER], model, counter()).tokens == printed
    assert tool_count([], model, counter()).tokens == 0
    assert tool_count([Tool("f")], model, counter()).tokens > 12


@pytest.mark.parametrize(("model", "printed"), [("gpt-4o", 124), ("gpt-4", 129)])
def test_framing_as_the_cookbook_counts_it(model, printed):
    texts = [
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
        "New synergies will help drive top-line growth.",
        "Things working well together will increase revenue.",
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
        "Let's talk later when we're less busy about how to do better.",
        "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    ]
    messages = [Message("system", text) for text in texts[:-1]] + [Message("user", texts[-1])]
    size = counter().encoder(model).count
    names = sum(1 + size(name) for name in ("example_user", "example_assistant") * 2)
    _, whole, frame = count_messages(messages, model, counter())
    assert whole.tokens + names == printed
    assert whole.known == "estimated"
    assert frame.slack == len(messages)


def test_tools_and_framing_are_unknown_where_nothing_is_published():
    assert tool_count([WEATHER], "gemini-2.5-pro", counter()).tokens is None
    assert tool_count([WEATHER], "gpt-9", counter()).tokens is None
    assert framing([Message("user", "x")], resolve("gemini-3"), len) is None


# prefix caching

STATIC = "Static words that every call shares, again and again. "


def long_prompt(first: str, last: str, words: int = 140) -> Prompt:
    return prompt(
        f"{first}{STATIC * words}",
        last,
        variables={"q": Variable("q", ("why?",))},
        budget=Budget(calls_per_month=1000),
    )


def figures(p: Prompt, model: str = "gpt-4o"):
    return summarize(p, [model], counter(), render)[model]


def test_the_prefix_ends_where_the_first_variable_begins():
    found = figures(long_prompt("", "{{ q }}"))
    assert found.prefix.cut_by == "q"
    assert found.prefix.message == 1
    assert found.prefix.exact
    system = found.measure.messages[0].tokens
    assert found.prefix.tokens == system + sum(found.measure.framing.each)
    assert found.caching.cacheable
    assert found.caching.cached == 1024 + (found.prefix.tokens - 1024) // 128 * 128
    assert found.money.cached_call < found.money.call


def test_a_variable_in_front_breaks_the_cache_and_moving_it_saves():
    found = figures(long_prompt("Asked: {{ q }}\n", "go"))
    assert found.caching.cacheable is False
    assert found.caching.cached == 0
    cost = price("gpt-4o")
    moved = caching.without_first_variable(found.measure.layout)
    could = caching.static_prefix(moved, "gpt-4o", counter(), found.measure.framing)
    assert could.cut_by == ""
    cached = caching.caching(could, "gpt-4o", counter()).cached
    assert found.money.moved_month == pytest.approx(
        1000 * cached * (cost.usd[INPUT] - cost.usd[READ])
    )


def test_caching_facts_of_models():
    prefix = caching.Prefix(600, True, "", 1)
    assert caching.caching(prefix, "claude-opus-5", counter()).cacheable is True
    assert caching.caching(prefix, "claude-sonnet-4-5", counter()).cacheable is False
    assert caching.caching(prefix, "llama-3.1-8b", counter()) is None
    assert caching.caching(prefix, "gpt-9", counter()) is None
    assert caching.caching(None, "gpt-4o", counter()).cacheable is None
    between = caching.Prefix(3000, False, "", 1)
    assert caching.caching(between, "claude-opus-4-7", counter()).cacheable is None
    assert (
        caching.caching(caching.Prefix(None, False, "", 0), "gemini-2.5-pro", counter()).cached == 0
    )


@pytest.mark.parametrize(
    ("tokens", "cached"), [(1023, 0), (1024, 1024), (1151, 1024), (1152, 1152), (1500, 1408)]
)
def test_openai_caches_in_steps(tokens, cached):
    row = facts.by_model("caching", resolve("gpt-4o"))
    assert caching.cached_tokens(tokens, row) == cached


def test_unknown_tokens_have_an_unknown_prefix():
    found = figures(prompt("{{ q }}", variables={"q": Variable("q", ("x",))}), "gemini-2.5-pro")
    assert found.prefix.tokens is None
    assert found.prefix.cut_by == "q"
    assert found.money.call is None


def test_the_first_changed_token():
    before = ["You help.\n" + STATIC, "Hi"]
    assert caching.first_changed_token(before, before, O200K) == sum(map(O200K.count, before))
    assert caching.first_changed_token(before, ["\ufeff" + before[0], "Hi"], O200K) == 0
    crlf = [before[0].replace("\n", "\r\n"), "Hi"]
    assert caching.first_changed_token(before, crlf, O200K) == 2
    assert caching.first_changed_token(before, [before[0], "Ho"], O200K) == O200K.count(before[0])


def test_a_prefix_estimate_for_claude():
    found = figures(long_prompt("", "{{ q }}"), "claude-sonnet-4-5")
    assert not found.prefix.exact
    assert found.prefix.tokens > 1000


# languages


def test_languages_are_paired_by_case():
    p = prompt(
        "{{ q }}{{ policy }}",
        languages=("en", "de", "ta"),
        variables={"q": Variable("q"), "policy": Variable("policy")},
        cases=tuple(
            Case(f"fee{end}", {"q": text, "policy": "The same English policy."}, {"language": code})
            for end, code, text in (
                ("", "en", "Why was I charged a late fee?"),
                ("-de", "de", "Warum wurde mir eine Mahngebühr berechnet?"),
                ("-ta", "ta", "ஏன் எனக்கு தாமதக் கட்டணம் விதிக்கப்பட்டது?"),
            )
        ),
    )
    english, german, tamil = language_costs(p, "gpt-4", counter())
    assert (english.language, english.inflation) == ("en", 1.0)
    fee = CL100K.count("Why was I charged a late fee?")
    assert german.paired
    assert german.inflation == CL100K.count("Warum wurde mir eine Mahngebühr berechnet?") / fee
    assert tamil.inflation > 4
    assert language_costs(p, "gemini-2.5-pro", counter())[1].inflation is None


def test_unpaired_languages_compare_means_and_none_is_none():
    cases = (
        Case("one", {"q": "hello there"}, {"language": "en"}),
        Case("andere", {"q": "guten Tag"}, {"language": "de"}),
    )
    found = language_costs(prompt("{{ q }}", cases=cases), "gpt-4o", counter())
    assert [cost.paired for cost in found] == [True, False]
    assert language_costs(prompt("x"), "gpt-4o", counter()) == ()
    only_german = prompt("x", cases=cases[1:], languages=("en", "de"))
    assert language_costs(only_german, "gpt-4o", counter())[0].inflation is None


# money


def test_prices_know_names_and_never_borrow():
    assert price("openai/gpt-4o-mini").usd[INPUT] == 1.5e-7
    assert price("gpt-4o-mini").max_input == 128_000
    assert price("ft:gpt-4o-2024-08-06:acme::1").usd[INPUT] == 3.75e-6
    assert price("us.anthropic.claude-sonnet-4-5-20250929-v1:0").usd[INPUT] == pytest.approx(3.3e-6)
    assert price("nobody/knows") is None
    assert price('x":{"y') is None
    assert price("novita/gpt-4o") is None
    assert price("ollama/llama3") is None or price("ollama/llama3").rate(INPUT) is None


def test_every_price_has_a_source_and_a_date():
    from promptops.tokens.prices import _snapshot

    rows = json.loads(_snapshot())
    assert len(rows) > 1000
    for row in rows.values():
        assert row["source"]
        assert date.fromisoformat(row["as_of"])
        assert all(value != 0 for value in row.values())


def test_the_users_own_prices_lie_over_the_table():
    own = {
        "gpt-4o": {"input_cost_per_token": 1e-6},
        "mine": {"input_cost_per_token": 0, "output_cost_per_token": 2e-6, "max_input_tokens": 9},
        "alias": {"model": "openai/gpt-4o-mini"},
        "text": "gpt-4o",
    }
    assert price("gpt-4o", own).usd[INPUT] == 1e-6
    assert price("gpt-4o", own).usd[OUTPUT] == 1e-5
    assert price("gpt-4o", own).source == "configuration"
    assert call_usd(price("mine", own), 1000, 10) == pytest.approx(2e-5)
    assert price("mine", own).max_input == 9
    assert price("alias", own).usd[INPUT] == 1.5e-7
    assert price("text", own) is None
    for bad in (-1, True, "1", float("nan")):
        with pytest.raises(ConfigError, match="is no price"):
            price("x", {"x": {"input_cost_per_token": bad}})


def test_money_with_cached_tokens_inside_the_total():
    cost = price("anthropic/claude-sonnet-4-5")
    assert call_usd(cost, 1000, 100) == pytest.approx(1000 * 3e-6 + 100 * 1.5e-5)
    read = call_usd(cost, 1000, 0, cached=600)
    assert read == pytest.approx(400 * 3e-6 + 600 * 3e-7)
    written = call_usd(cost, 1000, 0, written=600)
    assert written == pytest.approx(400 * 3e-6 + 600 * 3.75e-6)
    assert caching.write_extra(600, cost, 1000) == pytest.approx(600 * 0.75e-6)
    assert caching.read_saving(600, cost, 1000) == pytest.approx(600 * 2.7e-6)


def test_a_missing_price_is_unknown_never_zero():
    own = {"half": {"input_cost_per_token": 1e-6}}
    cost = price("half", own)
    assert call_usd(cost, 100) == pytest.approx(1e-4)
    assert call_usd(cost, 100, 5) is None
    assert call_usd(cost, 100, cached=5) is None
    assert call_usd(cost, 100, written=5) == pytest.approx(1e-4)
    assert caching.read_saving(5, cost, 100) is None
    assert caching.read_saving(5, None, 100) is caching.write_extra(5, None, 100) is None
    assert caching.write_extra(5, price("m", {"m": {"output_cost_per_token": 1}}), 9) is None
    assert text_usd(1, None) is None
    assert text_usd(None, cost) is None


def test_dearer_tiers_begin_above_their_size():
    cost = price("gpt-5.6")
    assert cost.rate(INPUT, 272_000) == 4e-6
    assert cost.rate(INPUT, 272_001) == 8e-6
    assert cost.rate(WRITE) == 5e-6


def test_the_bill_of_a_month():
    p = prompt(
        "{{ rules }}",
        rules={"a": "Be brief."},
        budget=Budget(calls_per_month=1000, output_tokens=50),
    )
    found = figures(p)
    call = found.spread.typical.tokens * 2.5e-6 + 50 * 1e-5
    assert found.money.call == pytest.approx(call)
    assert found.money.month == pytest.approx(1000 * call)
    assert figures(prompt("x"), "gpt-4o").money.month is None


# images


@pytest.mark.parametrize(
    ("model", "size", "low", "high"),
    [
        ("gpt-4o", (1024, 1024), 765, 765),
        ("gpt-4o", (2048, 4096), 1105, 1105),
        ("gpt-4o-mini", (1024, 1024), 25501, 25501),
        ("gpt-5", (512, 512), 210, 210),
        ("gpt-4.1-mini", (1024, 1024), 1659, 1659),
        ("gpt-4.1-mini", (1800, 2400), 2353, 6926),
        ("claude-sonnet-4-5", (1092, 1092), 1521, 1521),
        ("claude-opus-4-8", (2000, 1500), 3888, 3888),
        ("gemini-2.5-pro", (300, 300), 258, 258),
        ("gemini-2.5-pro", (1536, 768), 516, 516),
    ],
)
def test_images_by_each_providers_formula(model, size, low, high):
    count = image_tokens(*size, resolve(model))
    assert (count.low, count.high, count.known) == (low, high, "estimated")
    assert count.source


def test_images_of_models_without_a_formula_are_unknown():
    for model in ("llama-3.1-8b", "gpt-9", "gpt-4"):
        assert image_tokens(100, 100, resolve(model)).tokens is None
    assert image_tokens(999, 999, resolve("gpt-4o"), "low").tokens == 85


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_no_image_goes_over_its_cap(width, height):
    assert image_tokens(width, height, resolve("claude-opus-4-8")).high <= 4784
    assert image_tokens(width, height, resolve("claude-sonnet-4-5")).high <= 1568
    assert image_tokens(width, height, resolve("gpt-4o")).high <= 85 + 170 * 8


# output skeletons

SCHEMA = {
    "$defs": {"kind": {"enum": ["refund", "no"]}},
    "type": "object",
    "required": ["answer", "kind", "n", "tags", "deep", "either", "flag"],
    "properties": {
        "answer": {"type": "string", "minLength": 2},
        "kind": {"$ref": "#/$defs/kind"},
        "n": {"type": ["integer", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "deep": {
            "allOf": [{"properties": {"x": {"const": 1}}, "required": ["x"]}, {"type": "object"}]
        },
        "either": {"anyOf": [{"type": "string", "minLength": 9}, {"type": "null"}]},
        "flag": {"type": "boolean"},
        "optional": {"type": "string"},
    },
}


def test_the_least_json_of_a_schema():
    least = smallest(SCHEMA)
    assert least == {
        "answer": "xx",
        "kind": "no",
        "n": 0,
        "tags": ["", ""],
        "deep": {"x": 1},
        "either": None,
        "flag": True,
    }
    found = skeleton(SCHEMA, O200K.count)
    assert found.compact == O200K.count(json.dumps(least, separators=(",", ":")))
    assert found.compact < found.spaced <= found.pretty
    assert found.fields["kind"] == O200K.count('"kind":"no"')


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"$ref": "http://e.org/x"},
        {"type": "object", "required": ["x"], "properties": {"x": {"$ref": "#"}}},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
    ],
)
def test_odd_schemas_end(schema):
    json.dumps(smallest(schema))


# dated facts


def test_every_fact_has_its_source_and_date():
    for name in (*facts.FACTS, "models", "vocabularies"):
        for row in facts.rows(name):
            assert row["source"], row
            assert facts.as_of(row) <= date(2030, 1, 1)
    assert facts.oldest() <= date(2027, 1, 1)
