"""Answers on disk, so that none is paid for twice: SQLite with one writer and batched commits.

A row is written before its call goes out (`sent`, with a lease) and again when its answer is here
(`done`). After `kill -9` the answers that were acknowledged are there, and only calls that were in
flight are repeated. A second run waits for a call that a living run has in flight, and pays nothing.

SQLite passes altered content and opens an emptied file without complaint, so each row has its own
digest, the file has a header row, and its id is kept beside it. Damage is refused here and mended
by `promptops.evals.salvage`. Time is never compared: a lease belongs to a living owner.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any

from promptops.errors import IncompleteError, PromptopsError
from promptops.evals import Answer
from promptops.evals.keys import answer_of, answer_text, row_digest
from promptops.evals.owner import Owner

NAME = "answers.db"
FORMAT = 1
SENT, DONE = "sent", "done"
MOST_AT_ONCE = 512  # operations in one commit
MOST_ROWS = 200  # in one statement
SWITCH_SECONDS = 0.0005  # see `Store`
BUSY_SECONDS = 60
_TABLES = """
CREATE TABLE header (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER, id TEXT) STRICT;
CREATE TABLE answers (
    key TEXT PRIMARY KEY, state TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL,
    answer TEXT NOT NULL, digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

Row = tuple[str, str, str, str, str]  # key, state, owner, request, answer
Op = Callable[[sqlite3.Connection], Any] | Row  # a row is to be put


class DamagedError(PromptopsError):
    """The store does not hold what was written to it."""

    def __init__(self, what: str, path: str) -> None:
        hint = "`promptops store salvage` moves it aside and keeps every answer whose digest holds"
        super().__init__(f"the answer store is damaged: {what}", hint, path=path)


class StoreError(IncompleteError):
    """The store cannot be written: a full disk, no permission, an input or output error."""

    def __init__(self, what: str, path: str) -> None:
        hint = "every answer acknowledged so far is kept: make room and run the same command again"
        super().__init__(f"cannot write the answer store: {what}", hint, path=path)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim found. answer: it is there already. mine: nobody else asks, so ask now;
    neither: another run has the call in flight, claim again later."""

    mine: bool = False
    answer: Answer | None = None


class Store:
    """The answers in one folder. One loop's tasks may use it at once; so may several processes.

    The writer is a thread that needs the interpreter some times a commit. At the usual switch
    interval of 5 ms it would wait longer for that than for the disk, so it is shorter meanwhile.
    """

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, NAME)
        self._interval = sys.getswitchinterval()
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            with alone(self.path):
                self._reading = opened(self.path)
                self._owner = Owner(self.path + "-owners")
                self._writing = connected(self.path)
        except OSError as error:
            raise PromptopsError(
                f"cannot open the answer store: {error.strerror}", path=self.path
            ) from None
        self._queue: SimpleQueue[tuple[Op, asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="answer store", daemon=True)
        self._thread.start()
        sys.setswitchinterval(SWITCH_SECONDS)

    def known(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """The answers that are here, by key. DamagedError for a row whose digest does not hold."""
        found: dict[str, Answer] = {}
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            marks = ",".join("?" * len(some))
            asked = f"SELECT * FROM answers WHERE state = '{DONE}' AND key IN ({marks})"
            with complaints(self.path):
                rows = self._reading.execute(asked, some).fetchall()
            found.update((row[0], checked(row, self.path)) for row in rows)
        return found

    async def claim(self, rows: Sequence[tuple[str, str]]) -> list[Claimed]:
        """Claim (key, request) rows before they are asked; durable once this returns."""
        claimed: list[Claimed] = await self._do(lambda db: self._claim(db, rows))
        return claimed

    async def keep(self, key: str, request: str, answer: Answer) -> None:
        """Keep an answer; it survives `kill -9` once this returns."""
        await self._do((key, DONE, "", request, answer_text(answer)))

    async def release(self, keys: Sequence[str]) -> None:
        """Give claims back: no answer came, and a failure is not kept."""
        sql = "DELETE FROM answers WHERE key = ? AND owner = ? AND state = ?"
        given = [(key, self._owner.id, SENT) for key in keys]
        await self._do(lambda db: db.executemany(sql, given).rowcount)

    def close(self) -> None:
        """Write what is queued and give up all leases; calling it twice does no harm."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
            sys.setswitchinterval(self._interval)
            self._writing.close()
            self._reading.close()
        self._owner.close()

    def _claim(self, db: sqlite3.Connection, rows: Sequence[tuple[str, str]]) -> list[Claimed]:
        marks = ",".join("?" * len(rows))
        asked = f"SELECT * FROM answers WHERE key IN ({marks})"
        found = {row[0]: row for row in db.execute(asked, [key for key, _ in rows])}
        claimed = [self._claimed(found.get(key)) for key, _ in rows]
        pairs = zip(rows, claimed, strict=True)
        put(db, [_sent(row, self._owner.id) for row, claim in pairs if claim.mine])
        return claimed

    def _claimed(self, row: Sequence[str] | None) -> Claimed:
        if row is None:
            return Claimed(mine=True)
        if row[1] == DONE:
            return Claimed(answer=checked(row, self.path))
        return Claimed(mine=row[2] == self._owner.id or not self._owner.alive(row[2]))

    async def _do(self, op: Op) -> Any:
        future = asyncio.get_running_loop().create_future()
        self._queue.put((op, future))
        with complaints(self.path):
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
        """The results of all, or what went wrong with all: a batch is one transaction."""
        db = self._writing
        try:
            db.execute("BEGIN IMMEDIATE")
            put(db, [op for op in ops if isinstance(op, tuple)])
            results = [None if isinstance(op, tuple) else op(db) for op in ops]
            db.execute("COMMIT")
        except Exception as error:
            try:
                db.execute("ROLLBACK")
            except sqlite3.Error:
                pass  # SQLite has rolled back itself
            return error
        return results


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


def _sent(row: tuple[str, str], owner: str) -> Row:
    return (row[0], SENT, owner, row[1], "")


def put(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write rows with their digests, over what is there; many in one statement.

    Each statement gives the interpreter away once, and has to wait to get it back.
    """
    for start in range(0, len(rows), MOST_ROWS):
        some = rows[start : start + MOST_ROWS]
        values = [value for row in some for value in (*row, row_digest(*row))]
        marks = ",".join(["(?,?,?,?,?,?)"] * len(some))
        db.execute(f"INSERT OR REPLACE INTO answers VALUES {marks}", values)


def checked(row: Sequence[str], path: str) -> Answer:
    """The answer of a row; DamagedError where the row is not what was written."""
    if row_digest(*row[:5]) != row[5]:
        raise DamagedError(f"the digest of row {row[0][:12]} does not hold", path)
    return answer_of(row[4])


def connected(path: str) -> sqlite3.Connection:
    """A connection that commits durably and waits for others."""
    db = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def opened(path: str) -> sqlite3.Connection:
    """A connection to a store that is whole as far as its header says; made where there is none."""
    known_id = _id_beside(path)
    if known_id and (not os.path.exists(path) or os.path.getsize(path) == 0):
        raise DamagedError("the file is gone or empty", path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with complaints(path):
        db = connected(path)
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            if known_id:
                raise DamagedError("the file is empty", path)
            _made(db)
        row = db.execute("SELECT format, id FROM header").fetchone()
    if row is None or (known_id and row[1] != known_id):
        raise DamagedError("the header is not the one that was written", path)
    if row[0] > FORMAT:
        raise PromptopsError("the answer store is of a newer promptops", "update it", path=path)
    if not known_id:
        _write_id(path, row[1])
    return db


def _made(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute("INSERT INTO header VALUES (1, ?, ?)", (FORMAT, os.urandom(8).hex()))
    db.execute("COMMIT")


def _id_beside(path: str) -> str:
    try:
        with open(path + ".id", encoding="ascii", errors="replace") as file:
            return file.read(64).strip()
    except FileNotFoundError:
        return ""


def _write_id(path: str, id: str) -> None:
    handle = os.open(path + ".id.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(id + "\n")
        file.flush()
        os.fsync(handle)
    os.replace(path + ".id.new", path + ".id")


@contextmanager
def alone(path: str) -> Iterator[None]:
    """No other process opens, makes or mends the store meanwhile."""
    handle = os.open(path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def complaints(path: str) -> Iterator[None]:
    """What SQLite complains of, in our own words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(str(error), path) from None
    except sqlite3.DatabaseError as error:
        raise DamagedError(str(error), path) from None
