"""The least JSON that a schema allows, and what it costs pretty, spaced and compact."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_DEEPEST = 16  # a schema may refer to itself
_EMPTY: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": True}


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Tokens of the smallest answer a schema allows; `fields` are of each top-level field alone."""

    compact: int
    spaced: int
    pretty: int
    fields: Mapping[str, int]


def skeleton(schema: Mapping[str, Any], size: Callable[[str], int]) -> Skeleton:
    """The three ways to write it, and each top-level field with its name, compact."""
    least = smallest(schema)
    fields = least if isinstance(least, dict) else {}
    return Skeleton(
        size(json.dumps(least, separators=(",", ":"), ensure_ascii=False)),
        size(json.dumps(least, ensure_ascii=False)),
        size(json.dumps(least, indent=2, ensure_ascii=False)),
        {name: size(_field(name, value)) for name, value in fields.items()},
    )


def _field(name: str, value: Any) -> str:
    text = json.dumps({name: value}, separators=(",", ":"), ensure_ascii=False)
    return text[1:-1]


def smallest(schema: Any) -> Any:
    """The smallest value a JSON Schema allows, as far as types, enums and required fields say.

    Patterns and formats are not looked at: a string they demand is longer than the empty one.
    """
    return _least(schema, schema, 0)


def _least(schema: Any, root: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    schema = _followed(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return min(schema["enum"], key=lambda one: len(json.dumps(one)))
    for several in ("anyOf", "oneOf"):
        if schema.get(several):
            options = [_least(one, root, depth + 1) for one in schema[several]]
            return min(options, key=lambda one: len(json.dumps(one)))
    if schema.get("allOf"):
        schema = _merged([_followed(one, root) for one in schema["allOf"] if isinstance(one, dict)])
    return _of_type(schema, root, depth)


def _of_type(schema: Mapping[str, Any], root: Any, depth: int) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    properties = schema.get("properties", {})
    if kind == "object" or properties:
        required = schema.get("required", ())
        return {
            name: _least(one, root, depth + 1)
            for name, one in properties.items()
            if name in required
        }
    if kind == "array":
        return [_least(schema.get("items"), root, depth + 1)] * min(schema.get("minItems", 0), 999)
    if kind == "string":
        return "x" * min(schema.get("minLength", 0), 9999)
    return _EMPTY.get(kind) if isinstance(kind, str) else None


def _followed(schema: Mapping[str, Any], root: Any) -> Mapping[str, Any]:
    """The schema a local `$ref` names; a remote one is never fetched."""
    for _ in range(_DEEPEST):
        target = schema.get("$ref")
        if not isinstance(target, str) or not target.startswith("#"):
            return schema
        found = root
        for step in target[1:].strip("/").split("/") if target != "#" else ():
            found = found.get(step, {}) if isinstance(found, dict) else {}
        schema = found if isinstance(found, dict) else {}
    return schema


def _merged(schemas: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for one in schemas:
        properties.update(one.get("properties", {}))
        required += one.get("required", ())
    kinds = [one["type"] for one in schemas if "type" in one]
    return {"type": kinds[0] if kinds else None, "properties": properties, "required": required}
