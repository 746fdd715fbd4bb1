"""Writing files so that nothing is ever half written or lost.

A file is replaced, never changed in place: a new file beside it, synced, then `os.replace`. If the
file is no longer what was read, nothing is written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from promptops.diagnostic import Edit
from promptops.errors import InputError


def spliced(text: str, edits: list[Edit]) -> str:
    """`text` with the edits made, right to left; of two that overlap only the first is made."""
    kept: list[Edit] = []
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    for edit in reversed(kept):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def replace_file(root: str, path: str, text: str, expected: bytes | None) -> None:
    """Write `text` to `root/path`, atomically, keeping the file's mode.

    expected: the bytes the caller has read; None for a file that must not exist yet. InputError
    (nothing written) where the file is something else by now, a symlink, or outside the root.
    """
    real = os.path.join(os.path.realpath(root), path)
    folder = os.path.dirname(real)
    try:
        data = text.encode("utf-8")  # before anything is opened
        if os.path.islink(real) or os.path.realpath(folder) != folder:
            raise InputError("a symlink is not written to", "name the file itself", path=path)
        if _present(real, path) != expected:
            raise InputError(
                "the file changed while it was being worked on",
                "nothing was written: try again",
                path=path,
            )
        os.makedirs(folder, exist_ok=True)
        _replace(real, [data], None if expected is None else os.stat(real).st_mode)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds half a character"
        raise InputError(f"cannot write it: {reason}", "nothing was changed", path=path) from None


def write_lines(path: str, lines: Iterable[str]) -> int:
    """Write lines to `path` as they come, atomically, and count them; what was there keeps its mode.

    Nothing changes where a line cannot be had. InputError where the file cannot be written.
    """
    count = 0

    def encoded() -> Iterator[bytes]:
        nonlocal count
        for line in lines:
            count += 1
            yield line.encode("utf-8") + b"\n"

    write_bytes(path, encoded())
    return count


def write_bytes(path: str, data: Iterable[bytes]) -> None:
    """`write_lines` for bytes as they are."""
    try:
        _replace(path, data, os.stat(path).st_mode if os.path.exists(path) else None)
    except OSError as error:
        hint = "nothing was changed"
        raise InputError(f"cannot write it: {error.strerror}", hint, path=path) from None


def _present(real: str, path: str) -> bytes | None:
    """What the file holds, None where there is none."""
    try:
        handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise InputError("not a regular file", path=path)
        return file.read()


def _replace(real: str, data: Iterable[bytes], mode: int | None) -> None:
    folder, name = os.path.split(real)
    temporary = os.path.join(folder, f".{name[:200]}.{os.getpid()}.new")
    try:
        _write_new(temporary, data, mode)
        os.replace(temporary, real)
    except BaseException:
        _remove(temporary)
        raise
    _sync_folder(folder)


def _write_new(path: str, data: Iterable[bytes], mode: int | None) -> None:
    kept = 0o666 if mode is None else 0o600  # the umask decides what a new file allows
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, kept)
    with os.fdopen(handle, "wb") as file:
        file.writelines(data)
        file.flush()
        if mode is not None:
            os.fchmod(handle, mode & 0o777)
        os.fsync(handle)


def _sync_folder(folder: str) -> None:
    """The new name on the disk, too; where a file system cannot do that, the file is whole anyway."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        pass


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass
