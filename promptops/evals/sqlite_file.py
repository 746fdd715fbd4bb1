"""The SQLite file of a store: made, opened, taken over from an earlier format.

SQLite opens an emptied file without complaint, so the file has a header row, and its id is kept
beside it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from promptops.evals.rows import BusyError, DamagedError, NewerError, StoreError

FORMAT = 2
BUSY_SECONDS = 60
ROW = "key, request, answer, digest"
_ANSWERS = """
CREATE TABLE answers (
    n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, request TEXT NOT NULL, answer TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE TABLE leases (key TEXT PRIMARY KEY, owner TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_HEADER = """
CREATE TABLE header (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER, id TEXT) STRICT;
"""
# Format 1 kept leases among the answers, in the order of their keys: each call wrote pages all over.
_FROM_1 = f"""
ALTER TABLE answers RENAME TO old;
{_ANSWERS}
INSERT INTO answers ({ROW}) SELECT {ROW} FROM old WHERE state = 'done';
DROP TABLE old;
UPDATE header SET format = 2;
"""


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that is done within, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back itself
            db.execute("ROLLBACK")
        raise


def connected(path: str) -> sqlite3.Connection:
    """A connection that commits durably and waits for others."""
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA cache_size = -1000")  # kB
    except BaseException:  # what is no database says so at the first statement
        db.close()
        raise
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
        _execute(db, _HEADER + _ANSWERS, (FORMAT, os.urandom(8).hex()))
    row = db.execute("SELECT format, id FROM header").fetchone()
    if row is None or (known_id and row[1] != known_id):
        raise DamagedError("the header is not the one that was written", path)
    if row[0] > FORMAT:
        raise NewerError(path)
    if row[0] < FORMAT:
        _execute(db, _FROM_1)
    return str(row[1])


def _execute(db: sqlite3.Connection, script: str, header: tuple[int, str] | None = None) -> None:
    with transaction(db):
        for statement in script.split(";"):
            db.execute(statement)
        if header is not None:
            db.execute("INSERT INTO header VALUES (1, ?, ?)", header)


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
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise BusyError(str(error), path) from None
        raise StoreError(str(error), path) from None
    except sqlite3.DatabaseError as error:
        raise DamagedError(str(error), path) from None
