"""Front matter of rule files, read as leniently as the tools read it: `globs: *.ts` is no YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FENCED = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<body>(?:.*\n)*?)---[ \t]*(?:\r?\n|\Z)")
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?$")
_ITEM = re.compile(r"[ \t]*-[ \t]+(?P<value>.*)$")
_MOST = 64 * 1024  # characters in which front matter has to end
_FOLDED = frozenset({">", "|", ">-", "|-", ">+", "|+"})


def front_matter(text: str) -> tuple[Mapping[str, tuple[str, ...]], int]:
    """(values of each key, where the text after the front matter begins); ({}, 0) without any.

    A value is split at commas outside braces, or is the list below its key; quotes and comments
    go. A key with nothing after it has no values.
    """
    fenced = _FENCED.match(text, 0, _MOST)
    if fenced is None:
        return {}, 0
    values: dict[str, tuple[str, ...]] = {}
    key = ""
    for line in fenced["body"].splitlines():
        said = _KEY.match(line)
        item = _ITEM.match(line)
        if said is not None:
            key = said["key"]
            values[key] = _values(said["value"] or "")
        elif key and item is not None:
            values[key] = (*values[key], *_values(item["value"]))
        elif key and line.strip() and line[:1] in " \t":  # a folded text goes on
            values[key] = (*values[key], line.strip())
    return values, fenced.end()


def _values(text: str) -> tuple[str, ...]:
    plain = text.strip()
    if not plain or plain.startswith("#") or plain in _FOLDED:
        return ()
    if plain[0] not in "\"'":
        plain = plain.partition(" #")[0].strip()
    if plain.startswith("[") and plain.endswith("]"):
        plain = plain[1:-1]
    return tuple(filter(None, (part.strip().strip("\"'").strip() for part in _split(plain))))


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no braces: `*.{ts,tsx}` is one glob."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
