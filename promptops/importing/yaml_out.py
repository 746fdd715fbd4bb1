"""Plain data as block YAML that any reader takes for the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promptops.importing.dump import flow, text_lines


def yaml_text(data: Mapping[str, Any]) -> str:
    """A mapping of text, numbers, flags, lists and mappings; ends with a line end."""
    return "".join(line + "\n" for line in _map(data, 0))


def _map(data: Mapping[str, Any], indent: int) -> list[str]:
    lines: list[str] = []
    for key, value in data.items():
        lines += _entry(str(key), value, indent)
    return lines


def _entry(key: str, value: Any, indent: int) -> list[str]:
    name = " " * indent + flow(key)
    match value:
        case str():
            return text_lines(flow(key), value, indent)
        case Mapping() if value:
            return [f"{name}:", *_map(value, indent + 2)]
        case list() | tuple() if value:
            return [f"{name}:", *_list(value, indent + 2)]
    return [f"{name}: {flow(value)}"]


def _list(values: Sequence[Any], indent: int) -> list[str]:
    lines = []
    for value in values:
        if isinstance(value, Mapping) and value:
            inner = _map(value, indent + 2)
            lines += [" " * indent + "- " + inner[0][indent + 2 :], *inner[1:]]
        elif isinstance(value, str) and "\n" in value:
            inner = text_lines("x", value, indent)
            lines += [" " * indent + "- " + inner[0][indent + 3 :], *inner[1:]]
        else:
            lines.append(" " * indent + "- " + flow(value))
    return lines
