"""A prompt's file with each rule's text on one line: what `git diff` compares by words, not wraps.

Everything stands there still, comments too; only line breaks inside texts and the quotes around
them are gone, which say nothing.
"""

from __future__ import annotations

from typing import Any

from promptops.errors import InputError
from promptops.source.outline import Part, outline
from promptops.source.shape import is_scalar
from promptops.source.yaml import compose

_TEXTS = frozenset({"text", "rationale", "reason", "summary"})


def flattened(text: str, path: str) -> str:
    """`text` with each text of a rule on one line; unchanged where it is no prompt's YAML."""
    try:
        whole = outline(text if text.endswith("\n") else f"{text}\n", path)
    except InputError:
        return text
    return text if whole is None else _flat(whole, path)


def _flat(part: Part, path: str) -> str:
    if part.name in _TEXTS and not part.parts:
        return part.lead + _one_line(part, path)
    return part.lead + part.head + "".join(_flat(child, path) for child in part.parts) + part.tail


def _one_line(part: Part, path: str) -> str:
    at = len(part.head) - len(part.head.lstrip(" -"))  # behind the dash, where it is the first key
    dent, body = part.head[:at], part.head[at:]
    try:
        root = compose(body, path)
    except InputError:
        return part.head
    if root is None or root.id != "mapping":
        return part.head
    value = root.value[0][1]
    if not is_scalar(value) or _commented(body, value):
        return part.head
    end = "\r\n" if part.head.endswith("\r\n") else "\n"
    return f"{dent}{part.name}: {' '.join(value.value.split())}{end}"


def _commented(body: str, value: Any) -> bool:
    """True if a comment stands behind the value, or behind the mark of a block."""
    first = body[value.start_mark.index :].partition("\n")[0]
    behind = body[value.end_mark.index :] + (first if value.style in ("|", ">") else "")
    return "#" in behind
