"""Nobody who writes waits for the disk, and nothing is called done that the disk has not."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from asking import QUICK, requests
from loopback import Loopback

from promptops.evals import Answer, State, keys, salvage, sqlite
from promptops.evals.providers import Link, provider
from promptops.evals.runner import Means, Run, Runner
from promptops.evals.sqlite import SQLiteShelf
from promptops.evals.store import MOST_AT_ONCE, NAME, Store, StoreError

ANSWER = Answer(State.ANSWER, "yes")
ROWS = [(keys.key_of(text), text) for text in (keys.request_text(r, 1) for r in requests("", 900))]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(str(tmp_path))
    yield one
    one.close()


def there(store: Store, many: int) -> int:
    return len(store.known([key for key, _ in ROWS[:many]]))


def test_an_answer_is_kept_while_the_disk_is_busy_and_durable_only_then(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, busy = Event(), Event()

    def sync(_: SQLiteShelf) -> None:
        busy.set()
        assert disk.wait(30)

    async def go() -> None:
        for one in ROWS[:3]:
            await store.keep(*one, ANSWER)
        durable = asyncio.create_task(store.durable())
        await asyncio.to_thread(busy.wait, 30)
        assert there(store, 3) == 3
        assert not durable.done()
        disk.set()
        await durable

    monkeypatch.setattr(SQLiteShelf, "sync", sync)
    asyncio.run(go())


def test_a_disk_that_fails_stops_the_run_and_what_was_kept_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    async def go(url: str, fails: bool) -> Run:
        store, asks = Store(str(tmp_path)), provider("openai_compatible", Link(url))
        try:
            with monkeypatch.context() as patch:
                if fails:
                    patch.setattr(os, "fsync", broken)
                return await Runner(Means(asks, store, QUICK)).run(requests(url, 300))
        finally:
            await asks.close()
            store.close()

    with Loopback() as server:
        run = asyncio.run(go(server.url, fails=True))
        again = asyncio.run(go(server.url, fails=False))
        assert server.count <= 300 + QUICK.concurrency
    assert isinstance(run.error, StoreError)
    assert "Input/output error" in run.error.message
    assert run.error.path.endswith(NAME)
    assert again.count(State.ANSWER) == 300


def test_whoever_finds_the_store_locked_waits_without_holding_up_the_loop(
    store: Store, tmp_path: Path
) -> None:
    async def go(other: sqlite3.Connection) -> None:
        other.execute("BEGIN IMMEDIATE")
        kept = [asyncio.create_task(store.keep(*one, ANSWER)) for one in ROWS[:20]]
        for _ in range(20):  # of the loop's turns
            await asyncio.sleep(0.001)
        late = asyncio.create_task(store.claim([ROWS[20][0]]))
        await asyncio.sleep(0.001)
        assert not any(task.done() for task in (*kept, late))
        other.execute("COMMIT")
        await asyncio.gather(*kept)
        [claimed] = await late
        assert claimed.mine
        assert there(store, 20) == 20
        await store.keep(*ROWS[20], ANSWER)

    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
        asyncio.run(go(other))
    assert there(store, 21) == 21


def test_more_than_one_commit_takes_may_be_asked_in_one_turn(store: Store, tmp_path: Path) -> None:
    async def go() -> None:
        await asyncio.gather(*(store.keep(*one, ANSWER) for one in ROWS))

    assert len(ROWS) > MOST_AT_ONCE
    asyncio.run(go())
    assert there(store, len(ROWS)) == len(ROWS)


def test_what_was_asked_in_a_loop_that_is_gone_holds_up_no_other(store: Store) -> None:
    loop = asyncio.new_event_loop()
    lost = loop.create_task(store.keep(*ROWS[0], ANSWER))
    loop.call_soon(loop.stop)
    loop.run_forever()  # one turn: asked, and never handed over
    lost.cancel()
    asyncio.run(store.keep(*ROWS[1], ANSWER))
    assert there(store, 2) == 1
    loop.run_until_complete(asyncio.gather(lost, return_exceptions=True))
    loop.close()


def test_closing_writes_what_was_asked_for(tmp_path: Path) -> None:
    async def go() -> None:
        store = Store(str(tmp_path))
        kept = asyncio.create_task(store.keep(*ROWS[0], ANSWER))
        await asyncio.sleep(0)
        store.close()
        await kept

    asyncio.run(go())
    again = Store(str(tmp_path))
    assert there(again, 1) == 1
    again.close()


def test_the_log_does_not_grow_without_end_and_its_readers_hold_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MOST_LOG", 50_000)
    store, log = Store(str(tmp_path)), tmp_path / f"{NAME}-wal"

    async def keep(start: int, end: int) -> int:
        for one in ROWS[start:end]:
            await store.keep(*one, ANSWER)
        await store.durable()
        return log.stat().st_size

    assert asyncio.run(keep(0, 100)) < 100_000  # a hundred commits of two pages and more
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM answers").fetchone() == (100,)
        asyncio.run(keep(100, 200))
        assert reader.execute("SELECT count(*) FROM answers").fetchone() == (100,)
        reader.execute("COMMIT")
    asyncio.run(keep(200, 300))
    assert there(store, 300) == 300
    store.close()
    assert salvage.verify(str(tmp_path / NAME)) == salvage.Verified(answers=300)
