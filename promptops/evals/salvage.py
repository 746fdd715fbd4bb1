"""Looking after the answer store: verify it, mend it, tidy it, write it out.

Nothing is ever deleted that may still hold an answer: a damaged file is moved aside, and every row
whose own digest holds goes into a new one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promptops.errors import PromptopsError
from promptops.evals import owner
from promptops.evals.rows import DONE, SENT, DamagedError, checked, whole
from promptops.evals.sqlite import alone, complaints, connected, opened, put

BESIDE = ("", "-wal", "-shm", ".id")


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
    count = {DONE: 0, SENT: 0}
    bad = []
    try:
        with alone(path):
            db = opened(path)
        with complaints(path):
            for row in db.execute("SELECT * FROM answers"):
                count[row[1]] = count.get(row[1], 0) + 1
                if not whole(row):
                    bad.append(row[0])
            found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except DamagedError as error:
        return Verified(count[DONE], count[SENT], tuple(bad), error.message)
    db.close()
    return Verified(count[DONE], count[SENT], tuple(bad), "" if found == "ok" else str(found))


def salvage(path: str) -> Salvaged:
    """Move a damaged store aside and begin a new one with every answer whose digest holds.

    PromptopsError while a run still writes to it.
    """
    with alone(path):
        _refuse_running(path)
        aside = _moved(path)
        kept, seen = 0, set()
        db = opened(path)
        with complaints(path):
            db.execute("BEGIN IMMEDIATE")
            for row in _readable(aside) if os.path.exists(aside) else ():
                seen.add(row[0])
                if row[1] == DONE and whole(row):
                    put(db, [(row[0], row[1], row[2], row[3], row[4])])
                    kept += 1
            db.execute("COMMIT")
            db.close()
    return Salvaged(kept, len(seen) - kept, aside)


def tidy(path: str) -> int:
    """Drop the leases of runs that have ended and give space back; how many there were."""
    with alone(path):
        db = opened(path)
    with complaints(path):
        leased = db.execute("SELECT key, owner FROM answers WHERE state = ?", (SENT,)).fetchall()
        dead = [(key, by) for key, by in leased if not owner.alive(path + "-owners", by)]
        db.execute("BEGIN IMMEDIATE")
        db.executemany("DELETE FROM answers WHERE key = ? AND owner = ?", dead)
        db.execute("COMMIT")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
    return len(dead)


def exported(path: str) -> Iterator[dict[str, Any]]:
    """Every answer with its request, by key: `{"key", "request", "answer"}`."""
    if not exists(path):
        return
    with alone(path):
        db = opened(path)
    with complaints(path):
        for row in db.execute("SELECT * FROM answers WHERE state = ? ORDER BY key", (DONE,)):
            checked(row, path)
            yield {"key": row[0], "request": json.loads(row[3]), "answer": json.loads(row[4])}
    db.close()


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


def _readable(path: str) -> Iterator[tuple[str, ...]]:
    """The rows that SQLite can still read: all in one go, else range by range of their keys.

    Keys are digests, so ranges are even, and a broken page costs only the ranges on it.
    """
    try:
        db = connected(path)
        yield from db.execute("SELECT * FROM answers").fetchall()
    except sqlite3.DatabaseError:
        pass
    else:
        db.close()
        return
    for start in range(4096):
        low, high = f"{start:03x}", f"{start:03x}g"
        found: list[tuple[str, ...]] = []
        try:
            db = sqlite3.connect(path)
            asked = "SELECT * FROM answers WHERE key >= ? AND key < ?"
            found.extend(db.execute(asked, (low, high)))
            db.close()
        except sqlite3.DatabaseError:
            pass
        yield from found
