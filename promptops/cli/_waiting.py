"""A line on the terminal that says what long work is at, for as long as it lasts."""

from __future__ import annotations

import sys
import time

from promptops.cli._call import Call
from promptops.cli._root import columns

FIRST_SECONDS = 1.0  # what is quicker needs no word
EVERY_SECONDS = 0.2
WAITING = "reading the history of rules: {}"


class Waiting:
    """`reading the history of rules: 37 · AGENTS.md:12`, on standard error where somebody watches it."""

    def __init__(self, call: Call, what: str) -> None:
        dumb = call.environ.get("TERM") == "dumb"
        self._watched = call.verbosity >= 0 and sys.stderr.isatty() and not dumb
        self._what = what
        self._width = columns(sys.stderr)
        self._next = time.monotonic() + FIRST_SECONDS
        self._count = 0
        self._drawn = False

    def at(self, place: str) -> None:
        """One more is begun, at `place`."""
        self._count += 1
        now = time.monotonic()
        if self._watched and now >= self._next:
            self._next = now + EVERY_SECONDS
            self._drawn = True
            from promptops.report.safe import safe

            line = f"{self._what.format(self._count)} · {safe(place)}"[: self._width - 1]
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
