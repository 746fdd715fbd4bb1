"""Picoschema, dotprompt's short way to write JSON Schema: `name?: string, what it is`.

https://google.github.io/dotprompt/reference/picoschema/
"""

from __future__ import annotations

import re
from typing import Any

from promptops.source.foreign_yaml import Map, Seq, text_of

_KEY = re.compile(
    r"(?P<name>[^?()\s]+)(?P<optional>\?)?(?:\((?P<kind>\w+)(?:,\s*(?P<says>.*))?\))?"
)
_SCALARS = frozenset({"string", "number", "integer", "boolean", "null", "any"})


def json_schema(schema: Any) -> dict[str, Any]:
    """The JSON Schema that a picoschema stands for; one that is JSON Schema already stays as it is."""
    if isinstance(schema, Map) and (
        "$schema" in schema or schema.get("type") in (*_SCALARS, "object", "array")
    ):
        return {key: _plain(inner) for key, inner in schema.items()}
    if isinstance(schema, Map):
        return _object(schema)
    return _scalar(text_of(schema))


def fields(schema: Any) -> list[tuple[str, str]]:
    """(name, what it is) of the top level's fields; types but text are named."""
    if not isinstance(schema, Map):
        return []
    if isinstance(schema.get("properties"), Map):
        return [
            (name, text_of(about.get("description")) if isinstance(about, Map) else "")
            for name, about in schema["properties"].items()
        ]
    return [_field(key, value) for key, value in schema.items()]


def _field(key: str, value: Any) -> tuple[str, str]:
    found = _KEY.fullmatch(key)
    if found is None:
        return key, ""
    kind, says = found["kind"] or "", found["says"] or ""
    if isinstance(value, str) and not kind:
        kind, _, says = (part.strip() for part in value.partition(","))
    parts = [says, f"({kind})" if kind and kind != "string" else ""]
    return found["name"], " ".join(filter(None, parts))


def _object(schema: Map) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": {}}
    required = []
    for key, value in schema.items():
        found = _KEY.fullmatch(key)
        if key == "(*)" or found is None:
            made["additionalProperties"] = json_schema(value)
            continue
        made["properties"][found["name"]] = _typed(found["kind"], found["says"], value)
        if not found["optional"]:
            required.append(found["name"])
    made.setdefault("additionalProperties", False)
    return {**made, "required": required} if required else made


def _typed(kind: str | None, says: str | None, value: Any) -> dict[str, Any]:
    about = {"description": says} if says else {}
    if kind == "array":
        return {"type": "array", "items": json_schema(value), **about}
    if kind == "enum":
        return {"enum": _plain(value) if isinstance(value, Seq) else [text_of(value)], **about}
    return {**json_schema(value), **about}


def _scalar(text: str) -> dict[str, Any]:
    kind, _, says = (part.strip() for part in text.partition(","))
    made: dict[str, Any] = {"type": kind} if kind in _SCALARS - {"any"} else {}
    if kind not in _SCALARS:
        says = text
    return {**made, "description": says} if says else made


def _plain(value: Any) -> Any:
    if isinstance(value, Map):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, Seq) else value
