"""The answer of a check that has run before on the very same files, without loading anything.

A commit waits for this. A record holds what was typed, what the terminal can show, the day, and
the digest of every file that was read or looked for; if all of them still hold, so does the
output. Records live in the user's own cache folder, where a checkout cannot put one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

NEVER = ("--fix", "--add-baseline", "--staged", "--since", "--output", "-h", "--help", "-")
MOST_RECORDS = 64


def answer(arguments: Sequence[str]) -> tuple[str, int] | None:
    """(output, exit code) of the same check on the same files, or None."""
    if not applies(arguments):
        return None
    from promptops.cli._keep import Kept, tool_stamp

    folder = os.getcwd()
    record = Kept(os.environ, "answers", folder).load().get(situation(arguments, folder))
    if not isinstance(record, dict) or record.get("tool") != tool_stamp():
        return None
    try:
        same = _same(record)
        return (record["output"], record["code"]) if same else None
    except (KeyError, TypeError, OSError, ValueError):
        return None


def applies(arguments: Sequence[str]) -> bool:
    """True for a check that only reads files on the disk."""
    return (
        arguments[:1] == ["check"]
        and not any(word.split("=")[0] in NEVER for word in arguments)
        and not any(word.startswith("-C") for word in arguments)
    )


def situation(arguments: Sequence[str], folder: str) -> str:
    """What was typed, where, and what the terminal can show."""
    names = (
        "COLUMNS",
        "NO_COLOR",
        "FORCE_COLOR",
        "TERM",
        "CI",
        "PYTHONIOENCODING",
        "LC_ALL",
        "LANG",
    )
    shown = [os.environ.get(name, "") for name in names]
    try:
        terminal = os.get_terminal_size(1).columns if os.isatty(1) else 0
    except OSError:
        terminal = 0
    return repr([list(arguments), folder, terminal, *shown, time.strftime("%Y-%m-%d")])


def _same(record: dict[str, Any]) -> bool:
    from promptops.source.tree import DiskTree

    tree = DiskTree(record["root"])
    if record["globs"] is not None and found(tree, record["globs"]) != record["found"]:
        return False
    if any(tree.exists(path) != there for path, there in record["looked_for"].items()):
        return False
    if any(list(tree.listed(f)) != listed for f, listed in record["listed"].items()):
        return False
    return bool(state(tree, record["read"]) == record["state"])


def found(tree: Any, globs: str) -> list[str]:
    """The files of the tree that match the regular expression `globs`."""
    import re

    match = re.compile(globs).fullmatch
    return [path for path in tree.paths() if match(path)]


def state(tree: Any, paths: Sequence[str]) -> str:
    """One digest of the files' contents, or of the reasons why they cannot be read."""
    from promptops.digest import digest

    return digest("".join(content_of(tree, path) for path in paths).encode())


def content_of(tree: Any, path: str) -> str:
    """A digest of one file's content, or the reason why it cannot be read."""
    from promptops.digest import digest
    from promptops.errors import InputError

    try:
        return digest(tree.read(path))
    except InputError as error:
        return f"?{error.message}"


def remember(arguments: Sequence[str], record: dict[str, Any]) -> None:
    """Keep one record, and drop the oldest beyond `MOST_RECORDS`."""
    from promptops.cli._keep import Kept, tool_stamp

    folder = os.getcwd()
    keeper = Kept(os.environ, "answers", folder)
    records = keeper.load()
    records.pop(situation(arguments, folder), None)
    records[situation(arguments, folder)] = {**record, "tool": tool_stamp()}
    keeper.save(dict(list(records.items())[-MOST_RECORDS:]))
