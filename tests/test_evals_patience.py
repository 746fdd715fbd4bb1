"""When calls go out: fewer where it is crowded, none before they are asked back, one while all is down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from promptops.evals.patience import Limits, Patience
from promptops.evals.providers import Retry

CROWDED = Retry("busy", crowded=True)
BROKEN = Retry("gone")


def told(limits: Limits, story: Callable[[Patience], Awaitable[None]]) -> Patience:
    """What a scheduler is after a story."""

    async def go() -> Patience:
        patience = Patience(limits)
        await story(patience)
        return patience

    return asyncio.run(go())


async def begun(patience: Patience) -> bool:
    """Whether one more may go out now."""
    task = asyncio.create_task(patience.turn())
    await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False
    return task.result()


def test_no_more_are_in_flight_than_were_asked_for() -> None:
    async def story(patience: Patience) -> None:
        assert [await begun(patience) for _ in range(5)] == [True] * 4 + [False]
        patience.left()
        assert await begun(patience)

    told(Limits(concurrency=4), story)


def test_a_crowded_provider_is_asked_half_as_much_and_then_one_more_an_answer() -> None:
    async def story(patience: Patience) -> None:
        assert all([await begun(patience) for _ in range(8)])
        patience.failed(CROWDED)
        assert patience.at_once == 4.0
        assert not await begun(patience), "seven are still in flight"
        patience.failed(CROWDED)
        patience.failed(CROWDED)
        assert patience.at_once == 1.0
        patience.failed(CROWDED)
        assert patience.at_once == 1.0, "never none"
        patience.answered()
        assert patience.at_once == 2.0
        for _ in range(3):
            patience.answered()
        assert (patience.in_flight, patience.at_once) == (0, 5.0)

    told(Limits(concurrency=8), story)


def test_a_wait_that_was_asked_for_is_everybodys_and_makes_nothing_fewer() -> None:
    async def story(patience: Patience) -> None:
        assert await begun(patience)
        patience.failed(Retry("later", 3600.0, crowded=True))
        assert patience.at_once == 8.0
        assert not await begun(patience)
        loop = asyncio.get_running_loop()
        assert patience._not_before <= loop.time() + patience.limits.longest_wait

    told(Limits(concurrency=8, longest_wait=60.0), story)


def test_first_attempts_alone_open_the_circuit() -> None:
    async def story(patience: Patience) -> None:
        for _ in range(patience.breaks_at + 5):
            patience.in_flight += 1
            patience.failed(BROKEN, first=False)
        assert patience.failures == 0
        assert await begun(patience)
        patience.left()
        for _ in range(patience.breaks_at):
            assert patience.at_once == 8.0
            patience.in_flight += 1
            patience.failed(BROKEN)
        assert patience.at_once == 1.0, "one call tries"
        assert not await begun(patience), "and not at once"

    told(Limits(concurrency=8, first_wait=60.0), story)


def test_nobody_is_given_up_while_some_answer_and_all_once_nobody_does() -> None:
    async def story(patience: Patience) -> None:
        for _ in range(patience.breaks_at):
            patience.in_flight += 1
            patience.failed(BROKEN)
        assert not patience.given_up(), "not yet"
        assert patience._failing_since is not None
        patience._failing_since -= 301.0
        assert patience.given_up()
        patience.in_flight += 1
        patience.answered()
        assert not patience.given_up()
        assert patience.failures == 0

    told(Limits(concurrency=1, patience=300.0), story)


def test_whoever_waits_goes_home_when_the_run_stops() -> None:
    async def story(patience: Patience) -> None:
        assert await patience.turn()
        waiting = [asyncio.create_task(patience.turn()) for _ in range(3)]
        resting = asyncio.create_task(patience.pause(3600.0))
        await asyncio.sleep(0)
        patience.stop()
        assert await asyncio.gather(*waiting) == [False] * 3
        assert not await resting
        assert not await patience.turn()

    told(Limits(concurrency=1), story)
