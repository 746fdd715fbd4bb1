"""Who holds a lease, and whether that process still lives: asked of the kernel, never of a clock.

An owner holds a lock on a file of its own for as long as it lives; the kernel lets go of it however
the process ends. Process ids are reused, and mean nothing in another container that shares the
folder; a lock does.
"""

from __future__ import annotations

import fcntl
import os


class Owner:
    """This process as an owner of leases in `folder`; `close` gives all of them up."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.id = os.urandom(12).hex()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._path = os.path.join(folder, self.id)
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def alive(self, other: str) -> bool:
        """True while the owner of that id lives."""
        return other == self.id or alive(self.folder, other)

    def close(self) -> None:
        """From now on our leases are anybody's."""
        if self._handle >= 0:
            _forget(self._path)
            os.close(self._handle)
            self._handle = -1


def alive(folder: str, owner: str) -> bool:
    """True while the owner of that id lives; the file of a dead one is removed."""
    path = os.path.join(folder, owner)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    _forget(path)
    return False


def _forget(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass
