"""A YAML file that remembers positions: places to offsets, and splices that touch nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.diagnostic import Edit, Place
from promptops.source.document import Lines

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

    from promptops.source.yaml_offsets import Offsets

MAX_MENDED = 1 << 14  # characters of a scalar; a longer one is for a person to mend
_IMPOSSIBLE = Edit(-1, -1, "")
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
        if not place:
            return [] if within is None else [Edit(*within, replacement)]
        _, node, whole = self._find(place)
        if not whole or not isinstance(node.value, str):
            return []
        if within is not None:
            return self._splice(node, within, replacement)
        if replacement == node.value:  # the text is right, the way it is written is not
            from promptops.source.scalars import scalar

            return [Edit(*self._range(node), scalar(replacement))]
        return self._by_line(node, replacement)

    def _by_line(self, node: Any, replacement: str) -> list[Edit]:
        """The splices that make the whole value read `replacement`, line by line."""
        before, after = node.value.split("\n"), replacement.split("\n")
        edits: list[Edit] = []
        at = 0
        for old, new in zip(before, after, strict=False):
            if old != new:
                edits += self._splice(node, (at, at + len(old)), new) or [_IMPOSSIBLE]
            at += len(old) + 1
        return [] if _IMPOSSIBLE in edits or len(before) != len(after) else edits

    def _splice(self, node: Any, within: tuple[int, int], replacement: str) -> list[Edit]:
        """The one edit that changes the value so and nothing else; none where that is not certain."""
        from promptops.source.yaml_offsets import reads_as

        offsets = self._offsets(node)
        place = offsets.range(*within)
        raw, value = offsets.raw, node.value
        if place is None or len(raw) > MAX_MENDED or _NEEDS_CARE & set(replacement):
            return []
        mended = raw[: place[0]] + replacement + raw[place[1] :]
        wanted = value[: within[0]] + replacement + value[within[1] :]
        same = raw[slice(*place)] == value[slice(*within)]
        if not same or not reads_as(wanted, mended, node.style):
            return []
        begin = node.start_mark.index + self.shift
        return [Edit(begin + place[0], begin + place[1], replacement)]

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
            from promptops.source.yaml_offsets import Offsets

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
