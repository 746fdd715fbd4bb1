"""Writing files so that nothing is ever half written or lost.

A file is replaced, never changed in place: a new file beside it, synced, then `os.replace`. If the
file is no longer what was read, nothing is written.
"""

from __future__ import annotations

import os

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
    data = text.encode(
        "utf-8"
    )  # before anything is opened: a lone surrogate must not cost the file
    real = os.path.join(os.path.realpath(root), path)
    folder = os.path.dirname(real)
    if os.path.islink(real) or os.path.realpath(folder) != folder:
        raise InputError("a symlink is not written to", "name the file itself", path=path)
    if _present(real) != expected:
        raise InputError(
            "the file changed while it was being worked on",
            "nothing was written: try again",
            path=path,
        )
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{os.path.basename(real)}.{os.getpid()}.new")
    try:
        _write_new(temporary, data, os.stat(real).st_mode if expected is not None else 0o644)
        os.replace(temporary, real)
        _sync_folder(folder)
    except OSError as error:
        _remove(temporary)
        raise InputError(
            f"cannot write it: {error.strerror}", "nothing was changed", path=path
        ) from None


def _present(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"cannot read it: {error.strerror}", path=path) from None


def _write_new(path: str, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(handle, mode & 0o777)
        os.fsync(handle)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass
