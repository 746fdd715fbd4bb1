"""Handing calls to workers: each once, in order, and nobody waits for what is there."""

from __future__ import annotations

import asyncio

from promptops.evals.ready import Ready


async def worker(ready: Ready[int], taken: list[int]) -> None:
    while (item := await ready.take()) is not None:
        taken.append(item)
        await asyncio.sleep(0)


def test_each_item_is_taken_once_and_everybody_goes_home() -> None:
    async def go() -> list[int]:
        ready, taken = Ready[int](2), []
        workers = [asyncio.create_task(worker(ready, taken)) for _ in range(8)]
        for start in range(0, 100, 5):
            await ready.room()
            ready.give(range(start, start + 5))
        ready.end()
        await asyncio.gather(*workers)
        return taken

    assert sorted(asyncio.run(go())) == list(range(100))


def test_no_more_is_asked_for_than_is_wanted() -> None:
    async def go() -> list[bool]:
        ready = Ready[int](2)
        ready.give(range(4))
        giver = asyncio.create_task(ready.room())
        seen = []
        for _ in range(3):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            seen.append(giver.done())
            await ready.take()
        return seen

    assert asyncio.run(go()) == [False, False, True]


def test_whoever_is_cancelled_takes_nothing_with_him() -> None:
    async def go() -> list[int]:
        ready, taken = Ready[int](0), []
        first = asyncio.create_task(worker(ready, taken))
        second = asyncio.create_task(worker(ready, taken))
        await asyncio.sleep(0)
        ready.give([1])  # wakes the first, which is cancelled before it gets there
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        for _ in range(3):
            await asyncio.sleep(0)
        assert taken == [1]  # by the second
        ready.end()
        await second
        assert first.cancelled()
        return taken

    assert asyncio.run(go()) == [1]


def test_a_waiting_one_that_is_cancelled_is_passed_over() -> None:
    async def go() -> list[int]:
        ready, taken = Ready[int](0), []
        first = asyncio.create_task(worker(ready, taken))
        second = asyncio.create_task(worker(ready, taken))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        ready.give([1])
        ready.end()
        await second
        return taken

    assert asyncio.run(go()) == [1]
