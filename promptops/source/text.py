"""Bytes to text, strictly: UTF-8 or a refusal that names the byte."""

from __future__ import annotations

import re

from promptops.errors import InputError
from promptops.patterns import later

BOM = "\ufeff"
_RAW_CONTROL = later(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONFLICT = later(r"^(?:<{7}|>{7}|\|{7})(?: |$)|^={7}$", re.MULTILINE)


def decode(raw: bytes, path: str) -> str:
    """`raw` as text, byte for byte (line ends and a byte order mark stay).

    InputError for anything but UTF-8, for raw control characters and for conflict markers.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8 (byte {error.start})",
            _encoding_hint(raw),
            path=path,
            line=raw.count(b"\n", 0, error.start) + 1,
            column=1,
        ) from None
    if (found := _RAW_CONTROL.search(text)) is not None:
        code = ord(found[0])
        raise at(
            text,
            found.start(),
            path,
            f"control character U+{code:04X} at offset {found.start()}",
            "delete it: no prompt needs one, and it can hide text from a reader",
        )
    if "<<<<<<< " in text or ">>>>>>> " in text:
        _refuse_conflict(text, path)
    return text


def _refuse_conflict(text: str, path: str) -> None:
    found = _CONFLICT.search(text)
    if found is not None:
        raise at(
            text,
            found.start(),
            path,
            "a merge conflict is not resolved here",
            "choose what stays and delete the lines with <<<<<<<, ======= and >>>>>>>",
        )


def _encoding_hint(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "it looks like UTF-16: save it as UTF-8"
    return "save it as UTF-8"


def at(text: str, offset: int, path: str, message: str, hint: str) -> InputError:
    """The error at the line and column of a character offset."""
    from promptops.source.document import Lines

    line, column = Lines(text).position(offset)
    return InputError(message, hint, path=path, line=line, column=column)
