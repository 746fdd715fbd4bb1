"""Rows in a SQLite file: WAL, every answer durable, one writer a process.

What a call writes is small on purpose, since the disk is waited for: its answer goes to the end of
one table, and leases are a table of their own, of few rows. SQLite opens an emptied file without
complaint, so the file has a header row, and its id is kept beside it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

from promptops.errors import EXIT_CANNOT, PromptopsError
from promptops.evals.owner import Owner
from promptops.evals.rows import DamagedError, Kept, NewerError, Row, StoreError, digest_of

NAME = "answers.db"
FORMAT = 2
BUSY_SECONDS = 60
MOST_KEYS = 500  # in one statement
MOST_PAGES = 4000  # in the write-ahead log before it goes into the file: 16 MB
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


class SQLiteShelf:
    """The file `answers.db` in a folder; made where there is none."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, NAME)
        self._over: list[str] = []  # keys whose answers are here, and whose leases still are
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
        return _selected(self._reading, keys)

    def put(self, rows: Sequence[Row]) -> None:
        put(self._writing, rows)
        self._over += [row[0] for row in rows]

    @contextmanager
    def claiming(self) -> Iterator[None]:
        db = self._writing
        db.execute("PRAGMA synchronous = NORMAL")
        try:
            with transaction(db):
                over, self._over = self._over, []
                self.give_back(over)
                yield
        finally:
            db.execute("PRAGMA synchronous = FULL")

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
        self._writing.close()
        self._reading.close()
        self._owner.close()


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
        db.execute(f"PRAGMA wal_autocheckpoint = {MOST_PAGES}")
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
        raise StoreError(str(error), path) from None
    except sqlite3.DatabaseError as error:
        raise DamagedError(str(error), path) from None
