"""Where the messages of a foreign file stand, and putting changed ones back there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from promptops.errors import PromptopsError
from promptops.importing.interface import Imported, Source
from promptops.importing.neutral import Token, turns
from promptops.importing.restore import said
from promptops.model import Prompt


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

    def listed(self, folder: str) -> Sequence[str]:  # noqa: ARG002
        return ()


def put_into(
    prompt: Prompt,
    origin: str,
    spots: Sequence[Spot],
    read: Callable[[Source], tuple[Imported, ...]],
    write: Callable[[Iterable[Token]], str],
) -> str | None:
    """`origin` with the messages that changed; None where that does not read as meant."""
    if [spot.role for spot in spots] != [message.role for message in prompt.messages]:
        return None
    before = said(read(Source(prompt.target, origin, _NoFiles()))[0].prompt)
    now, (written, left) = said(prompt), turns(prompt)
    if left:
        return None
    text = origin
    for i in reversed(range(len(spots))):
        if before[i] != now[i]:
            text = text[: spots[i].start] + write(written[i].tokens) + text[spots[i].end :]
    try:
        back = read(Source(prompt.target, text, _NoFiles()))[0].prompt
    except PromptopsError:
        return None
    return text if _same(back, prompt) else None


def _same(one: Prompt, other: Prompt) -> bool:
    return turns(one)[0] == turns(other)[0]
