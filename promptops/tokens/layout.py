"""Where rules and variables stand in a rendering, found by rendering once more with marks.

Each rule's text and each variable's value is wrapped in two private-use characters of its own; the
second rendering, without the marks, must equal the first, or the places are not known (a template
that tests or cuts a value) and nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from promptops.model import Message, Prompt

RULE, VARIABLE = "rule", "variable"
_OPEN, _CLOSE = 0xF0000, 0x100000  # the private-use planes 15 and 16
_MOST = 0xFFFD
_MARK = re.compile("[\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d+[.)])?[ \t]*\Z")


class Render(Protocol):
    """`promptops.render.render`; this room takes it as an argument."""

    def __call__(self, prompt: Prompt, variables: Mapping[str, str], /) -> Sequence[Message]: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A rule or a variable at the characters [start, end) of a message's text."""

    kind: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Laid:
    """A rendered message and the places of its parts in order; a variable may lie in a rule."""

    role: str
    text: str
    parts: tuple[Part, ...] = ()

    def of(self, kind: str) -> tuple[Part, ...]:
        """The parts of one kind."""
        return tuple(part for part in self.parts if part.kind == kind)


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole rendering. `known` has the kinds of part whose places are certain."""

    messages: tuple[Laid, ...]
    known: frozenset[str]

    @property
    def texts(self) -> tuple[str, ...]:
        """The messages' texts."""
        return tuple(message.text for message in self.messages)


def lay_out(prompt: Prompt, values: Mapping[str, str], render: Render) -> Layout:
    """Render `prompt` with `values` and find its parts. Raises what `render` raises."""
    plain = render(prompt, values)
    for kinds in (frozenset({RULE, VARIABLE}), frozenset({RULE}), frozenset({VARIABLE})):
        laid = _marked(prompt, values, render, kinds)
        if laid is not None and [m.text for m in laid] == [m.content for m in plain]:
            return Layout(tuple(laid), kinds)
    return Layout(tuple(Laid(m.role, m.content) for m in plain), frozenset())


def _marked(
    prompt: Prompt, values: Mapping[str, str], render: Render, kinds: frozenset[str]
) -> list[Laid] | None:
    rules = [(RULE, rule.id) for rule in prompt.rules] if RULE in kinds else []
    names = [*rules, *((VARIABLE, name) for name in (values if VARIABLE in kinds else ()))]
    if len(names) > _MOST:
        return None
    marked, values = prompt, dict(values)
    if rules:
        texts = [_wrap(rule.text, at) for at, rule in enumerate(prompt.rules)]
        of = zip(prompt.rules, texts, strict=True)
        marked = replace(prompt, rules=tuple(replace(rule, text=text) for rule, text in of))
    for at, (kind, name) in enumerate(names):
        if kind == VARIABLE:
            values[name] = _wrap(values[name], at)
    from promptops.errors import TemplateError

    try:
        messages = render(marked, values)
    except TemplateError:  # the marks themselves went over a limit
        return None
    return [_unmarked(message, names) for message in messages]


def _wrap(text: str, at: int) -> str:
    """Marks inside leading and trailing white space, which templates may strip."""
    core = text.strip()
    start = text.index(core) if core else 0
    end = start + len(core)
    return f"{text[:start]}{chr(_OPEN + at)}{core}{chr(_CLOSE + at)}{text[end:]}"


def _unmarked(message: Message, names: Sequence[tuple[str, str]]) -> Laid:
    pieces: list[str] = []
    open_at: dict[int, int] = {}
    parts: list[Part] = []
    size = last = 0
    for match in _MARK.finditer(message.content):
        size += match.start() - last
        pieces.append(message.content[last : match.start()])
        last = match.end()
        code = ord(match.group())
        if code >= _CLOSE:
            at = code - _CLOSE
            if at in open_at and at < len(names):
                parts.append(Part(*names[at], open_at.pop(at), size))
        else:
            open_at[code - _OPEN] = size
    pieces.append(message.content[last:])
    text = "".join(pieces)
    parts = [_whole(part, text) if part.kind == RULE else part for part in parts]
    return Laid(message.role, text, tuple(sorted(parts, key=lambda part: (part.start, -part.end))))


def _whole(part: Part, text: str) -> Part:
    """The rule with its bullet and its line end: what leaving it out takes along."""
    line = text.rfind("\n", 0, part.start) + 1
    start = line if _BULLET.match(text[line : part.start]) else part.start
    end = part.end
    if start == line and text[end : end + 1] == "\n":
        end += 1
    return Part(part.kind, part.name, start, end)
