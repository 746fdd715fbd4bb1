"""What `promptops why` answers, without the command line around it.

git is started before most of the program is loaded, and works meanwhile.
"""

from __future__ import annotations

from contextlib import suppress

from promptops.cli._keep import paths_keeper
from promptops.cli._world import Call
from promptops.history.past import open_past
from promptops.report import Report

FORMATS = ("text", "json", "markdown")


def answer(call: Call, target: str) -> Report:
    """The story of `target`; errors as `promptops.history.why.why` has them."""

    with open_past(call.folder, call.environ, paths_keeper(call.environ), _load) as past:
        path, _, line = target.rpartition(":")
        if line.isdecimal():
            past.expect(call.inside(path))
        from promptops.cli._why_told import told_of

        return told_of(past, call, target)


def _load() -> None:
    """What is needed first."""
    import json  # noqa: F401

    with suppress(ImportError):  # nothing is kept then
        import sqlite3  # noqa: F401
