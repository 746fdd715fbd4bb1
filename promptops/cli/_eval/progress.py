"""One line on the terminal while calls run: how far, how quick, how dear, how long still."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from promptops.cli._call import Call
from promptops.evals.run import Progress

EVERY_SECONDS = 0.2
WINDOW_SECONDS = 30.0  # what is reckoned with: providers are quicker at one time than at another
FEWEST = 5  # answers, before it is said how long the rest takes
STOPPING = "stopping, {} quits at once · "


class Pace:
    """How quick fresh answers come, lately.

    Counting begins with the first of them: until then the store is read, and one call has gone out
    alone to find out whether anybody answers, which says nothing of how quick many are at once.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()  # (when, answers), each time there were more

    def note(self, now: float, fresh: int) -> None:
        """At `now` seconds there are `fresh` answers of this run."""
        if self._seen and fresh < self._seen[-1][1]:
            self._seen.clear()  # another batch of calls
        if fresh and not (self._seen and fresh == self._seen[-1][1]):
            self._seen.append((now, fresh))
        while len(self._seen) > 2 and self._seen[1][0] < now - WINDOW_SECONDS:
            self._seen.popleft()

    def rate(self, now: float) -> float | None:
        """Answers a second; None until that can be said."""
        if not self._seen:
            return None
        (since, had), (last, have) = self._seen[0], self._seen[-1]
        silent = now - last > last - since  # longer than all that was looked at
        seconds = (now if silent else last) - since
        return (have - had) / seconds if have - had >= FEWEST and seconds > 0 else None


class Line:
    """Draws progress, not too often. With -q, and without a terminal that can, nothing is drawn."""

    def __init__(self, call: Call) -> None:
        dumb = call.environ.get("TERM") == "dumb"
        self.shown = call.verbosity >= 0 and sys.stderr.isatty() and not dumb
        self.width = call.screen.width
        self._pace = Pace()
        self._last = 0.0
        self._told = ""
        self._latest: tuple[Progress, str] | None = None

    def show(self, progress: Progress, note: str = "") -> None:
        """This is how far it is; `note` stands before it."""
        now = time.monotonic()
        self._latest = (progress, note)
        self._pace.note(now, progress.done - progress.kept)
        if now - self._last >= EVERY_SECONDS:
            self._draw(now)

    def stopping(self, again: str = "Ctrl-C again") -> None:
        """From now on, say that what is in flight is waited for, and what ends that."""
        self._told = STOPPING.format(again)
        self._draw(time.monotonic())

    @asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Drawn again while nothing happens, too."""
        task = asyncio.create_task(self._tick()) if self.shown else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(5 * EVERY_SECONDS)
            self._draw(time.monotonic())

    def _draw(self, now: float) -> None:
        if not self.shown or not (self._latest or self._told):
            return
        self._last = now
        said = self._told
        if self._latest:
            progress, note = self._latest
            said += note + progress_text(progress, self._pace.rate(now))
        sys.stderr.write(f"\r\x1b[K{said[: self.width - 1]}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Leave nothing behind."""
        if self._last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def progress_text(progress: Progress, rate: float | None) -> str:
    """`120/500 · 23/s · $0.0123 · 2 without an answer · 16 s left`; rate: answers a second."""
    parts = [f"{progress.done}/{progress.planned}"]
    if rate is not None:
        parts.append(f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
    if progress.usd is not None:
        parts.append(f"${progress.usd:.4f}")
    if progress.failed:
        parts.append(f"{progress.failed} without an answer")
    if rate and progress.done < progress.planned:
        parts.append(f"{_time((progress.planned - progress.done) / rate)} left")
    return " · ".join(parts)


def _time(seconds: float) -> str:
    """`16 s`, `4 min`, `2.5 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
