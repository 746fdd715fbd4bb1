"""Rows in a PostgreSQL database that a team shares, by psycopg 3 (an optional extra).

An owner holds a session-level advisory lock for as long as its connection lives; the server lets go
of it when the connection ends, whatever becomes of the machine at the other end (TCP keep-alives
find that out). So leases work between machines, and no clock is compared. A connection pooler that
gives one session to several clients breaks this: connect to the server itself, or pool by session.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from typing import TYPE_CHECKING, Any, LiteralString
from urllib.parse import urlsplit

from promptops.distribution import install
from promptops.errors import PromptopsError, UsageError
from promptops.evals.rows import (
    DONE,
    DamagedError,
    Kept,
    NewerError,
    Row,
    StoreError,
    digest_of,
)

if TYPE_CHECKING:
    import psycopg

FORMAT = 1
SENT = "sent"  # the state of a row that is a lease
CONNECT_SECONDS = 10
MAKING, CLAIMING = 0x70726F6D70746F70, 0x70726F6D7074636C  # advisory locks of all stores
_TABLES: tuple[LiteralString, ...] = (
    "CREATE TABLE IF NOT EXISTS promptops_header"
    " (one int PRIMARY KEY CHECK (one = 1), format int NOT NULL, id text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS promptops_answers"
    ' (key text COLLATE "C" PRIMARY KEY, state text NOT NULL, owner text NOT NULL,'
    " request text NOT NULL, answer text NOT NULL, digest text NOT NULL)",
    "CREATE INDEX IF NOT EXISTS promptops_leases ON promptops_answers (key) WHERE state = 'sent'",
)
_SESSION: tuple[LiteralString, ...] = (
    "SET synchronous_commit = on",
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
    # a machine that is cut off in the midst of a claim gives way before others stop waiting for it
    "SET idle_in_transaction_session_timeout = '30s'",
    "SET lock_timeout = '120s'",
)
_PUT: LiteralString = (
    "INSERT INTO promptops_answers SELECT * FROM"
    " unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"
    " ON CONFLICT (key) DO UPDATE SET state = EXCLUDED.state, owner = EXCLUDED.owner,"
    " request = EXCLUDED.request, answer = EXCLUDED.answer, digest = EXCLUDED.digest"
)
_KNOWN: LiteralString = (
    "SELECT key, request, answer, digest FROM promptops_answers WHERE key = ANY(%s) AND state = %s"
)
_ALIVE: LiteralString = (
    "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory'"
    " AND granted AND objsubid = 1 AND d.datname = current_database()"
    " AND (classid::bigint << 32) | objid::bigint = %s"
)


class PostgresShelf:
    """The tables `promptops_*` in the database of a URL; made where there are none."""

    at_once = False

    def __init__(self, url: str) -> None:
        self.path = shown(url)
        self._url = url
        self.owner = os.urandom(12).hex()
        with ExitStack() as opened, complaints(self.path):
            self._writing = opened.enter_context(closing(connected(url)))
            self._reading = opened.enter_context(closing(connected(url)))
            made(self._writing, self.path)
            self._writing.execute("SELECT pg_advisory_lock(%s)", (number(self.owner),))
            opened.pop_all()  # all went well: they stay open

    def known(self, keys: Sequence[str]) -> list[Kept]:
        return self._reading.execute(_KNOWN, (list(keys), DONE)).fetchall()

    def put(self, rows: Sequence[Row]) -> None:
        last = {row[0]: (row[0], DONE, "", *row[1:], digest_of(*row)) for row in rows}
        self._write(list(last.values()))

    def sync(self) -> None:
        """The server does so before it answers."""

    def _write(self, rows: Sequence[Sequence[str]]) -> None:
        if rows:
            self._writing.execute(_PUT, [list(column) for column in zip(*rows, strict=True)])

    @contextmanager
    def claiming(self) -> Iterator[None]:
        with self._writing.transaction():
            self._writing.execute("SELECT pg_advisory_xact_lock(%s)", (CLAIMING,))
            yield

    def patient(self) -> AbstractContextManager[None]:
        return nullcontext()  # it always is

    def rows(self, keys: Sequence[str]) -> list[Kept]:
        return self._writing.execute(_KNOWN, (list(keys), DONE)).fetchall()

    def leases(self, keys: Sequence[str]) -> dict[str, str]:
        asked: LiteralString = (
            "SELECT key, owner FROM promptops_answers WHERE key = ANY(%s) AND state = %s"
        )
        return dict(self._writing.execute(asked, (list(keys), SENT)).fetchall())

    def lease(self, keys: Sequence[str]) -> None:
        self._write([(key, SENT, self.owner, "", "", "") for key in keys])

    def give_back(self, keys: Sequence[str]) -> None:
        sql: LiteralString = (
            "DELETE FROM promptops_answers WHERE key = ANY(%s) AND owner = %s AND state = %s"
        )
        self._writing.execute(sql, (list(keys), self.owner, SENT))

    def alive(self, owner: str) -> bool:
        return owner == self.owner or alive(self._writing, owner)

    def complaints(self) -> AbstractContextManager[None]:
        return complaints(self.path)

    def close(self) -> None:
        if not self._writing.closed:
            with suppress(_loaded().Error):  # the server may be gone, and our locks with it
                unlock: LiteralString = "SELECT pg_advisory_unlock(%s)"
                self._writing.execute(unlock, (number(self.owner),))
        self._writing.close()
        self._reading.close()


def number(owner: str) -> int:
    """The advisory lock of an owner: 62 bits of its id, so that it is never negative."""
    return int(owner[:16], 16) >> 2


def alive(db: psycopg.Connection[Any], owner: str) -> bool:
    """True while some connection holds the lock of that owner."""
    try:
        wanted = number(owner)
    except ValueError:
        return False
    return db.execute(_ALIVE, (wanted,)).fetchone() is not None


def connected(url: str) -> psycopg.Connection[Any]:
    """A connection that commits durably; PromptopsError, without the password, where there is none."""
    path, library = shown(url), _loaded()
    try:
        db: psycopg.Connection[Any] = library.connect(
            url, autocommit=True, connect_timeout=CONNECT_SECONDS
        )
        for statement in _SESSION:
            db.execute(statement)
    except library.Error as error:
        why = _line(error).rpartition("FATAL:")[2].strip()
        hint = "check the address, the user, the password and whether the server runs"
        raise PromptopsError(f"cannot open the answer store: {why}", hint, path=path) from None
    return db


def made(db: psycopg.Connection[Any], path: str) -> None:
    """Make the tables where there are none; NewerError where they are of a version to come."""
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (MAKING,))
        if db.execute("SELECT to_regclass('promptops_answers')").fetchone() == (None,):
            for statement in _TABLES:
                db.execute(statement)
            new = (FORMAT, os.urandom(8).hex())
            db.execute("INSERT INTO promptops_header VALUES (1, %s, %s)", new)
        row = db.execute("SELECT format FROM promptops_header").fetchone()
    if row is None:
        raise DamagedError("the header is not the one that was written", path)
    if row[0] > FORMAT:
        raise NewerError(path)


def shown(url: str) -> str:
    """The URL without password and parameters; UsageError where it cannot be read as one.

    What cannot be read is never quoted: a password that is not percent-encoded ends up anywhere.
    """
    try:
        parts = urlsplit(url)
        host, user = parts.hostname or "", parts.username or ""
        port = f":{parts.port}" if parts.port else ""
        odd = parts.netloc.count("@") > 1 or any(sign in parts.path for sign in "@:")
        odd = odd or bool(parts.fragment)
    except ValueError:
        odd = True
    if odd:
        hint = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, odd characters percent-encoded"
        raise UsageError("the URL of the answer store cannot be read", hint)
    return f"postgresql://{user}{'@' if user else ''}{host}{port}{parts.path}"


@contextmanager
def complaints(path: str) -> Iterator[None]:
    """What PostgreSQL complains of, in our own words."""
    psycopg = _loaded()
    try:
        yield
    except (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted) as error:
        raise DamagedError(_line(error), path) from None
    except psycopg.Error as error:
        raise StoreError(_line(error), path) from None


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _loaded() -> Any:
    try:
        import psycopg
    except ImportError:
        hint = install("postgres")
        raise UsageError(
            "a shared answer store needs psycopg, which is not installed", hint
        ) from None
    return psycopg
