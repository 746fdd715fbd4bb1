"""Where batches are noted: `batches.db` beside the answers, or two tables in the shared store.

Every change is durable before the provider hears of it. A note carries its digest; a request is
known by its key, which is the digest of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

from promptops.errors import PromptopsError
from promptops.evals import owner as owners
from promptops.evals.keys import key_of, row_digest
from promptops.evals.rows import DamagedError
from promptops.evals.sqlite_file import complaints, connected, transaction
from promptops.evals.store import is_url

NAME = "batches.db"
AT_ONCE = 500
_TABLES = (
    "CREATE TABLE IF NOT EXISTS promptops_batches (name text PRIMARY KEY, owner text NOT NULL,"
    " record text NOT NULL, digest text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS promptops_batched (key text PRIMARY KEY, request text NOT NULL)",
)
_NOTE = (
    "INSERT INTO promptops_batches VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
    " owner = EXCLUDED.owner, record = EXCLUDED.record, digest = EXCLUDED.digest"
)
_CALL = "INSERT INTO promptops_batched VALUES (?, ?) ON CONFLICT (key) DO NOTHING"


class Tables:
    """One database of notes. owner: our id, alive until `close`. path: as messages name it."""

    path: str
    owner: str
    _db: Any

    def notes(self) -> list[tuple[str, str, str]]:
        """(name, owner, record) of every batch. DamagedError where one is not what was written."""
        with self.complaints():
            rows = self._execute("SELECT * FROM promptops_batches ORDER BY name").fetchall()
        for row in rows:
            if row_digest(*row[:3]) != row[3]:
                raise DamagedError(f"the digest of {row[0]} does not hold", self.path)
        return [(row[0], row[1], row[2]) for row in rows]

    def requests(self, keys: Sequence[str]) -> dict[str, str]:
        """The requests of these calls. DamagedError where one is not what was written."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            asked = f"SELECT key, request FROM promptops_batched WHERE key IN ({marks})"
            with self.complaints():
                found.update(self._execute(asked, some).fetchall())
        for key, text in found.items():
            if key_of(text) != key:
                raise DamagedError(f"the digest of row {key[:12]} does not hold", self.path)
        return found

    def note(
        self, name: str, owner: str, record: str, calls: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Write a note, and the (key, request) of calls; all of it or nothing."""
        with self.complaints(), self._transaction():
            self._execute(_NOTE, (name, owner, record, row_digest(name, owner, record)))
            if calls:
                self._db.cursor().executemany(self._sql(_CALL), calls)

    def drop(self, keys: Sequence[str], name: str = "") -> None:
        """Forget the requests of these calls, and the batch of that name."""
        with self.complaints(), self._transaction():
            asked = self._sql("DELETE FROM promptops_batched WHERE key = ?")
            self._db.cursor().executemany(asked, [(key,) for key in keys])
            self._execute("DELETE FROM promptops_batches WHERE name = ?", (name,))

    def alive(self, owner: str) -> bool:
        """True while somebody else of that id lives."""
        raise NotImplementedError

    def complaints(self) -> AbstractContextManager[None]:
        """What the database complains of, as StoreError or DamagedError."""
        raise NotImplementedError

    def close(self) -> None:
        """Give up our id and the connection."""
        self._db.close()

    def _execute(self, sql: str, values: Sequence[str] = ()) -> Any:
        return self._db.execute(self._sql(sql), values)

    def _sql(self, sql: str) -> str:
        return sql

    def _transaction(self) -> AbstractContextManager[Any]:
        raise NotImplementedError


class _File(Tables):
    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, NAME)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._owner = owners.Owner(self.path + "-owners")
        except OSError as error:
            said = f"cannot note batches: {error.strerror}"
            raise PromptopsError(said, path=self.path) from None
        self.owner = self._owner.id
        with self.complaints():
            self._db = connected(self.path)
            for statement in _TABLES:
                self._db.execute(statement)

    def alive(self, owner: str) -> bool:
        return owner != self.owner and self._owner.alive(owner)

    def complaints(self) -> AbstractContextManager[None]:
        return complaints(self.path)

    def close(self) -> None:
        super().close()
        self._owner.close()

    def _transaction(self) -> AbstractContextManager[Any]:
        return transaction(self._db)


class _Shared(Tables):
    def __init__(self, url: str) -> None:
        from promptops.evals import postgres

        self._postgres = postgres
        self.path = postgres.shown(url)
        self.owner = os.urandom(12).hex()
        self._db = postgres.connected(url)
        with self.complaints(), self._transaction():
            self._db.execute("SELECT pg_advisory_xact_lock(%s)", (postgres.MAKING,))
            for statement in _TABLES:
                self._db.execute(statement)
        with self.complaints():
            mine = postgres.number(self.owner)
            self._db.execute("SELECT pg_advisory_lock(%s)", (mine,))

    def alive(self, owner: str) -> bool:
        return owner != self.owner and self._postgres.alive(self._db, owner)

    def complaints(self) -> AbstractContextManager[None]:
        return self._postgres.complaints(self.path)

    def _sql(self, sql: str) -> str:
        return sql.replace("?", "%s")

    def _transaction(self) -> AbstractContextManager[Any]:
        transaction: AbstractContextManager[Any] = self._db.transaction()
        return transaction


@contextmanager
def tables(place: str) -> Iterator[Tables]:
    """The notes at a place; made where there are none."""
    with closing(_Shared(place) if is_url(place) else _File(place)) as made:
        yield made


def any_noted(place: str) -> bool:
    """False where no batch was ever ordered; makes nothing."""
    if not is_url(place):
        return os.path.exists(os.path.join(place, NAME))
    from promptops.evals import postgres

    with closing(postgres.connected(place)) as db, postgres.complaints(postgres.shown(place)):
        found = db.execute("SELECT to_regclass('promptops_batches')").fetchone()
    return found != (None,)
