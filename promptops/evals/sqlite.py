"""Rows in a SQLite file: WAL, every commit durable, one writer a process.

SQLite opens an emptied file without complaint, so the file has a header row, and its id is kept
beside it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from promptops.errors import EXIT_CANNOT, PromptopsError
from promptops.evals.keys import row_digest
from promptops.evals.owner import Owner
from promptops.evals.rows import DONE, FORMAT, SENT, DamagedError, Kept, NewerError, Row, StoreError

NAME = "answers.db"
BUSY_SECONDS = 60
MOST_ROWS = 200  # in one statement
MOST_KEYS = 500
_TABLES = """
CREATE TABLE header (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER, id TEXT) STRICT;
CREATE TABLE answers (
    key TEXT PRIMARY KEY, state TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL,
    answer TEXT NOT NULL, digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


class SQLiteShelf:
    """The file `answers.db` in a folder; made where there is none."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, NAME)
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
        except StoreError as error:
            error.exit_code = EXIT_CANNOT  # nothing was asked yet
            raise
        self.owner = self._owner.id

    def known(self, keys: Sequence[str]) -> list[Kept]:
        found: list[Kept] = []
        for start in range(0, len(keys), MOST_KEYS):
            found += _selected(self._reading, keys[start : start + MOST_KEYS], DONE)
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._writing.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writing.execute("COMMIT")
        except BaseException:
            try:
                self._writing.execute("ROLLBACK")
            except sqlite3.Error:
                pass  # SQLite has rolled back itself
            raise

    def alone(self) -> None:
        pass  # the transaction is IMMEDIATE

    def rows(self, keys: Sequence[str]) -> list[Kept]:
        found: list[Kept] = []
        for start in range(0, len(keys), MOST_KEYS):
            found += _selected(self._writing, keys[start : start + MOST_KEYS])
        return found

    def put(self, rows: Sequence[Row]) -> None:
        put(self._writing, rows)

    def give_back(self, keys: Sequence[str]) -> None:
        sql = "DELETE FROM answers WHERE key = ? AND owner = ? AND state = ?"
        self._writing.executemany(sql, [(key, self.owner, SENT) for key in keys])

    def alive(self, owner: str) -> bool:
        return self._owner.alive(owner)

    def complaints(self) -> AbstractContextManager[None]:
        return complaints(self.path)

    def close(self) -> None:
        self._writing.close()
        self._reading.close()
        self._owner.close()


def _selected(db: sqlite3.Connection, keys: Sequence[str], state: str = "") -> list[Kept]:
    marks = ",".join("?" * len(keys))
    only = f" AND state = '{state}'" if state else ""
    return db.execute(f"SELECT * FROM answers WHERE key IN ({marks}){only}", keys).fetchall()


def put(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write rows with their digests, over what is there; many in one statement.

    Each statement gives the interpreter away once, and has to wait to get it back.
    """
    for start in range(0, len(rows), MOST_ROWS):
        some = rows[start : start + MOST_ROWS]
        values = [value for row in some for value in (*row, row_digest(*row))]
        marks = ",".join(["(?,?,?,?,?,?)"] * len(some))
        db.execute(f"INSERT OR REPLACE INTO answers VALUES {marks}", values)


def connected(path: str) -> sqlite3.Connection:
    """A connection that commits durably and waits for others."""
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
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
        try:
            id = _header(db, known_id, path)
        except BaseException:
            db.close()
            raise
    if not known_id:
        _write_id(path, id)
    return db


def _header(db: sqlite3.Connection, known_id: str, path: str) -> str:
    """The file's id, written where it has none; DamagedError where it is not the one we know."""
    if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        if known_id:
            raise DamagedError("the file is empty", path)
        _made(db)
    row = db.execute("SELECT format, id FROM header").fetchone()
    if row is None or (known_id and row[1] != known_id):
        raise DamagedError("the header is not the one that was written", path)
    if row[0] > FORMAT:
        raise NewerError(path)
    return str(row[1])


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
