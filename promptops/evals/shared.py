"""Looking after a shared answer store, as `promptops.evals.salvage` looks after a file.

A row whose digest fails is moved into a table beside it, never deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from promptops.errors import PromptopsError
from promptops.evals.postgres import SENT, alive, complaints, connected, made, shown
from promptops.evals.rows import DONE, DamagedError, checked, whole
from promptops.evals.salvage import Salvaged, Verified

if TYPE_CHECKING:
    import psycopg

ASIDE = "promptops_damaged"
AT_ONCE = 500  # rows in memory
_ALL: LiteralString = (
    "SELECT key, request, answer, digest FROM promptops_answers WHERE state = %s ORDER BY key"
)
_COUNT: LiteralString = "SELECT count(*) FROM promptops_answers WHERE state = %s"


def exists(url: str) -> bool:
    """True if there is a store in the database."""
    with _open(url) as db:
        found = db.execute("SELECT to_regclass('promptops_answers')").fetchone()
    return found != (None,)


def verify(url: str) -> Verified:
    """Read every row and look at its digest; changes nothing."""
    if not exists(url):
        return Verified()
    answers = leases = 0
    bad: list[str] = []
    try:
        with _open(url) as db:
            made(db, shown(url))
            for row in _rows(db):
                answers += 1
                if not whole(row):
                    bad.append(row[0])
            leases = _count(db, SENT)
    except DamagedError as error:
        return Verified(answers, leases, tuple(bad), error.message)
    return Verified(answers, leases, tuple(bad))


def salvage(url: str) -> Salvaged:
    """Move every row whose digest fails aside. PromptopsError while a run still writes."""
    bad = verify(url).bad
    with _open(url) as db, db.transaction():
        if any(alive(db, owner) for owner in _owners(db)):
            raise PromptopsError(
                "a run is using the store", "wait for it, or end it", path=shown(url)
            )
        db.execute(
            "CREATE TABLE IF NOT EXISTS promptops_damaged (LIKE promptops_answers INCLUDING DEFAULTS)"
        )
        db.execute(
            "WITH gone AS (DELETE FROM promptops_answers WHERE key = ANY(%s) RETURNING *)"
            " INSERT INTO promptops_damaged SELECT * FROM gone",
            (list(bad),),
        )
        kept = _count(db, DONE)
    return Salvaged(kept, len(bad), f"{shown(url)}, table {ASIDE}")


def tidy(url: str) -> int:
    """Drop the leases of runs that have ended; how many there were."""
    with _open(url) as db:
        dead = [owner for owner in _owners(db) if not alive(db, owner)]
        sql: LiteralString = "DELETE FROM promptops_answers WHERE state = %s AND owner = ANY(%s)"
        return db.execute(sql, (SENT, dead)).rowcount


def exported(url: str) -> Iterator[dict[str, Any]]:
    """Every answer with its request, by key: `{"key", "request", "answer"}`."""
    if not exists(url):
        return
    with _open(url) as db:
        for row in _rows(db):
            checked(row, shown(url))
            yield {"key": row[0], "request": json.loads(row[1]), "answer": json.loads(row[2])}


def _count(db: psycopg.Connection[Any], state: str) -> int:
    [(found,)] = db.execute(_COUNT, (state,)).fetchall()
    return int(found)


def _rows(db: psycopg.Connection[Any]) -> Iterator[tuple[str, ...]]:
    with db.transaction(), db.cursor(name="rows") as cursor:
        cursor.itersize = AT_ONCE
        yield from cursor.execute(_ALL, (DONE,))


def _owners(db: psycopg.Connection[Any]) -> list[str]:
    asked: LiteralString = "SELECT DISTINCT owner FROM promptops_answers WHERE state = %s"
    return [row[0] for row in db.execute(asked, (SENT,))]


@contextmanager
def _open(url: str) -> Iterator[psycopg.Connection[Any]]:
    db = connected(url)
    try:
        with complaints(shown(url)):
            yield db
    finally:
        db.close()
