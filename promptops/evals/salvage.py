"""Looking after the answer store: verify it, mend it, tidy it, write it out.

Nothing is ever deleted that may still hold an answer: a damaged file is moved aside, and every row
whose own digest holds goes into a new one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from promptops.errors import PromptopsError
from promptops.evals import owner
from promptops.evals.rows import DamagedError, checked, whole
from promptops.evals.sqlite import put
from promptops.evals.sqlite_file import ROW, alone, complaints, connected, opened, transaction

BESIDE = ("", "-wal", "-shm", ".id")
AT_ONCE = 500  # rows in memory
FEWEST_BYTES = 64  # of a row on the disk: more rows than that a file cannot hold
_OPEN = "SELECT count(*) FROM leases WHERE key NOT IN (SELECT key FROM answers)"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a store holds. leases: calls marked as sent; bad: keys of rows whose digest fails.

    problem: why the file as a whole cannot be trusted, "" where it can.
    """

    answers: int = 0
    leases: int = 0
    bad: tuple[str, ...] = ()
    problem: str = ""

    @property
    def whole(self) -> bool:
        """True if nothing is wrong."""
        return not (self.bad or self.problem)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """kept: answers in the new file; lost: rows seen whose digest failed; aside: the old file."""

    kept: int
    lost: int
    aside: str


def exists(path: str) -> bool:
    """True if there is, or was, a store at `path`."""
    return os.path.exists(path) or os.path.exists(path + ".id")


def verify(path: str) -> Verified:
    """Read every row and look at its digest; changes nothing."""
    if not exists(path):
        return Verified()
    answers = leases = 0
    bad: list[str] = []
    try:
        with alone(path):
            db = opened(path)
        with complaints(path), closing(db):
            for row in db.execute(f"SELECT {ROW} FROM answers"):
                answers += 1
                if not whole(row):
                    bad.append(row[0])
            leases = db.execute(_OPEN).fetchone()[0]
            found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except DamagedError as error:
        return Verified(answers, leases, tuple(bad), error.message)
    return Verified(answers, leases, tuple(bad), "" if found == "ok" else str(found))


def salvage(path: str) -> Salvaged:
    """Move a damaged store aside and begin a new one with every answer whose digest holds.

    PromptopsError while a run still writes to it.
    """
    with alone(path):
        _refuse_running(path)
        aside = _moved(path)
        kept = seen = 0
        with complaints(path), closing(opened(path)) as db, transaction(db):
            rows = _readable(aside) if os.path.exists(aside) else iter(())
            while some := list(islice(rows, AT_ONCE)):
                good = [(row[0], row[1], row[2]) for row in some if whole(row)]
                if good:
                    put(db, good)
                kept, seen = kept + len(good), seen + len(some)
    return Salvaged(kept, seen - kept, aside)


def tidy(path: str) -> int:
    """Drop the leases of runs that have ended and give space back; how many there were."""
    with alone(path):
        db = opened(path)
    with complaints(path), closing(db):
        owners = [one for (one,) in db.execute("SELECT DISTINCT owner FROM leases")]
        dead = [(one,) for one in owners if not owner.alive(path + "-owners", one)]
        before = db.execute(_OPEN).fetchone()[0]
        with transaction(db):
            db.executemany("DELETE FROM leases WHERE owner = ?", dead)
        dropped: int = before - db.execute(_OPEN).fetchone()[0]
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return dropped


def exported(path: str) -> Iterator[dict[str, Any]]:
    """Every answer with its request, by key: `{"key", "request", "answer"}`."""
    if not exists(path):
        return
    with alone(path):
        db = opened(path)
    with complaints(path), closing(db):
        for row in db.execute(f"SELECT {ROW} FROM answers ORDER BY key"):
            checked(row, path)
            yield {"key": row[0], "request": json.loads(row[1]), "answer": json.loads(row[2])}


def _refuse_running(path: str) -> None:
    folder = path + "-owners"
    running = os.listdir(folder) if os.path.isdir(folder) else []
    if any(owner.alive(folder, one) for one in running):
        raise PromptopsError("a run is using the store", "wait for it, or end it", path=path)


def _moved(path: str) -> str:
    number = 1
    while any(os.path.exists(f"{path}.damaged-{number}{end}") for end in BESIDE):
        number += 1
    aside = f"{path}.damaged-{number}"
    for end in BESIDE:
        if os.path.exists(path + end):
            os.replace(path + end, aside + end)
    return aside


def _readable(path: str) -> Iterator[tuple[Any, ...]]:
    """The rows that SQLite can still read. A broken page costs only the rows on it."""
    try:
        db = connected(path)
    except sqlite3.DatabaseError:
        return
    with closing(db):
        try:
            last = db.execute("SELECT max(n) FROM answers").fetchone()[0] or 0
        except sqlite3.DatabaseError:
            last = os.path.getsize(path) // FEWEST_BYTES
        for start in range(0, last + 1, AT_ONCE):
            yield from _between(db, start, start + AT_ONCE)


def _between(db: sqlite3.Connection, low: int, high: int) -> list[tuple[Any, ...]]:
    """The rows with low <= n < high: all in one go, else by halves, down to each alone."""
    asked = f"SELECT {ROW} FROM answers WHERE n >= ? AND n < ?"
    try:
        return db.execute(asked, (low, high)).fetchall()
    except sqlite3.DatabaseError:
        if high - low == 1:
            return []
    half = (low + high) // 2
    return _between(db, low, half) + _between(db, half, high)
