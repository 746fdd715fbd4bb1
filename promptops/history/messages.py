"""What a commit says of itself: its own words, pull request, decision records, co-authors."""

from __future__ import annotations

import re

from promptops.history.git import Repository
from promptops.history.records import text
from promptops.patterns import later
from promptops.values import NamedTuple

_REQUEST = (
    later(r"\(#(\d+)\)(?!.*\(#\d+\))"),  # the last one of the subject: squash merges
    later(r"^Merge pull request #(\d+)"),
    later(r"(?<!\S)!(\d+)\b"),
)
_SEE = later(r"^See merge request \S*!(\d+)", re.MULTILINE)
# A squash merge buries trailers above `Co-authored-by`, so the whole body is searched.
_TRAILER = later(
    r"^\s*(Decision|Prompt-Rule|Measured-by|Refs|Closes|Decision-Waiver|Co-authored-by)\s*:\s*(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)

_CAME = later(
    r"\b(?:mov|migrat|import|sync|port|cop[iy]|extract|split|renam|relocat|consolidat|vendor|mirror"
    r"|unif|convert|merg|transfer|backport|restor|revert)|\bback\b",
    re.IGNORECASE,
)
_BACK = later(
    r"\b(?:restor|revert|re-?add|reinstat|undelet|resurrect|undo)|\b(?:add|bring|put)\w* .*\bback\b",
    re.IGNORECASE,
)


def says_it_came(subject: str) -> bool:
    """True if a commit says that its text came from somewhere else, or had been there before."""
    return _CAME.search(subject) is not None


def says_it_is_back(subject: str) -> bool:
    """True if a commit says that it brings something back."""
    return _BACK.search(subject) is not None


class Message(NamedTuple):
    """A commit message. trailers: (lower-case key, value) wherever they stand in the body."""

    subject: str
    body: str
    pull_request: str
    trailers: tuple[tuple[str, str], ...]

    def trailer(self, key: str) -> tuple[str, ...]:
        """Every value of a trailer, `key` in lower case."""
        return tuple(value for name, value in self.trailers if name == key)


def message(repository: Repository, commit: str) -> Message:
    """The message of a commit, in UTF-8 whatever it was written in; empty where it is missing."""
    raw = repository.blob(commit) or b""
    header, _, said = raw.partition(b"\n\n")
    return read_message(_decoded(said, header))


def read_message(said: str) -> Message:
    """A message from its text."""
    subject, _, body = said.strip("\n").partition("\n")
    named = _TRAILER.findall(body) if ":" in body else ()
    trailers = tuple((key.lower(), value.strip()) for key, value in named)
    return Message(subject, body.strip("\n"), _pull_request(subject, body), trailers)


def _decoded(said: bytes, header: bytes) -> str:
    named = b"\nencoding " in header and re.search(rb"^encoding (\S+)$", header, re.MULTILINE)
    try:
        return said.decode(text(named[1]) if named else "utf-8")
    except (UnicodeDecodeError, LookupError):
        return said.decode("utf-8", "replace")


def _pull_request(subject: str, body: str) -> str:
    for pattern in _REQUEST if "#" in subject or "!" in subject else ():
        found = pattern.search(subject)
        if found:
            return found[0].strip("() ") if found[0][0] != "M" else f"#{found[1]}"
    seen = _SEE.search(body) if "!" in body else None
    return f"!{seen[1]}" if seen else ""
