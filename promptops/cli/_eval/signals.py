"""Ctrl-C and SIGTERM while calls run: the first lets those in flight end, the second ends it all."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NoReturn, Self

from promptops.errors import EXIT_INTERRUPTED, EXIT_TERMINATED, Interrupted

HEARD = (signal.SIGINT, signal.SIGTERM)
GRACE_SECONDS = 0.7  # for putting things away after the second signal


class Signals:
    """`with Signals(first) as signals: …`: at the first signal `first` is called, at the second the
    block is left by Interrupted.

    Both come between any two steps of the main thread, also where it waits for no loop. What is not
    put away soon after the second is left as `kill -9` would: every answer kept so far is safe, and a
    name server that does not answer holds nobody.
    """

    def __init__(self, first: Callable[[], None]) -> None:
        self.first = first
        self.caught: list[signal.Signals] = []
        self._before: Mapping[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {one: signal.signal(one, self._arrived) for one in HEARD}
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    @property
    def code(self) -> int:
        """The exit code of the first signal, 0 where none came."""
        if not self.caught:
            return 0
        return EXIT_TERMINATED if self.caught[0] is signal.SIGTERM else EXIT_INTERRUPTED

    def _arrived(self, number: int, _: FrameType | None) -> None:
        self.caught.append(signal.Signals(number))
        if len(self.caught) == 1:
            self.first()
            return
        if len(self.caught) == 2:
            timer = threading.Timer(GRACE_SECONDS, _leave, (self.code,))
            timer.daemon = True
            timer.start()
            atexit.register(os._exit, self.code)  # not object by object: thousands of answers
        raise Interrupted(self.code)


def _leave(code: int) -> NoReturn:
    os.write(2, b"interrupted\n")
    os._exit(code)
