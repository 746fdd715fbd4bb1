"""Running calls for a command: signals, progress on a terminal, the store opened and closed."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Sequence

from promptops.cli._call import Call
from promptops.cli._state import store_place
from promptops.errors import EXIT_INTERRUPTED, EXIT_TERMINATED
from promptops.evals import Request
from promptops.evals.batches.ledger import refuse_held
from promptops.evals.keys import hider
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, provider
from promptops.evals.runner import Means, Progress, Run, Runner
from promptops.evals.store import Store

EVERY_SECONDS = 0.2


def run_requests(
    call: Call, name: str, link: Link, limits: Limits, tariff: Tariff, requests: Sequence[Request]
) -> tuple[Run, int]:
    """Answer the requests with the provider `name`: (the run, 0 or the exit code of a signal)."""
    asks = provider(name, link)
    place = store_place(call)
    refuse_held(place, requests, asks.version)
    store = Store(place)
    line = Line(call)
    show = line.show if call.verbosity >= 0 and sys.stderr.isatty() else None
    try:
        runner = Runner(Means(asks, store, limits, tariff, hider(call.environ), show))

        async def go() -> tuple[Run, int]:
            caught = _catch(runner)
            try:
                return await runner.run(requests), _exit_code(caught)
            finally:
                await asks.close()

        return asyncio.run(go())
    finally:
        store.close()
        line.clear()


def _catch(runner: Runner) -> list[signal.Signals]:
    """Let SIGINT and SIGTERM interrupt the run; the list grows as they arrive."""
    caught: list[signal.Signals] = []

    def note(one: signal.Signals) -> Callable[[], None]:
        def arrived() -> None:
            caught.append(one)
            runner.interrupt()

        return arrived

    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, note(one))
    return caught


def _exit_code(caught: Sequence[signal.Signals]) -> int:
    if not caught:
        return 0
    return EXIT_TERMINATED if caught[0] is signal.SIGTERM else EXIT_INTERRUPTED


class Line:
    """One line on the terminal's standard error: how far, how quick, how dear, how long still."""

    def __init__(self, call: Call) -> None:
        self.width = call.screen.width
        self.start = time.monotonic()
        self.last = 0.0

    def show(self, progress: Progress, note: str = "") -> None:
        """Draw it again, not too often; `note` stands before it."""
        now = time.monotonic()
        if now - self.last >= EVERY_SECONDS:
            self.last = now
            line = (note + progress_text(progress, now - self.start))[: self.width - 1]
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Leave nothing behind."""
        if self.last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def progress_text(progress: Progress, seconds: float) -> str:
    """`120/500 · 23/s · $0.0123 · 2 without an answer · 16 s left`."""
    fresh = progress.done - progress.kept
    rate = fresh / seconds if seconds > 0 else 0.0
    parts = [
        f"{progress.done}/{progress.planned}",
        f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s",
    ]
    if progress.usd is not None:
        parts.append(f"${progress.usd:.4f}")
    if progress.failed:
        parts.append(f"{progress.failed} without an answer")
    if rate:
        parts.append(f"{(progress.planned - progress.done) / rate:.0f} s left")
    return " · ".join(parts)
