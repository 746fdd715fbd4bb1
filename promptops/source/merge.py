"""A three-way merge of prompt files by key and by id, not by line.

Two sides that each add a rule never conflict, wherever they put it. What one side alone touched is
taken byte for byte. A rule that both sides changed is merged key by key; where they changed the
same key, that rule, and nothing around it, stands between conflict markers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from promptops.errors import InputError
from promptops.source.merge_order import merged_order
from promptops.source.outline import Part, outline

MergeLines = Callable[[str, str, str], tuple[str, bool]]
"""(base, ours, theirs) -> (merged, clean): a merge by lines, with conflict markers."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that both sides changed: `rule cite-policy` and the key, such as `text`.

    gone: the side that took it out, "ours" or "theirs", where the other changed it.
    """

    what: str
    key: str = ""
    gone: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged text, and what is left to a person: none if it is clean."""

    text: str
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """How conflicts are written: the length of the markers, what the sides are called."""

    size: int = 7
    ours: str = "ours"
    theirs: str = "theirs"


def merge(texts: tuple[str, str, str], path: str, lines: MergeLines, style: Style) -> Merged | None:
    """(base, ours, theirs) merged; None where that cannot be done by key and id.

    None means: not YAML, not written one key a line, or line ends that differ.
    """
    if len({"\r\n" in text for text in texts}) > 1:
        return None
    try:
        parts = [outline(_ended(text), path) for text in texts]
        base, ours, theirs = parts
        if base is None or ours is None or theirs is None:
            return None
        work = _Merge(lines, style)
        made = work.part(base, ours, theirs, ())
        text = _unended(made.text if made else "", texts)
        if not work.conflicts and not _same(outline(_ended(text), path), made):
            return None
    except InputError:
        return None
    return Merged(text, tuple(work.conflicts))


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _unended(text: str, texts: tuple[str, str, str]) -> str:
    """`text` without its last line end where the sides agree to leave it out."""
    base, ours, theirs = (one.endswith("\n") for one in texts)
    kept = theirs if ours == base else ours
    return text if kept else text.removesuffix("\n").removesuffix("\r")


def _same(read: Part | None, made: Part | None) -> bool:
    """True if the merged text reads as what was meant: the same keys and ids in the same order."""
    if read is None or made is None:
        return False
    return (read.name, read.names) == (made.name, made.names) and all(
        _same(one, other) for one, other in zip(read.parts, made.parts, strict=True)
    )


class _Merge:
    def __init__(self, lines: MergeLines, style: Style) -> None:
        self.lines = lines
        self.style = style
        self.conflicts: list[Conflict] = []

    def part(
        self, base: Part | None, ours: Part | None, theirs: Part | None, above: tuple[str, ...]
    ) -> Part | None:
        """One part of three sides merged; None where it is gone."""
        if ours == theirs or base == theirs:
            return ours
        if base == ours:
            return theirs
        if ours is None or theirs is None:
            return self._one_gone(base, ours, theirs, above)
        if ours.entry:
            return self._entry(base, ours, theirs, above)
        if ours.parts or theirs.parts:
            return self._inside(base, ours, theirs, above)
        return self._leaf(base, ours, theirs, above)

    def _inside(self, base: Part | None, ours: Part, theirs: Part, above: tuple[str, ...]) -> Part:
        """A part that has parts: its own lines, then each of the parts."""
        base = base or replace(ours, lead="", parts=(), tail="")
        within = (*above, ours.name) if ours.name else above
        sides = (base, ours, theirs)
        head = self._line("head", [replace(side, head=_filled(side.head)) for side in sides])
        if head is None:
            return self._leaf(base, ours, theirs, above)
        merged: dict[str, Part | None] = {
            name: self.part(base.part(name), ours.part(name), theirs.part(name), within)
            for name in dict.fromkeys((*base.names, *ours.names, *theirs.names))
        }
        kept = {name: part for name, part in merged.items() if part is not None}
        groups = merged_order(base.names, ours.names, theirs.names, list(kept))
        if ours.name in _ORDERED:
            parts = tuple(
                self._in_order([kept[n] for n in group], ours, theirs) for group in groups
            )
        else:
            parts = tuple(kept[name] for group in groups for name in group)
        if not parts and ours.name in _SINGULAR:
            head = head.replace(":", ": []", 1)
        lead, tail = self._trivia("lead", sides), self._trivia("tail", sides)
        return replace(ours, lead=lead, head=head, parts=parts, tail=tail)

    def _entry(self, base: Part | None, ours: Part, theirs: Part, above: tuple[str, ...]) -> Part:
        """A rule or a case: merged key by key, or in conflict as a whole."""
        if base is not None and base.parts and ours.parts and theirs.parts:
            inner = _Merge(self.lines, self.style)
            made = inner._inside(base, ours, theirs, above)
            if not inner.conflicts:
                return made
            for conflict in inner.conflicts:
                self._note(ours, above, conflict.key)
        else:
            self._note(ours, above, "")
        return self._marked(base, ours, theirs, above)

    def _leaf(self, base: Part | None, ours: Part, theirs: Part, above: tuple[str, ...]) -> Part:
        if above == () and ours.name == "version" and base is not None:
            newest = _newest(base, ours, theirs)
            if newest is not None:
                return newest
        prose = len(above) == 2 and ours.name in _PROSE
        text, clean = ours.text, False
        if not prose:
            text, clean = self.lines(base.text if base else "", ours.text, theirs.text)
        if not clean:
            self._note(ours, above, ours.name)
        return replace(ours, lead="", head=text, parts=(), tail="")

    def _one_gone(
        self, base: Part | None, ours: Part | None, theirs: Part | None, above: tuple[str, ...]
    ) -> Part | None:
        """One side took the part away: gone, unless the other changed more than the space above."""
        some = ours or theirs
        assert some is not None
        if base is not None and (base.body, base.lead.split()) == (some.body, some.lead.split()):
            return None
        self._note(some, above, "" if some.entry else some.name, "theirs" if ours else "ours")
        return self._marked(base, ours, theirs, above)

    def _marked(
        self, base: Part | None, ours: Part | None, theirs: Part | None, above: tuple[str, ...]
    ) -> Part:
        """Both sides between markers; the lead they share stays outside."""
        some = ours or theirs or base
        assert some is not None
        lead = some.lead if ours is None or theirs is None or ours.lead == theirs.lead else ""
        texts = [part.text.removeprefix(lead) if part else "" for part in (ours, theirs)]
        head = self._block(_named(some, above) if some.entry else "", *texts)
        return replace(some, lead=lead, head=head, parts=(), tail="")

    def _block(self, name: str, ours: str, theirs: str) -> str:
        """Both texts between conflict markers."""
        end = "\r\n" if "\r\n" in ours + theirs else "\n"
        size, name = self.style.size, f" {name}" if name else ""
        return (
            f"{'<' * size} {self.style.ours}{name}{end}{ours}"
            f"{'=' * size}{end}{theirs}{'>' * size} {self.style.theirs}{name}{end}"
        )

    def _in_order(self, group: Sequence[Part], ours: Part, theirs: Part) -> Part:
        """Entries as one part; where the sides want them in different orders, both orders in conflict."""
        if len(group) == 1:
            return group[0]
        names = [part.name for part in group]
        self.conflicts.append(Conflict(f"the order of {ours.name} `{'`, `'.join(names)}`"))
        marker = "<" * self.style.size
        merged = {part.name: part for part in group if not part.head.startswith(marker)}
        texts = (
            "".join(merged.get(p.name, p).text for p in side.parts if p.name in names)
            for side in (ours, theirs)
        )
        return replace(group[0], lead="", head=self._block("", *texts), parts=(), tail="")

    def _note(self, part: Part, above: tuple[str, ...], key: str, gone: str = "") -> None:
        self.conflicts.append(Conflict(_named(part, above), key, gone))

    def _line(self, name: str, sides: Sequence[Part]) -> str | None:
        base, ours, theirs = (getattr(side, name) for side in sides)
        if ours == theirs or base == theirs:
            return str(ours)
        return str(theirs) if base == ours else None

    def _trivia(self, name: str, sides: Sequence[Part]) -> str:
        """Comments and blank lines: where both sides changed them, all of them stay."""
        line = self._line(name, sides)
        if line is not None:
            return line
        base, ours, theirs = (getattr(side, name) for side in sides)
        new = [one for one in theirs.splitlines(keepends=True) if one.strip()]
        return str(ours) + "".join(one for one in new if one not in ours and one not in base)


# Keys of a rule that are never merged by line: of two halves comes a sentence that nobody wrote.
_PROSE = frozenset({"text", "rationale", "reason"})
_ORDERED = frozenset({"rules", "messages"})  # lists whose order says something
_SINGULAR = {"rules": "rule", "retired": "retired rule", "cases": "case"}


def _named(part: Part, above: tuple[str, ...]) -> str:
    if part.entry:
        kind = above[-1] if above else ""
        return f"{_SINGULAR.get(kind, kind)} `{part.name}`".strip()
    return f"`{'.'.join((*above, part.name))}`" if part.name else "the file"


def _filled(head: str) -> str:
    """A key's own line without the `[]` that says that nothing follows."""
    return re.sub(r"\A([\w-]+[ \t]*:)[ \t]*\[[ \t]*\]", r"\1", head)


_VERSION = re.compile(r"(version:[ \t]*['\"]?)(\d+)\.(\d+)\.(\d+)(['\"]?[ \t]*(?:#.*)?\r?\n?)")


def _newest(base: Part, ours: Part, theirs: Part) -> Part | None:
    """The higher of two versions that both grew: what both sides did needs no less than that."""
    found = [_VERSION.fullmatch(part.head) for part in (base, ours, theirs)]
    numbers = [tuple(int(f[i]) for i in (2, 3, 4)) if f else None for f in found]
    old, one, other = numbers
    if old is None or one is None or other is None or not (one > old and other > old):
        return None
    return ours if one >= other else theirs
