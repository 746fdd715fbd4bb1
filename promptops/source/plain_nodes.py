"""Nodes for data that other readers parsed (JSON, CSV, TOML), so that the same shapes read them."""

from __future__ import annotations

from promptops.source.shape import MAX_DEPTH

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any


class Mark:
    """Where a node starts: `index` in characters, `line` 0-based."""

    __slots__ = ("column", "index", "line")

    def __init__(self, index: int, line: int, column: int = 0) -> None:
        self.index = index
        self.line = line
        self.column = column


class PlainNode:
    """What the shapes look at in a YAML node: id, value, style and marks.

    The id of a number or truth value, "number", says that it is no text that lacks its quotes.
    """

    __slots__ = ("end_mark", "id", "start_mark", "style", "value")

    def __init__(self, id: str, value: Any, style: str | None, start: Mark, end: Mark) -> None:
        self.id = id
        self.value = value
        self.style = style
        self.start_mark = start
        self.end_mark = end


def to_node(data: Any, start: Mark, end: Mark, depth: int = 0) -> PlainNode:
    """Parsed data as nodes that all stand at one range; ValueError where it nests too deep."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(data, dict):
        pairs = [
            (to_node(str(k), start, end), to_node(v, start, end, depth + 1))
            for k, v in data.items()
        ]
        return PlainNode("mapping", pairs, None, start, end)
    if isinstance(data, list):
        nodes = [to_node(v, start, end, depth + 1) for v in data]
        return PlainNode("sequence", nodes, None, start, end)
    if isinstance(data, str):
        return PlainNode("scalar", data, '"', start, end)
    if data is None:
        return PlainNode("scalar", "null", None, start, end)
    word = str(data)
    return PlainNode("number", word.lower() if isinstance(data, bool) else word, None, start, end)
