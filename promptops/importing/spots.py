"""Where the messages of a foreign file stand, and putting changed ones back there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from promptops.errors import PromptopsError
from promptops.importing.interface import Imported, Source
from promptops.importing.neutral import Token, turns
from promptops.importing.restore import said
from promptops.model import Prompt
from promptops.values import NamedTuple


class Spot(NamedTuple):
    """The characters [start, end) of a file that are one message; line: of the first, 1-based."""

    role: str
    start: int
    end: int
    line: int

    @classmethod
    def trimmed(cls, role: str, text: str, start: int, end: int) -> Spot:
        """Without the line ends before and the white space behind."""
        while start < end and text[start] in "\r\n":
            start += 1
        end = start + len(text[start:end].rstrip())
        return cls(role, start, end, text.count("\n", 0, start) + 1)


class _NoFiles:
    """A kept copy is read alone."""

    def exists(self, path: str) -> bool:  # noqa: ARG002
        return False

    def read(self, path: str) -> bytes:
        raise KeyError(path)

    def paths(self) -> Sequence[str]:
        return ()

    def listed(self, folder: str) -> Sequence[str]:  # noqa: ARG002
        return ()


class Writer(Protocol):
    """Tokens in a file's own template language."""

    def __call__(self, tokens: Iterable[Token], verbatim: bool = False) -> str: ...


Reader = Callable[[Source], tuple[Imported, ...]]


def put_into(
    prompt: Prompt, origin: str, spots: Sequence[Spot], read: Reader, write: Writer
) -> str | None:
    """`origin` with the messages that changed; None where that does not read as meant.

    Tags of the file's language that came in as text go out as the tags that they were.
    """
    if [spot.role for spot in spots] != [message.role for message in prompt.messages]:
        return None
    before = said(read(Source(prompt.target, origin, _NoFiles()))[0].prompt)
    now, (written, left) = said(prompt), turns(prompt)
    changed = [i for i in range(len(spots)) if before[i] != now[i]]
    for verbatim in (True, False) if not left else ():
        text = origin
        for i in reversed(changed):
            new = _spaced(write(written[i].tokens, verbatim), origin[spots[i].start : spots[i].end])
            text = text[: spots[i].start] + new + text[spots[i].end :]
        if _reads_as(text, prompt, read):
            return text
    return None


def _spaced(new: str, old: str) -> str:
    """Variables with the spaces that the file has in its own: `{{name}}` or `{{ name }}`."""
    return re.sub(
        r"\{\{ (\w+) \}\}",
        lambda m: f"{{{{{m[1]}}}}}" if f"{{{{{m[1]}}}}}" in old else m[0],
        new,
    )


def _reads_as(text: str, prompt: Prompt, read: Reader) -> bool:
    try:
        back = read(Source(prompt.target, text, _NoFiles()))[0].prompt
    except PromptopsError:
        return False
    return turns(back)[0] == turns(prompt)[0]
