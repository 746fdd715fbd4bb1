"""Answers on disk, so that none is paid for twice: one writer and batched commits.

After `kill -9` the answers that were acknowledged are there, and only calls that were in flight are
repeated; after a power cut those of the last milliseconds too. A second run waits for a call that a
living run has in flight, and pays nothing. Damage is refused here and mended by
`promptops.evals.salvage`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

from promptops.evals import Answer
from promptops.evals.durable import Durable
from promptops.evals.keys import answer_text
from promptops.evals.rows import BusyError, Claimed, DamagedError, Row, Shelf, StoreError, checked
from promptops.evals.sqlite import NAME, SQLiteShelf

__all__ = ["NAME", "Claimed", "DamagedError", "Store", "StoreError", "is_url", "shelf"]

SWITCH_SECONDS = 0.0005  # see `Store`
MOST_AT_ONCE = 512  # operations in one commit

Op = Callable[[Shelf], Any] | Row  # a row is to be put
Asked = list[tuple[Op, asyncio.Future[Any]]]


def is_url(place: str) -> bool:
    """True for a shared store; any other place is a folder."""
    return place.startswith(("postgresql://", "postgres://"))


def shelf(place: str) -> Shelf:
    """The rows in a folder, or in the PostgreSQL database of a URL."""
    if is_url(place):
        from promptops.evals.postgres import PostgresShelf

        return PostgresShelf(place)
    return SQLiteShelf(place)


class Store:
    """The answers in one place. One loop's tasks may use it at once; so may several processes.

    What tasks ask for in one turn of their loop is written together, by the loop itself where that
    takes no time, else by a thread. The thread needs the interpreter some times a commit. At the usual
    switch interval of 5 ms it would wait longer for that than for the disk, so it is shorter
    meanwhile; always shorter it would cost the loop a tenth of its time.
    """

    def __init__(self, place: str) -> None:
        self._shelf = shelf(place)
        self.path = self._shelf.path
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: Asked = []
        self._busy = False  # the thread is writing, and hands over what is asked meanwhile
        self._turn = Lock()  # of loops: when one is over, the thread may still write for it
        self._queue: SimpleQueue[Asked] = SimpleQueue()
        self._durable = Durable(lambda: self._shelf.sync())
        self._thread = Thread(target=self._write, name="answer store", daemon=True)
        self._thread.start()

    def known(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """The answers that are here, by key. DamagedError for a row whose digest does not hold."""
        with self._shelf.complaints():
            rows = self._shelf.known(keys)
        return {row[0]: checked(row, self.path) for row in rows}

    async def claim(self, keys: Sequence[str]) -> list[Claimed]:
        """Claim the calls of these keys before they go out: from then on no other run asks them."""
        claimed: list[Claimed] = await self._do(lambda shelf: _claim(shelf, keys))
        return claimed

    async def keep(self, key: str, request: str, answer: Answer) -> None:
        """Keep an answer; it survives `kill -9` once this returns, and a power cut after `durable`."""
        await self._do((key, request, answer_text(answer)))

    async def durable(self) -> None:
        """Wait until the disk has all that was kept. StoreError where it has not."""
        await self._durable.all()

    async def release(self, keys: Sequence[str]) -> None:
        """Give claims back: no answer came, and a failure is not kept."""
        await self._do(lambda shelf: shelf.give_back(keys))

    def close(self) -> None:
        """Write what was asked for and give up all leases; calling it twice does no harm."""
        if self._thread.is_alive():
            asked, self._asked = self._asked, []
            for last in (asked, []):  # none asked: an end
                self._queue.put(last)
            self._thread.join()
            self._durable.close()
        self._shelf.close()

    async def _do(self, op: Op) -> Any:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # whoever asked in another one has gone with it
            self._loop, self._asked, self._busy = loop, [], False
        future = loop.create_future()
        if not self._asked and not self._busy:
            loop.call_soon(self._hand_over)
        self._asked.append((op, future))
        return await future

    def _hand_over(self) -> None:
        asked, self._asked = self._asked[:MOST_AT_ONCE], self._asked[MOST_AT_ONCE:]
        if not asked:
            return
        told = self._at_once([op for op, _ in asked])
        if told is None:
            self._busy = True
            self._queue.put(asked)
            return
        _tell(asked, told)
        if self._asked:
            asyncio.get_running_loop().call_soon(self._hand_over)

    def _at_once(self, ops: Sequence[Op]) -> list[Any] | Exception | None:
        """As `_commit`; None where that would take time."""
        if not self._shelf.at_once or not self._turn.acquire(blocking=False):
            return None
        try:
            told = self._commit(ops)
        finally:
            self._turn.release()
        return None if isinstance(told, BusyError) else told

    def _write(self) -> None:
        while asked := self._queue.get():
            with self._turn, switching_often(), self._shelf.patient():
                told = self._commit([op for op, _ in asked])
            loop = asked[0][1].get_loop()
            with suppress(RuntimeError):  # the loop has gone: nobody waits
                loop.call_soon_threadsafe(self._written, asked, told)

    def _written(self, asked: Asked, told: list[Any] | Exception) -> None:
        self._busy = False
        _tell(asked, told)
        self._hand_over()

    def _commit(self, ops: Sequence[Op]) -> list[Any] | Exception:
        """The results of all, or what went wrong with all: they are told together."""
        if self._durable.error is not None:
            return self._durable.error
        try:
            with self._shelf.complaints():
                told = _committed(self._shelf, ops)
        except Exception as error:
            return error
        if any(isinstance(op, tuple) for op in ops):
            self._durable.written()
        return told


@contextmanager
def switching_often() -> Iterator[None]:
    """The interpreter goes from thread to thread more often within."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _committed(shelf: Shelf, ops: Sequence[Op]) -> list[Any]:
    rows = [op for op in ops if isinstance(op, tuple)]
    if rows:
        shelf.put(rows)
    if len(rows) == len(ops):
        return [None] * len(ops)
    with shelf.claiming():
        return [None if isinstance(op, tuple) else op(shelf) for op in ops]


def _claim(shelf: Shelf, keys: Sequence[str]) -> list[Claimed]:
    held = shelf.leases(keys)  # before the answers: a call that ends in between is among these
    found = {row[0]: checked(row, shelf.path) for row in shelf.rows(keys)}

    def claimed(key: str) -> Claimed:
        if key in found:
            return Claimed(answer=found[key])
        owner = held.get(key, shelf.owner)
        return Claimed(mine=owner == shelf.owner or not shelf.alive(owner))

    claims = [claimed(key) for key in keys]
    shelf.lease([key for key, claim in zip(keys, claims, strict=True) if claim.mine])
    return claims


def _tell(asked: Asked, told: list[Any] | Exception) -> None:
    for i, (_, future) in enumerate(asked):
        if future.done():
            continue
        if isinstance(told, Exception):
            future.set_exception(told)
        else:
            future.set_result(told[i])
