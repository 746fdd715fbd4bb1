"""Rows in a SQLite file: WAL, one writer a process, synced while it writes on.

What a call writes is small on purpose: its answer goes to the end of one table, and leases are a
table of their own, of few rows. It goes into the log as far as the operating system; waiting for the
disk, and moving the log into the file, are `sync`'s, for a thread of its own.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

from promptops.errors import EXIT_CANNOT, PromptopsError
from promptops.evals.owner import Owner
from promptops.evals.rows import Kept, Row, StoreError, digest_of
from promptops.evals.sqlite_file import (
    BUSY_SECONDS,
    ROW,
    alone,
    complaints,
    connected,
    opened,
    transaction,
)

NAME = "answers.db"
READERS_SECONDS = 0.1  # how long those who read an old state may keep the log from being emptied
MOST_KEYS = 500  # in one statement
MOST_LOG = 16 << 20  # bytes before the log goes into the file


class SQLiteShelf:
    """The file `answers.db` in a folder; made where there is none."""

    at_once = True

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, NAME)
        self._log = Log(self.path)
        self._over: list[str] = []  # keys whose answers are here, and whose leases still are
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            with alone(self.path):
                self._reading = opened(self.path)
                self._owner = Owner(self.path + "-owners")
                self._writing = connected(self.path)
            self._writing.execute("PRAGMA busy_timeout = 0")
            self._writing.execute("PRAGMA synchronous = NORMAL")  # `sync` does the rest
            self._writing.execute("PRAGMA wal_autocheckpoint = 0")
        except OSError as error:
            raise PromptopsError(
                f"cannot open the answer store: {error.strerror}", path=self.path
            ) from None
        except StoreError as error:
            error.exit_code = EXIT_CANNOT  # nothing was asked yet
            raise
        self.owner = self._owner.id

    def known(self, keys: Sequence[str]) -> list[Kept]:
        return _selected(self._reading, keys)

    def put(self, rows: Sequence[Row]) -> None:
        put(self._writing, rows)
        self._over += [row[0] for row in rows]

    def sync(self) -> None:
        self._log.sync()

    @contextmanager
    def patient(self) -> Iterator[None]:
        self._writing.execute(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")
        try:
            yield
        finally:
            self._writing.execute("PRAGMA busy_timeout = 0")

    @contextmanager
    def claiming(self) -> Iterator[None]:
        with transaction(self._writing):
            over, self._over = self._over, []
            self.give_back(over)
            yield

    def rows(self, keys: Sequence[str]) -> list[Kept]:
        return _selected(self._writing, keys)

    def leases(self, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for some in _parts(keys):
            marks = ",".join("?" * len(some))
            sql = f"SELECT key, owner FROM leases WHERE key IN ({marks})"
            found.update(self._writing.execute(sql, some))
        return found

    def lease(self, keys: Sequence[str]) -> None:
        for some in _parts(keys):
            values = [value for key in some for value in (key, self.owner)]
            marks = ",".join(["(?,?)"] * len(some))
            self._writing.execute(f"INSERT OR REPLACE INTO leases VALUES {marks}", values)

    def give_back(self, keys: Sequence[str]) -> None:
        for some in _parts(keys):
            marks = ",".join("?" * len(some))
            sql = f"DELETE FROM leases WHERE key IN ({marks}) AND owner = ?"
            self._writing.execute(sql, [*some, self.owner])

    def alive(self, owner: str) -> bool:
        return self._owner.alive(owner)

    def complaints(self) -> AbstractContextManager[None]:
        return complaints(self.path)

    def close(self) -> None:
        with suppress(sqlite3.Error):  # a lease without its owner is nobody's anyway
            self.give_back(self._over)
        self._log.close()
        self._writing.close()
        self._reading.close()
        self._owner.close()


class Log:
    """The write-ahead log of a store, as one thread looks after it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1  # SQLite's own is not to be had, and holds no locks that closing ours ends
        self._most = MOST_LOG
        self._db: sqlite3.Connection | None = None

    def sync(self) -> None:
        """All that was committed before is on the disk; what is too much goes into the file."""
        try:
            if self._file < 0:
                self._file = os.open(self._path + "-wal", os.O_RDWR | os.O_CLOEXEC)
            os.fsync(self._file)
            size = os.fstat(self._file).st_size
        except OSError as error:
            raise StoreError(error.strerror or str(error), self._path) from None
        if size > self._most:
            with complaints(self._path):
                self._empty()
            self._most = os.fstat(self._file).st_size + MOST_LOG

    def _empty(self) -> None:
        """Most of it while others write on, and what came meanwhile in a moment of its own."""
        if self._db is None:
            self._db = connected(self._path)
            self._db.execute(f"PRAGMA busy_timeout = {int(1000 * READERS_SECONDS)}")
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), MOST_KEYS):
        yield keys[start : start + MOST_KEYS]


def _selected(db: sqlite3.Connection, keys: Sequence[str]) -> list[Kept]:
    found: list[Kept] = []
    for some in _parts(keys):
        marks = ",".join("?" * len(some))
        found += db.execute(f"SELECT {ROW} FROM answers WHERE key IN ({marks})", some)
    return found


def put(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write rows with their digests, over what is there, in one statement: all of them or none.

    A statement gives the interpreter away some times, and has to wait to get it back: outside a
    transaction, this one is the transaction too.
    """
    values = [value for row in rows for value in (*row, digest_of(*row))]
    marks = ",".join(["(?,?,?,?)"] * len(rows))
    db.execute(f"INSERT OR REPLACE INTO answers ({ROW}) VALUES {marks}", values)
