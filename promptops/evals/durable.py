"""Making durable what is written, in a thread of its own: nobody who writes waits for the disk.

A row that was written survives the end of its process; that of the machine it survives once the disk
has it, some milliseconds later. Whoever ends a run waits for that once, not for every answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Thread

PAUSE_SECONDS = 0.01  # between syncs that nobody waits for: each takes time from the loop's thread

Told = Callable[[Exception | None], None]


class Durable:
    """Calls `sync` after `written`, over and over while there is more. `sync` is called in the
    thread, and what was written before the call has to be durable after it.

    error: the first that `sync` raised. From then on nothing is: the disk forgets what failed.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self.error: Exception | None = None
        self._sync = sync
        self._hurry = Event()
        self._queue: SimpleQueue[Told | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="answer store, durable", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """There is more to make durable."""
        self._queue.put(_nobody)

    async def all(self) -> None:
        """Returns once all that was written before is durable; raises what stood in the way."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def tell(error: Exception | None) -> None:
            with suppress(RuntimeError):  # the loop has gone: nobody waits
                loop.call_soon_threadsafe(_end, done, error)

        self._queue.put(tell)
        self._hurry.set()
        await done

    def close(self) -> None:
        """Once more, and no more; calling it twice does no harm."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._hurry.set()
            self._thread.join()

    def _work(self) -> None:
        over = False
        while not over:
            told = [self._queue.get()]
            self._hurry.wait(PAUSE_SECONDS)
            self._hurry.clear()
            while not self._queue.empty():
                told.append(self._queue.get())
            if any(one is _nobody for one in told):
                self._try()
            for one in told:
                over = over or one is None
                if one is not None:
                    one(self.error)

    def _try(self) -> None:
        if self.error is None:
            try:
                self._sync()
            except Exception as error:
                self.error = error


def _nobody(_: Exception | None) -> None:
    pass


def _end(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
