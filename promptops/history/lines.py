"""Which commit left each line of a file as it stands: `git blame`, ids only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promptops.history.dates import day
from promptops.history.git import Repository
from promptops.history.messages import Message, message
from promptops.history.records import text
from promptops.history.stream import epoch

_HEADER = re.compile(rb"([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?")
_AUTHOR = re.compile(rb"^author (.*?) <[^<>\n]*> (-?\d{1,12}) [+-]\d{4}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """A commit's own words. date: a day in UTC, or `unknown date`."""

    commit: str
    author: str
    date: str
    message: Message


def line_commits(repository: Repository, commit: str, path: str) -> Sequence[str]:
    """The id of the commit that last changed each line of `path` at `commit`; none where it has none.

    White space alone is no change. `.mailmap` cannot rename anybody: only ids are taken.
    """
    if repository.entry(commit, path) is None:
        return ()
    asked = ("blame", "--porcelain", "-w", "--no-textconv", "--ignore-revs-file=", commit)
    found: dict[int, str] = {}
    for line in repository.run(*asked, "--", path).split(b"\n"):
        header = None if line.startswith(b"\t") else _HEADER.fullmatch(line)
        if header:
            found[int(header[2])] = header[1].decode()
    return [found[number] for number in sorted(found)]


def said(repository: Repository, commit: str) -> Said:
    """Who made a commit, when, and what it says of itself; names as the commit has them."""
    header = (repository.blob(commit) or b"").partition(b"\n\n")[0]
    found = _AUTHOR.search(header)
    author, time = (text(found[1]), text(found[2])) if found else ("", "")
    return Said(commit, author, day(epoch(time)), message(repository, commit))
