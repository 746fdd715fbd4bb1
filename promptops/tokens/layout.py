"""Where rules and variables stand in a rendering, from the pieces that the render room gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from promptops.model import Prompt

RULE, VARIABLE = "rule", "variable"
_BULLET = re.compile(r"[ \t]*(?:(?:[-*+•]|\d+[.)])[ \t]+)?\Z")


class Piece(Protocol):
    """A piece of a message: `rule` or `variable` names where its text comes from."""

    @property
    def text(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def variable(self) -> str: ...


class Render(Protocol):
    """`promptops.render.render_pieces`, which this room takes as an argument."""

    def __call__(
        self, prompt: Prompt, variables: Mapping[str, str], /, *, slices: Mapping[str, str] = ...
    ) -> Sequence[Sequence[Piece]]: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A rule or a variable at the characters [start, end) of a message's text."""

    kind: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Laid:
    """A rendered message and the places of its parts, in order, none within another."""

    role: str
    text: str
    parts: tuple[Part, ...] = ()

    def of(self, kind: str) -> tuple[Part, ...]:
        """The parts of one kind."""
        return tuple(part for part in self.parts if part.kind == kind)


Layout = tuple[Laid, ...]


def lay_out(
    prompt: Prompt,
    values: Mapping[str, str],
    render: Render,
    slices: Mapping[str, str] | None = None,
) -> Layout:
    """Render `prompt` with `values`, and say where its parts are. Raises what `render` raises."""
    rendered = render(prompt, values, slices=slices or {})
    roles = [message.role for message in prompt.messages] or ["system"]
    return tuple(_laid(role, pieces) for role, pieces in zip(roles, rendered, strict=False))


def _laid(role: str, pieces: Iterable[Piece]) -> Laid:
    parts: list[Part] = []
    texts: list[str] = []
    at = 0
    for piece in pieces:
        end = at + len(piece.text)
        if piece.rule or piece.variable:
            kind = RULE if piece.rule else VARIABLE
            parts.append(Part(kind, piece.rule or piece.variable, at, end))
        texts.append(piece.text)
        at = end
    text = "".join(texts)
    return Laid(role, text, tuple(_whole(p, text) if p.kind == RULE else p for p in parts))


def _whole(part: Part, text: str) -> Part:
    """The rule with its bullet and its line end: what leaving it out takes along."""
    line = text.rfind("\n", 0, part.start) + 1
    start = line if _BULLET.match(text[line : part.start]) else part.start
    end = part.end
    if start == line and text[end : end + 1] == "\n":
        end += 1
    return Part(part.kind, part.name, start, end)
