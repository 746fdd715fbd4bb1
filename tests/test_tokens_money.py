"""Money, against bills worked out by hand from the published prices."""

from __future__ import annotations

from dataclasses import replace

import pytest
from token_world import Counter, counter

from promptops.model import Budget, Case, Message, Prompt, Variable
from promptops.render import render
from promptops.tokens.prices import (
    BATCH_INPUT,
    INPUT,
    OUTPUT,
    WRITE_1H,
    Price,
    batch_usd,
    call_usd,
    price,
)
from promptops.tokens.summary import Figures, summarize

STATIC = " static" * 3000


def figures(prompt: Prompt, model: str, own: dict[str, object] | None = None) -> Figures:
    counting = Counter(counter().where, own) if own else counter()
    return summarize(prompt, [model], counting, render)[model]


PROMPT = Prompt(
    "p",
    models=("gpt-4o",),
    variables={"q": Variable("q", ("Why?",))},
    messages=(Message("system", STATIC, "5m"), Message("user", "{{ q }}")),
    budget=Budget(output_tokens=200, calls_per_month=1_000),
)


@pytest.mark.parametrize(
    ("model", "call", "usd"),
    [
        # 2,000 × $2.50 + 8,000 × $1.25 + 100 × $10.00 a million
        ("openai/gpt-4o", {"prompt": 10_000, "cached": 8_000, "output": 100}, 0.016),
        # 1,000 × $3.00 + 9,000 × $3.75 a million
        ("claude-sonnet-4-5", {"prompt": 10_000, "written": 9_000}, 0.03675),
        # the same for an hour: 9,000 × $6.00
        ("claude-sonnet-4-5", {"prompt": 10_000, "written": 9_000, "write": WRITE_1H}, 0.057),
        # 1,000 × $3.00 + 9,000 × $0.30
        ("claude-sonnet-4-5", {"prompt": 10_000, "cached": 9_000}, 0.0057),
        # over 200,000 tokens all input is $2.50, output $15.00 a million
        ("gemini-2.5-pro", {"prompt": 300_000, "output": 1_000}, 0.765),
        ("gemini-2.5-pro", {"prompt": 200_000, "output": 1_000}, 0.26),
        # what has no surcharge is written at the price of input
        ("openai/gpt-4o", {"prompt": 10_000, "written": 9_000}, 0.025),
    ],
)
def test_one_call(model: str, call: dict[str, int], usd: float) -> None:
    cost = price(model)
    assert cost is not None
    assert call_usd(cost, **call) == pytest.approx(usd)  # type: ignore[arg-type]


def test_a_batch_is_half_the_price_where_the_table_says_so() -> None:
    cost = price("openai/gpt-4o")
    assert cost is not None
    assert batch_usd(cost, 10_000, 100) == pytest.approx(0.013)  # 10,000 × $1.25 + 100 × $5.00
    assert batch_usd(Price("x", {INPUT: 1e-6, OUTPUT: 2e-6}, {}), 10, 10) is None
    assert batch_usd(Price("x", {BATCH_INPUT: 1e-6}, {}), 10, 0) == pytest.approx(1e-5)
    assert batch_usd(Price("x", {BATCH_INPUT: 1e-6}, {}), 10, 1) is None


def test_a_price_that_is_missing_is_unknown_and_never_zero() -> None:
    bare = Price("x", {INPUT: 1e-6}, {})
    assert call_usd(bare, 10, 10) is None
    assert call_usd(bare, 10, 0, cached=5) is None
    assert call_usd(bare, 10, 0, written=5, write=WRITE_1H) is None
    assert price("no-such-model") is None
    money = figures(PROMPT, "llama-3.1-8b-nobody-sells").money
    assert {getattr(money, name) for name in money.__slots__} == {None}


def test_a_month_of_a_prompt_with_its_cache() -> None:
    found = figures(PROMPT, "gpt-4o")
    tokens, cached = found.spread.typical.tokens, found.caching.cached  # type: ignore[union-attr]
    assert (cached - 1024) % 128 == 0
    money = found.money
    assert money.call == pytest.approx(tokens * 2.5e-6 + 200 * 1e-5)
    assert money.month == pytest.approx(1_000 * money.call)
    assert money.cached_call == pytest.approx(money.call - cached * 1.25e-6)
    assert money.cached_month == pytest.approx(1_000 * money.cached_call)
    assert money.written_call == pytest.approx(money.call)
    assert money.batch_call == pytest.approx(money.call / 2)


def test_writing_a_cache_costs_more_at_anthropic_and_most_for_an_hour() -> None:
    found = figures(PROMPT, "claude-sonnet-4-5")
    cached = found.caching.cached  # type: ignore[union-attr]
    assert found.money.written_call - found.money.call == pytest.approx(cached * 0.75e-6)
    hour = replace(PROMPT, messages=(Message("system", STATIC, "1h"), PROMPT.messages[1]))
    money = figures(hour, "claude-sonnet-4-5").money
    assert money.written_call - money.call == pytest.approx(cached * 3e-6)


def test_the_users_own_prices_lie_over_the_table() -> None:
    own = {"gpt-4o": {INPUT: 1e-6, BATCH_INPUT: 2e-7}}
    money = figures(PROMPT, "gpt-4o", own).money
    theirs = figures(PROMPT, "gpt-4o").money
    tokens = figures(PROMPT, "gpt-4o").spread.typical.tokens
    assert theirs.call - money.call == pytest.approx(tokens * 1.5e-6)
    assert money.batch_call == pytest.approx(tokens * 2e-7 + 200 * 5e-6)


def test_a_language_that_no_estimate_holds_for_has_no_bill() -> None:
    cases = (
        Case("fee", {"q": "Why was I charged?"}, {"language": "en"}),
        Case("fee-ta", {"q": "என்னிடம் ஏன் கட்டணம்?"}, {"language": "ta"}),
    )
    prompt = replace(PROMPT, cases=cases, languages=("en", "ta"))
    english, tamil = figures(prompt, "gpt-4o").languages
    assert english.usd_per_call < tamil.usd_per_call
    assert tamil.inflation > 1.5
    english, tamil = figures(prompt, "claude-opus-5").languages
    assert english.tokens is not None
    assert (tamil.tokens, tamil.inflation, tamil.usd_per_call) == (None, None, None)
    assert tamil.cases == 1
