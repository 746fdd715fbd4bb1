"""What was worked out of immutable objects, kept between commands: by what it was worked out of.

Units by blob id, links by a pair of them, commits that touched a path by the commit they were
asked from. Such an answer stays true for ever, so nothing here is ever brought up to date. A row
holds the digest of itself: damage, another version's rows and a full or read-only disk all count as
nothing kept, and never fail a command.
"""

from __future__ import annotations

import os

from promptops.digest import digest

TYPE_CHECKING = False  # `typing` costs a tenth of a start
if TYPE_CHECKING:
    import sqlite3
    from typing import Any

MOST_BYTES = 1 << 26  # of the file; a larger one is begun anew
MOST_WAITING = 1 << 24  # characters that are not written yet
_HINDERED = {3, 5, 6, 8, 10, 13, 14}  # SQLite: no permission, busy, locked, read-only, disk, full
PATIENCE = 0.2  # seconds that a writer waits for another one; what is not kept is worked out again


class Facts:
    """Rows in one SQLite file, read when they are asked for, written when it is closed.

    path: the file, "" for nowhere. stamp: of the code that works the facts out; those of other code
    are not found, and dropped by the next writer.
    """

    def __init__(self, path: str = "", stamp: str = "") -> None:
        self._path = path
        self._table = f"facts_{digest(stamp.encode(), 8)}"
        self._db: sqlite3.Connection | None = None
        self._new: dict[str, str] = {}
        self._waiting = 0
        self._written = False

    def get(self, kind: str, *key: str) -> Any:
        """The JSON value kept as `kind` for this key; None where there is none."""
        name = _name(kind, key)
        if name in self._new:
            return _loads(self._new[name])
        if self._db is None and not self._open():
            return None
        found = self._asked(name)
        return _loads(found[0]) if found and found[1] == _seal(name, found[0]) else None

    def put(self, value: Any, kind: str, *key: str) -> None:
        """Keep a JSON value; it is written when much is waiting, and by `close`."""
        if self._path:
            from json import dumps

            said = self._new[_name(kind, key)] = dumps(value, separators=(",", ":"))
            self._waiting += len(said)
            if self._waiting > MOST_WAITING:
                self._flush()

    def close(self) -> None:
        """Write what is new, all of it or nothing. The next question opens the file again."""
        self._flush()
        self._shut()

    def _flush(self) -> None:
        if self._new and self._room() and (self._db is not None or self._open(make=True)):
            self._write()
        self._new.clear()
        self._waiting = 0

    # -- the file ----------------------------------------------------------------------------

    def _open(self, make: bool = False) -> bool:
        if not self._path or not (make or os.path.exists(self._path)):
            return False
        try:
            import sqlite3
        except ImportError:  # a Python that was built without it
            self._path = ""
            return False
        try:
            if make:
                os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(
                self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA synchronous = OFF")  # a row that is lost is worked out again
            if make:
                self._db.execute("PRAGMA journal_mode = WAL")  # writers do not stop readers
        except (OSError, sqlite3.Error, ValueError) as error:
            self._give_up(error)
        return self._db is not None

    def _asked(self, name: str) -> tuple[str, str] | None:
        import sqlite3

        assert self._db is not None
        try:
            asked = f"SELECT value, seal FROM {self._table} WHERE name = ?"
            found = self._db.execute(asked, (name,)).fetchone()
        except sqlite3.OperationalError:
            return None  # no such table yet, or a writer has it
        except (sqlite3.Error, ValueError) as error:
            self._give_up(error)
            return None
        return found if found and all(isinstance(field, str) for field in found) else None

    def _write(self) -> None:
        import sqlite3

        assert self._db is not None
        rows = [(name, value, _seal(name, value)) for name, value in self._new.items()]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._only_ours()
            self._db.executemany(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")
            self._written = True
        except (sqlite3.Error, ValueError) as error:
            self._give_up(error)

    def _only_ours(self) -> None:
        """A table for the rows of this code, and no other one."""
        assert self._db is not None
        named = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in self._db.execute(named).fetchall():
            if table != self._table:
                self._db.execute('DROP TABLE "{}"'.format(table.replace('"', '""')))
        self._db.execute(
            f"CREATE TABLE IF NOT EXISTS {self._table} (name TEXT PRIMARY KEY, value TEXT, seal TEXT)"
        )

    def _give_up(self, error: Exception) -> None:
        """Do without; a file that is none of SQLite's, or is damaged, makes room for a new one.

        Of a damaged one's names not even the error can always be read: that is a ValueError.
        """
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        self._shut()
        if not isinstance(error, OSError) and code not in _HINDERED:
            self._remove()
        self._path = ""

    def _room(self) -> bool:
        """True if the file may grow; one that others left too large is taken away first."""
        full = sum(_size(self._path + ending) for ending in ("", "-wal")) > MOST_BYTES
        if full and not self._written:
            self._shut()
            self._remove()
        return bool(self._path) and not (full and self._written)

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            try:
                os.remove(self._path + ending)
            except OSError:
                pass

    def _shut(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _name(kind: str, key: tuple[str, ...]) -> str:
    return digest("\0".join((kind, *key)).encode("utf-8", "surrogateescape"))


def _seal(name: str, value: str) -> str:
    return digest(f"{name}{value}".encode("utf-8", "replace"))


def _loads(value: str) -> Any:
    from json import loads

    return loads(value)
