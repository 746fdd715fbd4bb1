"""Where rules and variables stand in a rendering, found by rendering once more with marks.

Each rule's text and each variable's value is wrapped in two private-use characters of its own; the
second rendering, without the marks, must equal the first, or the places are not known (a template
that tests or cuts a value) and nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from promptops.errors import TemplateError
from promptops.model import Message, Prompt
from promptops.values import dataclass, replace

RULE, VARIABLE = "rule", "variable"
_FIRST, _MOST = 0x100000, 0x7FFE  # the last private-use plane: an opening and a closing mark each
_MARK = re.compile("[\U00100000-\U0010fffd]")
_INDENT = 80  # characters before a rule in which its bullet is looked for
_BULLET = re.compile(r"[ \t]*(?:(?:[-*+•]|\d+[.)])[ \t]+)?\Z")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class Render(Protocol):
    """`promptops.render.render`, which this room takes as an argument."""

    def __call__(
        self, prompt: Prompt, variables: Mapping[str, str], /, *, slices: Mapping[str, str] = ...
    ) -> Sequence[Message]: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A rule or a variable at the characters [start, end) of a message's text."""

    kind: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Laid:
    """A rendered message and the places of its parts in order.

    known: the kinds whose places are certain; of the others `parts` has none.
    """

    role: str
    text: str
    parts: tuple[Part, ...] = ()
    known: frozenset[str] = frozenset({RULE, VARIABLE})

    def of(self, kind: str) -> tuple[Part, ...]:
        """The parts of one kind."""
        return tuple(part for part in self.parts if part.kind == kind)


Layout = tuple[Laid, ...]


def knows(layout: Layout, kind: str) -> bool:
    """True if the places of every part of this kind are certain."""
    return all(kind in laid.known for laid in layout)


def lay_out(
    prompt: Prompt,
    values: Mapping[str, str],
    render: Render,
    slices: Mapping[str, str] | None = None,
) -> Layout:
    """Render `prompt` with `values`, and say where its parts are. Raises what `render` raises."""
    plain = render(prompt, values, slices=slices or {})
    for kinds, wrap in _ATTEMPTS:
        given = {name: wrap(values[name], at) for at, name in enumerate(values)}
        given = given if VARIABLE in kinds else dict(values)
        laid = _marked(prompt, given, render, slices or {}, kinds)
        if [one.text for one in laid] == [message.content for message in plain]:
            return laid
    return tuple(Laid(m.role, m.content, (), frozenset()) for m in plain)


def _marked(
    prompt: Prompt,
    given: Mapping[str, str],
    render: Render,
    slices: Mapping[str, str],
    kinds: frozenset[str],
) -> Layout:
    names = [(VARIABLE, name) for name in given]
    if len(names) + len(prompt.rules) > _MOST:
        return ()
    if RULE in kinds:
        first = len(names)
        rules = [replace(r, text=_core(r.text, first + at)) for at, r in enumerate(prompt.rules)]
        names += [(RULE, rule.id) for rule in rules]
        prompt = replace(prompt, rules=tuple(rules))
    try:
        messages = render(prompt, given, slices=slices)
    except TemplateError:  # the marks themselves went over a limit
        return ()
    return tuple(_unmarked(message, names, kinds) for message in messages)


def _whole_value(text: str, at: int) -> str:
    return f"{chr(_FIRST + 2 * at)}{text}{chr(_FIRST + 2 * at + 1)}"


def _core(text: str, at: int) -> str:
    """Marks inside leading and trailing white space, which templates may strip."""
    core = text.strip()
    start = text.index(core) if core else 0
    return text[:start] + _whole_value(core, at) + text[start + len(core) :]


_BOTH = frozenset({RULE, VARIABLE})
_ATTEMPTS = (
    (_BOTH, _whole_value),
    (_BOTH, _core),
    (frozenset({RULE}), _core),
    (frozenset({VARIABLE}), _whole_value),
)


def _unmarked(message: Message, names: Sequence[tuple[str, str]], kinds: frozenset[str]) -> Laid:
    pieces: list[str] = []
    opened: dict[int, int] = {}
    parts: list[Part] = []
    size = last = 0
    for match in _MARK.finditer(message.content):
        size += match.start() - last
        pieces.append(message.content[last : match.start()])
        last = match.end()
        at, closing = divmod(ord(match.group()) - _FIRST, 2)
        if not closing:
            opened[at] = size
        elif at in opened and at < len(names):
            parts.append(Part(*names[at], opened.pop(at), size))
    pieces.append(message.content[last:])
    text = "".join(pieces)
    parts = [_whole(part, text) if part.kind == RULE else part for part in parts]
    parts.sort(key=lambda part: (part.start, -part.end))
    return Laid(message.role, text, tuple(parts), kinds)


def _whole(part: Part, text: str) -> Part:
    """The rule with its bullet and its line end: what leaving it out takes along."""
    near = max(part.start - _INDENT, 0)
    line = text.rfind("\n", near, part.start) + 1
    at_start = line > 0 or near == 0  # a line may go on for longer than any bullet does
    start = line if at_start and _BULLET.match(text[line : part.start]) else part.start
    end = part.end
    if start == line and text[end : end + 1] == "\n":
        end += 1
    return Part(part.kind, part.name, start, end)
