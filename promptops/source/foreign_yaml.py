"""YAML that other tools wrote: anchors, aliases and merge keys are read, and nothing is unbounded.

Plain data comes out: None, bool, `Map`, `Seq`, and every other scalar as the text that was written
(`1.10` stays `1.10`; `yes` is text, as YAML 1.2 has it). Tags are refused but the core ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from promptops.source.libyaml import CParser, yaml
from promptops.source.shape import MAX_DEPTH
from promptops.source.text import BOM, at

MOST_VALUES = 200_000  # once every alias is written out

_INDENT = re.compile(r"^[ \t?:-]{500}", re.MULTILINE)
_CORE = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ["str", "int", "float", "bool", "null", "seq", "map"]
)
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})


class Map(dict[str, Any]):
    """A mapping. line: where it begins, 1-based; lines: of each key."""

    line = 0

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class Seq(list[Any]):
    """A list. lines: of each entry, 1-based."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__(values)
        self.lines: list[int] = []


class _Reader(CParser):
    """libyaml's composer without PyYAML's tag resolution."""

    def resolve(self, *_: Any) -> None:
        return None

    def descend_resolver(self, *_: Any) -> None:
        return None

    def ascend_resolver(self) -> None:
        return None


def load_foreign(text: str, path: str, first_line: int = 1) -> Any:
    """The first YAML document of `text`, None where there is nothing.

    first_line: the line of the file at which `text` begins. InputError, with line and column,
    where it is not YAML, holds a tag, nests deeper than 50 or means more than 200,000 values.
    """
    body = text.removeprefix(BOM)
    try:
        _shallow(body)
        reader = _Reader(body)
        if not reader.check_node():
            return None
        return _Building(first_line).value(reader.get_node(), 0)
    except _Refused as error:
        message, offset = error.args
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message, offset = f"not YAML: {error.problem or error.context}", mark.index if mark else 0
    except (yaml.YAMLError, ValueError, RecursionError, MemoryError) as error:
        message, offset = f"not YAML: {str(error).splitlines()[0][:80]}", 0
    found = at(body, offset, path, message, "mend it, then import it")
    found.line += first_line - 1
    raise found


class _Refused(Exception):
    """(message, offset)."""


def _shallow(text: str) -> None:
    """Refuse what nests too deep before a recursive reader sees it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH and not _INDENT.search(text):
        return
    reader, depth = _Reader(text), 0
    while (event := _event(reader)) is not None:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _Refused(f"nested deeper than {MAX_DEPTH}", event.start_mark.index)


def _event(reader: Any) -> Any:
    event = reader.get_event()
    return None if isinstance(event, yaml.StreamEndEvent | yaml.DocumentEndEvent) else event


class _Building:
    """Plain data from nodes, and how many of them."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.count = 0

    def value(self, node: Any, depth: int) -> Any:
        self.count += 1
        start = node.start_mark.index
        if depth > MAX_DEPTH:
            raise _Refused(f"nested deeper than {MAX_DEPTH}, or it holds itself", start)
        if self.count > MOST_VALUES:
            raise _Refused(f"its aliases stand for more than {MOST_VALUES:,} values", start)
        if node.tag and node.tag not in _CORE and node.tag != "!":
            raise _Refused(f"tags are not allowed: {node.tag[:60]}", start)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return self._list(node, depth)
        return self._map(node, depth)

    def _list(self, node: Any, depth: int) -> Seq:
        found = Seq()
        for child in node.value:
            found.append(self.value(child, depth + 1))
            found.lines.append(self._line(child))
        return found

    def _map(self, node: Any, depth: int) -> Map:
        found, merged = Map(), Map()
        found.line = self._line(node)
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused("a key is no text", key.start_mark.index)
            value = self.value(child, depth + 1)
            if key.value == "<<" and not key.style:
                for one in value if isinstance(value, Seq) else [value]:
                    merged.update({k: v for k, v in _items(one, key) if k not in merged})
                continue
            if key.value in found:
                raise _Refused(f"the key `{key.value[:60]}` stands twice", key.start_mark.index)
            found[key.value] = value
            found.lines[key.value] = self._line(key)
        for name, value in merged.items():
            found.setdefault(name, value)
        return found

    def _line(self, node: Any) -> int:
        return int(node.start_mark.line) + self.first_line


def _items(value: Any, key: Any) -> Any:
    if not isinstance(value, Map):
        raise _Refused("`<<` merges mappings only", key.start_mark.index)
    return value.items()


def _scalar(node: Any) -> Any:
    if node.style or node.tag == "tag:yaml.org,2002:str":
        return node.value
    if node.value in _NULL:
        return None
    return _TRUTH.get(node.value, node.value)


def text_of(value: Any) -> str:
    """A scalar as text, anything else as JSON on one line."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    from json import dumps

    return dumps(value, ensure_ascii=False)
