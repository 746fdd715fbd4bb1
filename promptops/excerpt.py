"""The beginning of a text, for a line of output."""

from __future__ import annotations


def excerpt(text: str, most: int = 60) -> str:
    """`text` with its white space folded, on one line of at most `most` characters, `…` included."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def typed(name: str) -> str:
    """A name as it stands in a command to copy: what others called a file is no command of its own."""
    from shlex import quote

    return quote(f"./{name}" if name.startswith("-") else name)
