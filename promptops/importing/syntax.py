"""Template languages of other tools, as far as ours says the same; the rest stays text, and listed.

A reader takes a text and gives the text (with escapes undone), which parts of it are live and what
they become, the variables they use, and what was left as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from promptops.excerpt import excerpt
from promptops.importing.constants import START, STOP
from promptops.importing.escape import Live, quoted
from promptops.importing.interface import Left
from promptops.render.scan import STATEMENT, TEXT, Segment, scan, word
from promptops.render.template import read as read_template
from promptops.values import replace

TEMPLATE_NAMES = frozenset(
    ["true", "false", "none", "True", "False", "None", "not", "rule", "rules", "loop", "range"]
)
MOST_TAGS = 5_000
WHY = "templates here have no such thing: it stays as text"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FSTRING = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}")
_HANDLE = re.compile(
    r"\{\{!--.*?--\}\}|\{\{![^}]*\}\}|\{\{\{[^{}]*\}\}\}|\{\{~?(?P<tag>[^{}]*?)~?\}\}", re.DOTALL
)
_HANDLE_SHORT = re.compile(_HANDLE.pattern.partition("|")[2], re.DOTALL)
_KERNEL = re.compile(r"\{\{(?P<tag>[^{}]*)\}\}")


@dataclass(slots=True)
class Parsed:
    """What a reader gives; offsets are into `text`. foreign: parts that mean something elsewhere."""

    text: str
    live: list[Live] = field(default_factory=list)
    variables: dict[str, None] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    foreign: list[tuple[int, int]] = field(default_factory=list)

    def keep(self, start: int, end: int, template: str, *names: str) -> None:
        """The characters [start, end) are `template`, which uses `names`."""
        self.live.append(Live(start, end, template))
        self.variables.update(dict.fromkeys(names))

    def leave(self, start: int, end: int, why: str = WHY) -> None:
        """The characters [start, end) mean something in their own language, and are text here."""
        self.foreign.append((start, end))
        shown = excerpt(self.text[start:end])
        self.left.append(Left(f"`{shown}`", why, self.text.count("\n", 0, start) + 1))


def jinja(text: str) -> Parsed:
    """Jinja2 and what is written like it (Nunjucks, Liquid): names, `if`, filters that ours has."""
    segments, parts, groups = scan(text), [], []
    if len(segments) > 2 * MOST_TAGS:
        return _too_many(text)
    ends = _block_ends(text, segments)
    i = size = 0
    while i < len(segments):
        segment, last = segments[i], ends.get(i, i)
        written = text[segment.start : segments[last].end]
        plain = quoted(written) if last == i else None  # what only escapes text is that text
        if plain is None and segment.kind != TEXT:
            groups.append((segments[i : last + 1], size - segment.start))
        parts.append(written if plain is None else plain)
        size += len(parts[-1])
        i = last + 1
    parsed = Parsed("".join(parts))
    for group, shift in groups:
        _take(parsed, [replace(s, start=s.start + shift, end=s.end + shift) for s in group])
    return parsed


def _too_many(text: str) -> Parsed:
    parsed = Parsed(text)
    parsed.left.append(Left(f"more than {MOST_TAGS:,} tags", "all of it stays text", 1))
    return parsed


def _block_ends(text: str, segments: Sequence[Segment]) -> dict[int, int]:
    """For each statement that opens a block, the number of the one that ends it."""
    ends: dict[int, int] = {}
    opened: dict[str, list[int]] = {}
    for i, segment in enumerate(segments):
        if segment.kind != STATEMENT:
            continue
        said = word(text, segment)
        above = opened.get(said.removeprefix("end")) if said.startswith("end") else None
        if above:
            ends[above.pop()] = i
        elif not said.startswith("end"):
            opened.setdefault(said, []).append(i)
    return ends


def _take(parsed: Parsed, segments: Sequence[Segment]) -> None:
    """Keep a tag or a whole block live if ours can render it, else leave it as text."""
    text, start, end = parsed.text, segments[0].start, segments[-1].end
    facts = read_template(text[start:end]).facts
    loops = any(s.kind == STATEMENT and word(text, s) == "for" for s in segments)
    taken = {use.name for use in facts.variables}
    ours = facts.rules or facts.lists or taken & TEMPLATE_NAMES
    if facts.problems or loops or ours:
        return parsed.leave(start, end)
    for segment in segments:
        if segment.kind != TEXT:
            parsed.keep(segment.start, segment.end, text[segment.start : segment.end])
    parsed.variables.update(dict.fromkeys(use.name for use in facts.variables))
    return None


def handlebars(text: str) -> Parsed:
    """Handlebars and Mustache: names, comments, `#if`, `#unless` and `else`."""
    parsed = Parsed(text)
    last = after_last("--}}", text)
    found = [*_HANDLE.finditer(text, 0, last), *_HANDLE_SHORT.finditer(text, last)]
    tags = [(m.start(), m.end(), _inner(m[0])) for m in found]
    if len(tags) > MOST_TAGS:
        return _too_many(text)
    ends = _handle_ends(tags)
    i = 0
    while i < len(tags):
        end = ends.get(i, i)
        if not _handle_block(parsed, tags[i : end + 1]):
            parsed.leave(tags[i][0], tags[end][1])
        i = end + 1
    return parsed


def after_last(closing: str, text: str) -> int:
    """Where the last `closing` ends, 0 where there is none: nothing can be closed behind it."""
    at = text.rfind(closing)
    return at + len(closing) if at >= 0 else 0


def _inner(tag: str) -> str:
    if tag.startswith(("{{!", "{{~!")):
        return "!"
    return tag.strip("{}").strip("~").strip()


def _handle_ends(tags: Sequence[tuple[int, int, str]]) -> dict[int, int]:
    """For each tag that opens a block, the number of the one that closes it: the last if none does."""
    ends: dict[int, int] = {}
    opened: dict[str, list[int]] = {}
    for i, (_, _, inner) in enumerate(tags):
        if inner[:1] in ("#", "^") and inner:
            opened.setdefault((inner[1:].split() or [""])[0], []).append(i)
            ends[i] = len(tags) - 1
        elif inner.startswith("/"):
            above = opened.get(inner[1:].strip())
            if above:
                ends[above.pop()] = i
    return ends


def _handle_block(parsed: Parsed, tags: Sequence[tuple[int, int, str]]) -> bool:
    """Keep all tags of a block, or none."""
    made = [_handled(inner) for _, _, inner in tags]
    if None in made or (len(tags) == 1 and tags[0][2][:1] in "#^/" and tags[0][2]):
        return False
    if tags[0][2] == "else":
        return False
    for (start, end, inner), found in zip(tags, made, strict=True):
        assert found is not None
        template, name = found
        if inner[:1] in ("!", "#", "/") or inner == "else":
            start, end = _own_line(parsed.text, start, end)
        parsed.keep(start, end, template, *([name] if name else []))
    return True


def _handled(inner: str) -> tuple[str, str] | None:
    """(our template, the variable in it) for a Handlebars tag; None where there is none."""
    if inner == "!":
        return "", ""
    if inner == "else":
        return "{% else %}", ""
    if inner in ("/if", "/unless"):
        return "{% endif %}", ""
    for opening, ours in (("#if ", "{{% if {} %}}"), ("#unless ", "{{% if not {} %}}")):
        name = inner.removeprefix(opening).strip()
        if inner.startswith(opening) and _plain(name):
            return ours.format(name), name
    name = inner.removeprefix("&").strip()
    return (f"{{{{ {name} }}}}", name) if _plain(name) and name not in HELPERS else None


HELPERS = frozenset({"this", "history", "else", "json", "role", "media", "section"})


def _plain(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in TEMPLATE_NAMES


def _own_line(text: str, start: int, end: int) -> tuple[int, int]:
    """A tag alone on its line takes the line along, as Handlebars has it."""
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop + 1
    alone = not text[line:start].strip() and not text[end:stop].strip()
    return (line, stop) if alone else (start, end)


def fstring(text: str) -> Parsed:
    """Python's format fields: `{name}` is a variable, `{{` a brace."""
    found: list[tuple[int, str]] = []
    parts, at, size = [], 0, 0
    for match in _FSTRING.finditer(text):
        parts.append(text[at : match.start()])
        size += match.start() - at
        at = match.end()
        name = match["name"]
        if name is not None and _plain(name):
            found.append((size, name))
        parts.append(match[0] if name is not None else match[0][0])
        size += len(parts[-1])
    parsed = Parsed("".join([*parts, text[at:]]))
    for start, name in found:
        parsed.keep(start, start + len(name) + 2, f"{{{{ {name} }}}}", name)
    return parsed


def kernel(text: str) -> Parsed:
    """Semantic Kernel's own: `{{$name}}` is a variable, `{{plugin.function}}` a call."""
    parsed = Parsed(text)
    for match in _KERNEL.finditer(text):
        inner = match["tag"].strip()
        if inner.startswith("$") and _plain(inner[1:]):
            parsed.keep(match.start(), match.end(), f"{{{{ {inner[1:]} }}}}", inner[1:])
        else:
            parsed.leave(match.start(), match.end(), "a call is code: it stays as text")
    return parsed


def marked(text: str) -> Parsed:
    """A program's constant, its fields between marks: `{name}` where the template cannot be live."""
    found: list[tuple[int, str]] = []
    parts, size = [], 0
    for i, part in enumerate(re.split(f"{START}([^{STOP}]*){STOP}", text)):
        shown = f"{{{part}}}" if i % 2 else part
        if i % 2 and _plain(part):
            found.append((size, part))
        parts.append(shown)
        size += len(shown)
    parsed = Parsed("".join(parts))
    for start, name in found:
        parsed.keep(start, start + len(name) + 2, f"{{{{ {name} }}}}", name)
    return parsed


def plain(text: str) -> Parsed:
    """No template at all."""
    return Parsed(text)


SYNTAXES: Mapping[str, Callable[[str], Parsed]] = {
    "jinja2": jinja,
    "jinja": jinja,
    "nunjucks": jinja,
    "liquid": jinja,
    "mustache": handlebars,
    "handlebars": handlebars,
    "f-string": fstring,
    "fstring": fstring,
    "semantic-kernel": kernel,
    "marked": marked,
    "plain": plain,
}
