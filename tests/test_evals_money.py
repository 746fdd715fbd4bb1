"""Money is set aside before it is spent, and figures of the other side are believed within that."""

from __future__ import annotations

import asyncio

import pytest

from promptops.evals import Request, Usage
from promptops.evals.money import FRAMING, Purse, Tariff
from promptops.model import Message
from promptops.tokens.prices import INPUT, OUTPUT, WRITE, Price

PRICE = Price("m", {INPUT: 1e-5, OUTPUT: 1e-4}, {})
REQUEST = Request("openai_compatible", "m", (Message("user", "x" * 52),), {"max_tokens": 50})
MOST_IN = 52 + 3 * FRAMING
BOUND = MOST_IN * 1e-5 + 50 * 1e-4


def test_what_is_set_aside_is_not_there_for_another_call() -> None:
    async def go() -> None:
        purse = Purse(1.0)
        assert await purse.reserve(0.6)
        second = asyncio.create_task(purse.reserve(0.6))
        await asyncio.sleep(0)
        assert not second.done(), "it waits for what the first leaves over"
        purse.settle(0.6, 0.1)
        assert await second
        third = asyncio.create_task(purse.reserve(0.6))
        await asyncio.sleep(0)
        purse.settle(0.6, 0.6, assumed=True)
        assert not await third
        assert (purse.spent, purse.assumed, purse.reserved) == pytest.approx((0.7, 0.6, 0.0))
        assert purse.calls == 2

    asyncio.run(go())


def test_a_call_without_a_bound_goes_out_under_no_budget() -> None:
    assert asyncio.run(Purse().reserve(None))
    assert not asyncio.run(Purse(1e6).reserve(None))


def test_calls_are_counted_as_they_go_out() -> None:
    async def go() -> list[bool]:
        purse = Purse(None, 2)
        return [await purse.reserve(None) for _ in range(3)]

    assert asyncio.run(go()) == [True, True, False]


@pytest.mark.parametrize(
    "forged",
    [
        Usage(),
        Usage(40, None),
        Usage(None, 40),
        Usage(0, 40),
        Usage(MOST_IN + 1, 40),
        Usage(40, 51),
        Usage(10**12, 10**12),
    ],
)
def test_what_cannot_be_costs_all_that_was_set_aside(forged: Usage) -> None:
    assert Tariff(PRICE).bound(REQUEST) == pytest.approx(BOUND)
    assert Tariff(PRICE).settled(REQUEST, forged, BOUND) == (BOUND, True)


def test_honest_figures_are_believed_and_never_above_the_bound() -> None:
    found, assumed = Tariff(PRICE).settled(REQUEST, Usage(40, 10), BOUND)
    assert (found, assumed) == (pytest.approx(40e-5 + 10e-4), False)
    assert Tariff(PRICE).settled(REQUEST, Usage(MOST_IN, 50), 0.001) == (0.001, False)
    assert Tariff().settled(REQUEST, Usage(40, 10), None) == (None, False)


def test_a_price_for_writing_the_cache_is_reckoned_with() -> None:
    dear = Price("m", {INPUT: 1e-5, OUTPUT: 1e-4, WRITE: 4e-5}, {})
    assert Tariff(dear).bound(REQUEST) == pytest.approx(MOST_IN * 4e-5 + 50 * 1e-4)


def test_a_limit_that_nobody_set_is_no_bound() -> None:
    endless = Request("openai_compatible", "m", (Message("user", "x"),))
    assert Tariff(PRICE).bound(endless) is None
