"""A YAML prompt as units: one a rule, by its id, and what its messages say besides.

Old versions may break today's format, so this takes what it finds and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptops.errors import InputError
from promptops.history.cut import text_units
from promptops.history.units import PROSE, Unit, normalised
from promptops.source.yaml import compose

SPOKEN = 12  # characters; shorter scalars without a space are settings, not text


def yaml_units(text: str) -> list[Unit]:
    """The units of a YAML file; those of a plain text where it is not (or not yet) YAML."""
    try:
        root = compose(text, "")
    except InputError:
        return text_units(text)
    return sorted(_spoken(root, ""), key=lambda unit: unit.line)


def _spoken(node: Any, key: str) -> Iterator[Unit]:
    match getattr(node, "id", ""):
        case "scalar":
            if len(node.value) >= SPOKEN and " " in node.value:
                yield from _scalar(node, key)
        case "sequence":
            for child in node.value:
                rule = _rule(child) if key == "rules" else None
                yield from [rule] if rule else _spoken(child, key)
        case "mapping":
            for name, child in node.value:
                if name.value not in ("retired", "cases"):
                    yield from _spoken(child, str(name.value))


def _rule(node: Any) -> Unit | None:
    """A mapping with an id and a text, whatever else it holds."""
    if getattr(node, "id", "") != "mapping":
        return None
    fields = {name.value: child for name, child in node.value if child.id == "scalar"}
    if not {"id", "text"} <= fields.keys():
        return None
    text = " ".join(fields["text"].value.split())
    section = normalised(fields["section"].value) if "section" in fields else ""
    last = _last_line(node)
    first = node.start_mark.line + 1
    rule = fields["id"].value
    return Unit(PROSE, text, normalised(text), first, max(first, last), section, rule)


def _last_line(node: Any) -> int:
    """The 1-based line a node ends on. A block collection's own end is where the next thing begins."""
    if node.id == "scalar" or node.flow_style or not node.value:
        return int(node.end_mark.line) + int(node.end_mark.column > 0)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


def _scalar(node: Any, key: str) -> list[Unit]:
    block = node.style in ("|", ">")
    first = node.start_mark.line + (2 if block else 1)
    units = text_units(node.value, first)
    return [unit if unit.section else _under(unit, key) for unit in units]


def _under(unit: Unit, key: str) -> Unit:
    return Unit(unit.kind, unit.text, unit.norm, unit.line, unit.end_line, key.casefold())
