"""Answers on disk, so that none is paid for twice: one writer thread and batched commits.

After `kill -9` the answers that were acknowledged are there, and only calls that were in flight are
repeated. A second run waits for a call that a living run has in flight, and pays nothing. Damage is
refused here and mended by `promptops.evals.salvage`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any

from promptops.evals import Answer
from promptops.evals.keys import answer_text
from promptops.evals.rows import Claimed, DamagedError, Row, Shelf, StoreError, checked
from promptops.evals.sqlite import NAME, SQLiteShelf

__all__ = ["NAME", "Claimed", "DamagedError", "Store", "StoreError", "is_url", "shelf"]

MOST_AT_ONCE = 512  # operations in one commit
SWITCH_SECONDS = 0.0005  # see `Store`

Op = Callable[[Shelf], Any] | Row  # a row is to be put


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

    The writer is a thread that needs the interpreter some times a commit. At the usual switch
    interval of 5 ms it would wait longer for that than for the disk, so it is shorter meanwhile.
    """

    def __init__(self, place: str) -> None:
        self._shelf = shelf(place)
        self.path = self._shelf.path
        self._interval = sys.getswitchinterval()
        self._queue: SimpleQueue[tuple[Op, asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="answer store", daemon=True)
        self._thread.start()
        sys.setswitchinterval(SWITCH_SECONDS)

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
        """Keep an answer; it survives `kill -9` once this returns."""
        await self._do((key, request, answer_text(answer)))

    async def release(self, keys: Sequence[str]) -> None:
        """Give claims back: no answer came, and a failure is not kept."""
        await self._do(lambda shelf: shelf.give_back(keys))

    def close(self) -> None:
        """Write what is queued and give up all leases; calling it twice does no harm."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
            sys.setswitchinterval(self._interval)
        self._shelf.close()

    async def _do(self, op: Op) -> Any:
        future = asyncio.get_running_loop().create_future()
        self._queue.put((op, future))
        return await future

    def _write(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            while len(batch) < MOST_AT_ONCE and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    self._queue.put(None)
                    break
                batch.append(more)
            told = self._commit([op for op, _ in batch])
            _tell([future for _, future in batch], told)

    def _commit(self, ops: Sequence[Op]) -> list[Any] | Exception:
        """The results of all, or what went wrong with all: they are told together."""
        try:
            with self._shelf.complaints():
                return _committed(self._shelf, ops)
        except Exception as error:
            return error


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


def _tell(futures: Sequence[asyncio.Future[Any]], told: list[Any] | Exception) -> None:
    def tell() -> None:
        for i, future in enumerate(futures):
            if future.done():
                continue
            if isinstance(told, Exception):
                future.set_exception(told)
            else:
                future.set_result(told[i])

    try:
        futures[0].get_loop().call_soon_threadsafe(tell)
    except RuntimeError:
        pass  # the loop has gone: nobody waits
