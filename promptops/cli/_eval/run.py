"""Running calls for a command: signals, progress on a terminal, the store opened and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from promptops.cli import _out
from promptops.cli._call import Call
from promptops.cli._eval.progress import Line
from promptops.cli._eval.signals import Signals
from promptops.cli._state import store_place
from promptops.evals import Request
from promptops.evals.batches.ledger import refuse_held
from promptops.evals.keys import hider
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, provider
from promptops.evals.runner import Means, Run, Runner
from promptops.evals.store import Store


def run_requests(
    call: Call, name: str, link: Link, limits: Limits, tariff: Tariff, requests: Sequence[Request]
) -> tuple[Run, int]:
    """Answer the requests with the provider `name`: (the run, 0 or the exit code of a signal)."""
    asks = provider(name, link)
    place = store_place(call)
    refuse_held(place, requests, asks.version)
    store = Store(place)
    line = Line(call)
    hide = hider(call.environ, _out.named)
    show = line.show if line.shown else None
    runner = Runner(Means(asks, store, limits, tariff, hide, show))

    async def go() -> Run:
        signals.first = in_loop(runner, line)
        try:
            async with line.ticking():
                return await runner.run(requests)
        finally:
            await asks.close()

    try:
        with Signals(runner.interrupt) as signals:
            return asyncio.run(go()), signals.code
    finally:
        line.clear()
        store.close()


def in_loop(runner: Runner, line: Line) -> Callable[[], None]:
    """What a signal's handler may call at any moment: the loop interrupts the run, and says so."""
    loop = asyncio.get_running_loop()

    def both() -> None:
        runner.interrupt()
        line.stopping()

    def soon() -> None:
        with suppress(RuntimeError):  # the loop has just ended: there is nothing to interrupt
            loop.call_soon_threadsafe(both)

    return soon
