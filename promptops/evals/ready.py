"""Calls on their way from whoever claims them to the workers that make them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Ready(Generic[T]):
    """What may be taken. Nobody is woken for an item that somebody who is awake will take."""

    def __init__(self, fewest: int) -> None:
        self._fewest = fewest
        self._items: deque[T] = deque()
        self._takers: deque[asyncio.Future[None]] = deque()
        self._giver: asyncio.Future[None] | None = None
        self._over = False

    async def take(self) -> T | None:
        """The next item; None once there will be no more."""
        while not self._items and not self._over:
            await self._wait()
        if not self._items:
            return None
        item = self._items.popleft()
        if self._giver is not None and len(self._items) <= self._fewest:
            _wake(self._giver)
        return item

    async def _wait(self) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._takers.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self._call(1)  # it was our turn: somebody else's now
            raise

    async def room(self) -> None:
        """Wait until no more than `fewest` items are left."""
        if len(self._items) > self._fewest:
            self._giver = asyncio.get_running_loop().create_future()
            try:
                await self._giver
            finally:
                self._giver = None

    def give(self, items: Iterable[T]) -> None:
        """Hand out items."""
        before = len(self._items)
        self._items.extend(items)
        self._call(len(self._items) - before)

    def end(self) -> None:
        """There will be no more than there are."""
        self._over = True
        self._call(len(self._takers))

    def _call(self, many: int) -> None:
        while many > 0 and self._takers:
            many -= _wake(self._takers.popleft())


def _wake(waiting: asyncio.Future[None]) -> bool:
    if waiting.done():
        return False
    waiting.set_result(None)
    return True
