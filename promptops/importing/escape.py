"""Text and placements as a template that renders them, to the byte."""

from __future__ import annotations

import re
from collections.abc import Iterable

from promptops.values import NamedTuple

_OPEN = re.compile(r"\{+(?=[{%#])")
_CLOSE = re.compile(r"\}\}+|%\}|#\}")
_END_RAW = re.compile(r"\{%[-+]?\s*endraw")

_RAW = re.compile(r"\{%[-+]?\s*raw\s*-?%\}(.*)\{%[-+]?\s*endraw\s*[-+]?%\}", re.DOTALL)
_QUOTED = re.compile(r"""\{\{\s*"(\{[{%#]?|\{+)"\s*\}\}""")


class Live(NamedTuple):
    """The characters [start, end) of a text and the template that stands for them."""

    start: int
    end: int
    template: str


def template_of(text: str, live: Iterable[Live]) -> str:
    """`text` with the live parts replaced and all else rendering as itself; in order, apart."""
    parts, at = [], 0
    for part in live:
        before = literal(text[at : part.start])
        if before.endswith("{") and part.template.startswith("{"):
            bare = before.rstrip("{")
            before = f'{bare}{{{{ "{before[len(bare) :]}" }}}}'
        parts += [before, part.template]
        at = part.end
    parts.append(literal(text[at:]))
    return "".join(parts)


def literal(text: str) -> str:
    """A template that renders as exactly `text`."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    parts, at = [], 0
    for start, end in _runs(text):
        parts += [text[at:start], _raw(text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def quoted(tag: str) -> str | None:
    """The text that a tag does nothing but escape, as `literal` writes it; None for another tag."""
    raw, string = _RAW.fullmatch(tag), _QUOTED.fullmatch(tag)
    return raw[1] if raw else string[1] if string else None


def _runs(text: str) -> list[tuple[int, int]]:
    """Stretches that hold all tags: from brace to brace on a line, neighbouring lines together."""
    runs: list[tuple[int, int]] = []
    for found in _OPEN.finditer(text):
        if runs and found.start() < runs[-1][1]:
            continue
        end = _end(text, found)
        if runs and text.count("\n", runs[-1][1], found.start()) < 2:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((found.start(), end))
    return runs


def _end(text: str, found: re.Match[str]) -> int:
    line_end = text.find("\n", found.end())
    line_end = len(text) if line_end < 0 else line_end
    end = found.end() + 1
    for close in _CLOSE.finditer(text, end, line_end):
        end = close.end()
    opened = [more.end() + 1 for more in _OPEN.finditer(text, end, line_end)]
    return opened[-1] if opened else end


def _raw(text: str) -> str:
    if _END_RAW.search(text):
        return _OPEN.sub(lambda m: f'{{{{ "{m[0]}" }}}}', text)
    return f"{{% raw %}}{text}{{% endraw %}}"
