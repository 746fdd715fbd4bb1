"""Bytes of a foreign file to text: UTF-8, nothing hidden; what looks like a conflict may be text."""

from __future__ import annotations

import re

from promptops.errors import InputError
from promptops.source.text import at

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # a form feed is white space


def foreign_text(raw: bytes, path: str) -> str:
    """The text, byte for byte; InputError for another encoding or raw control characters."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        hint = "save it as UTF-8, then import it"
        raise InputError(
            f"not UTF-8 (byte {error.start})", hint, path=path, line=line, column=1
        ) from None
    found = _CONTROL.search(text)
    if found is not None:
        what = f"control character U+{ord(found[0]):04X} at offset {found.start()}"
        raise at(text, found.start(), path, what, "delete it: it can hide text from a reader")
    return text
