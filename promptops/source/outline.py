"""A block-style YAML file as named stretches of whole lines: keys, and entries of lists by their id.

Joined again, the stretches are the text, byte for byte; so one of them can be moved, replaced or
merged while every other keeps its comments, quotes and line ends. Comments and blank lines above a
key or an entry belong to it; those below the last one belong to what encloses it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from promptops.source.shape import is_scalar
from promptops.source.text import BOM
from promptops.source.yaml import compose


@dataclass(frozen=True, slots=True)
class Part:
    """A named stretch: `lead + head + parts + tail` is its text.

    name: a key, or an entry's id; "" for the whole file. lead: comments and blank lines above.
    head: all of it where it has no parts, else what stands before the first. entry: it is an entry
    of a list. column: where its keys, or its dash, stand.
    """

    name: str
    lead: str
    head: str
    parts: tuple[Part, ...] = ()
    tail: str = ""
    entry: bool = False
    column: int = 0

    @property
    def body(self) -> str:
        """The text without the lead."""
        return self.head + "".join(part.text for part in self.parts) + self.tail

    @property
    def text(self) -> str:
        """The text."""
        return self.lead + self.body

    def part(self, name: str) -> Part | None:
        """The part of that name, None where there is none."""
        return next((part for part in self.parts if part.name == name), None)

    def with_part(self, new: Part) -> Part:
        """The same with the part of that name replaced."""
        return replace(self, parts=tuple(new if p.name == new.name else p for p in self.parts))

    @property
    def names(self) -> list[str]:
        """The names of its parts, in order."""
        return [part.name for part in self.parts]


def outline(text: str, path: str) -> Part | None:
    """The outline of a YAML mapping; None where it is not written line by line.

    The text must end in a line end. InputError where it is not YAML at all.
    """
    body = text.removeprefix(BOM)
    root = compose(text, path)
    if root is None or root.id != "mapping" or root.flow_style or not root.value:
        return None
    if not text.endswith("\n") or "\r" in text.replace("\r\n", ""):
        return None
    whole = Part("", BOM if text != body else "", "")
    try:
        made = _Outline(body).mapping(root, (0, len(body)), whole)
    except _NotByLines:
        return None
    return made if made.text == text else None


Span = tuple[int, int]


class _NotByLines(Exception):
    """The file is written in a way that has no whole lines for its parts."""


class _Outline:
    def __init__(self, text: str) -> None:
        self.text = text

    def mapping(self, node: Any, span: Span, whole: Part) -> Part:
        """`whole` with the keys of the block mapping `node` as parts; its lines are `span`."""
        starts = [self._line_start(key) for key, _ in node.value]
        column = self._column(node)
        if any(self._column(key) != column for key, _ in node.value):
            raise _NotByLines  # a complex key, or two on one line
        return self._keys(node, starts, span, whole, column)

    def _keys(self, node: Any, starts: list[int], span: Span, whole: Part, column: int) -> Part:
        names = [key.value if is_scalar(key) else "" for key, _ in node.value]
        stretches = self._stretches(names, starts, span, column)
        parts = [
            self._key(value, (start, end), Part(name, self.text[lead:start], "", column=column))
            for name, (_, value), (lead, start, end) in zip(
                names, node.value, stretches, strict=True
            )
        ]
        return self._filled(whole, parts, stretches, span)

    def _key(self, value: Any, span: Span, whole: Part) -> Part:
        plain = replace(whole, head=self.text[span[0] : span[1]])
        if is_scalar(value) or value.flow_style or not value.value:
            return plain
        try:
            if value.id == "mapping":
                return self.mapping(value, span, whole)
            return self._entries(value, span, whole)
        except _NotByLines:
            return plain

    def _entries(self, node: Any, span: Span, whole: Part) -> Part:
        """`whole` with the entries of a list as parts: mappings, each with an id."""
        column = self._column(node)
        starts = [self._line_start(item) for item in node.value]
        for item, start in zip(node.value, starts, strict=True):
            dash = self.text[start : item.start_mark.index]
            if item.id != "mapping" or dash.strip(" ") != "-" or dash.index("-") != column:
                raise _NotByLines
        names = [_id_of(item) for item in node.value]
        stretches = self._stretches(names, starts, span, column)
        parts = [
            self._entry(
                item, (start, end), Part(name, self.text[lead:start], "", (), "", True, column)
            )
            for name, item, (lead, start, end) in zip(names, node.value, stretches, strict=True)
        ]
        return self._filled(whole, parts, stretches, span)

    def _entry(self, item: Any, span: Span, whole: Part) -> Part:
        """An entry with its keys as parts, where each has its own line; the first has the dash."""
        plain = replace(whole, head=self.text[span[0] : span[1]])
        column = self._column(item)
        if item.flow_style or any(self._column(key) != column for key, _ in item.value):
            return plain
        starts = [span[0], *(self._line_start(key) for key, _ in item.value[1:])]
        try:
            return self._keys(item, starts, span, whole, column)
        except _NotByLines:
            return plain

    def _stretches(
        self, names: list[str], starts: list[int], span: Span, column: int
    ) -> list[tuple[int, int, int]]:
        """(where the lead begins, where its own lines begin, where they end) of each child."""
        if len(set(names)) != len(names) or "" in names or starts != sorted(set(starts)):
            raise _NotByLines
        floors = [span[0], *(start + 1 for start in starts)]
        leads = [self._lead(start, floors[i], column) for i, start in enumerate([*starts, span[1]])]
        return [(leads[i], start, leads[i + 1]) for i, start in enumerate(starts)]

    def _filled(
        self, whole: Part, parts: list[Part], stretches: list[tuple[int, int, int]], span: Span
    ) -> Part:
        head = self.text[span[0] : stretches[0][0]]
        return replace(
            whole, head=head, parts=tuple(parts), tail=self.text[stretches[-1][2] : span[1]]
        )

    def _line_start(self, node: Any) -> int:
        return self.text.rfind("\n", 0, node.start_mark.index) + 1

    def _column(self, node: Any) -> int:
        return int(node.start_mark.index) - self._line_start(node)

    def _lead(self, start: int, floor: int, column: int) -> int:
        """Where the blank lines and comments right above `start` begin, not before `floor`."""
        while start > floor:
            above = self.text.rfind("\n", 0, start - 1) + 1
            line = self.text[above : start - 1]
            bare = line.strip(" \t\r")
            comment = bare.startswith("#") and len(line) - len(line.lstrip(" ")) <= column
            if above < floor or (bare and not comment):
                break
            start = above
        return start


def _id_of(item: Any) -> str:
    found = (v.value for k, v in item.value if is_scalar(k) and k.value == "id" and is_scalar(v))
    return next(found, "")
