"""Where the repository begins and how wide the output may be: loads nothing."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` costs a start
if TYPE_CHECKING:
    from typing import TextIO


def find_root(folder: str) -> str:
    """The nearest folder upwards with `.git` or `promptops.toml`, else `folder` itself."""
    at = folder
    while True:
        if any(os.path.lexists(os.path.join(at, name)) for name in (".git", "promptops.toml")):
            return at
        above = os.path.dirname(at)
        if above == at:
            return folder
        at = above


def columns(stream: TextIO | None = None) -> int:
    """What COLUMNS says, or of the terminal that the stream (else stdout) writes to, or 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or 80
    except (OSError, ValueError):
        return 80
