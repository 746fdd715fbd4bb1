"""A YAML file that remembers positions: places to offsets, and splices that touch nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptops.diagnostic import Edit, Place
from promptops.source.document import Lines
from promptops.source.yaml_offsets import Offsets

_NEEDS_CARE = frozenset("\n\r\"'\\:#{}[]&*!|>%@`,")


class YamlDocument:
    """The text of a YAML file and its nodes. `shift` is where the YAML starts in the text."""

    def __init__(self, path: str, text: str, root: Any, shift: int = 0) -> None:
        self.path = path
        self.text = text
        self.root = root
        self.shift = shift
        self._lines: Lines | None = None
        self._known: dict[int, Offsets] = {}

    @property
    def lines(self) -> Lines:
        """Line starts, made when first asked for."""
        if self._lines is None:
            self._lines = Lines(self.text)
        return self._lines

    def has(self, name: str) -> bool:
        """True if `name` is a key of the file."""
        return _step(self.root, name) is not None

    def locate(
        self, place: Place, within: tuple[int, int] | None = None, *, key: bool = False
    ) -> tuple[int, int]:
        if not place and within is not None:
            return within
        key_node, node, whole = self._find(place)
        if (key or not whole) and key_node is not None:
            return self._range(key_node)
        if node is None:
            return 0, 0
        if within is None or not isinstance(node.value, str):
            return self._first_line(node) if not whole else self._range(node)
        found = self._offsets(node).range(*within)
        if found is None:
            return self._range(node)
        begin = node.start_mark.index + self.shift
        return begin + found[0], begin + found[1]

    def edit(
        self, place: Place, within: tuple[int, int] | None, replacement: str
    ) -> Sequence[Edit]:
        start, end = self.locate(place, within)
        if not place or within is None:
            return [Edit(start, end, replacement)]
        value = self._find(place)[1].value
        same = self.text[start:end] == value[within[0] : within[1]]
        return [] if not same or _NEEDS_CARE & set(replacement) else [Edit(start, end, replacement)]

    def _find(self, place: Place) -> tuple[Any, Any, bool]:
        """(key node, node, whether all of `place` exists) of `place` or its nearest ancestor."""
        key_node, node = None, self.root
        for part in place:
            step = _step(node, part)
            if step is None:
                return key_node, node, False
            key_node = step[0] if step[0] is not None else step[1]
            node = step[1]
        return key_node, node, True

    def _range(self, node: Any) -> tuple[int, int]:
        start, end = node.start_mark.index, node.end_mark.index
        body = self.text[start + self.shift : end + self.shift]
        return start + self.shift, start + self.shift + len(body.rstrip())

    def _first_line(self, node: Any) -> tuple[int, int]:
        start, end = self._range(node)
        line_end = self.text.find("\n", start)
        return start, end if line_end < 0 else min(end, line_end)

    def _offsets(self, node: Any) -> Offsets:
        """Where the characters of a scalar's value stand; kept, for one text may hold many findings."""
        found = self._known.get(id(node))
        if found is None:
            raw = self.text[node.start_mark.index + self.shift : node.end_mark.index + self.shift]
            found = self._known[id(node)] = Offsets(node.value, raw, node.style)
        return found


def _step(node: Any, part: str | int) -> tuple[Any, Any] | None:
    if node is None or isinstance(node.value, str):
        return None
    if isinstance(part, int):
        known = node.id == "sequence" and 0 <= part < len(node.value)
        return (None, node.value[part]) if known else None
    if node.id != "mapping":
        return None
    return next(((k, v) for k, v in reversed(node.value) if k.value == part), None)
