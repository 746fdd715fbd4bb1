"""Shapes of lists and mappings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promptops.diagnostic import Place
from promptops.excerpt import excerpt
from promptops.patterns import later
from promptops.source.shape import (
    NULL,
    WRONG,
    Log,
    Shape,
    is_map,
    is_null,
    is_scalar,
    keys,
    name_of,
    nearest,
)
from promptops.values import dataclass

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any


class ListOf(Shape):
    """A list; with `lone`, a single value stands for a list of one."""

    def __init__(self, item: Shape, lone: bool = False, least: int = 0) -> None:
        self.item = item
        self.lone = lone
        self.least = least
        self.noun = "a list" if not lone else f"{item.noun} or a list"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if node.id != "sequence":
            if not self.lone:
                return self.wrong(node, place, log)
            value = self.item.read(node, place, log)
            return value if value is WRONG else (value,)
        values = [self.item.read(child, (*place, i), log) for i, child in enumerate(node.value)]
        if len(values) < self.least:
            return log.add("invalid-value", place, f"{name_of(place)} is empty", "add an entry")
        kept = tuple(i for i, value in enumerate(values) if value is not WRONG)
        if len(kept) < len(values):
            log.kept[place] = kept
        return tuple(values[i] for i in kept)

    def schema(self) -> dict[str, Any]:
        many: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.least:
            many["minItems"] = self.least
        return {"anyOf": [self.item.schema(), many]} if self.lone else many


class MapOf(Shape):
    """A mapping from names to one shape."""

    noun = "a mapping"

    def __init__(
        self, item: Shape, build: Callable[[str, Any], Any] | None = None, names: str = ""
    ) -> None:
        self.item = item
        self.build = build
        self.names = later(names + r"\Z") if names else None

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_map(node):
            return self.wrong(node, place, log)
        values = {}
        for name, child in keys(node, place, log):
            if self.names is not None and not self.names.match(name):
                log.add(
                    "invalid-value",
                    (*place, name),
                    f"`{name}` is not a name",
                    "use letters, digits and _",
                    key=True,
                )
                continue
            value = self.item.read(child, (*place, name), log)
            if value is not WRONG:
                values[name] = value if self.build is None else self.build(name, value)
        return values

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "object", "additionalProperties": self.item.schema()}
        if self.names is not None:
            made["propertyNames"] = {"pattern": f"^(?:{self.names.pattern[:-2]})$"}
        return made


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record: its shape, whether it must be there, what it is for."""

    shape: Shape
    says: str
    required: bool = False


class Record(Shape):
    """A mapping with known keys. `build` gets the values that were read, by key."""

    noun = "a mapping"

    def __init__(
        self,
        fields: Mapping[str, Field],
        build: Callable[[dict[str, Any]], Any] = dict,
        shorthand: str = "",
    ) -> None:
        self.fields = fields
        self.required = tuple(name for name, field in fields.items() if field.required)
        self.build = build
        self.shorthand = shorthand  # a bare value stands for {shorthand: value}

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_map(node):
            if self.shorthand and is_scalar(node) and not is_null(node):
                value = self.fields[self.shorthand].shape.read(node, place, log)
                return value if value is WRONG else self.build({self.shorthand: value})
            return self.wrong(node, place, log)
        values: dict[str, Any] = {}
        wrong = set()
        for name, child in keys(node, place, log):
            field = self.fields.get(name)
            if field is None:
                self._unknown(name, place, log)
            elif child.id != "scalar" or child.style or child.value not in NULL:
                value = field.shape.read(child, (*place, name), log)
                if value is WRONG:
                    wrong.add(name)
                else:
                    values[name] = value
        return self._built(values, wrong, place, log)

    def _built(self, values: dict[str, Any], wrong: set[str], place: Place, log: Log) -> Any:
        missing = [name for name in self.required if name not in values]
        for name in missing:
            if name not in wrong:
                says = self.fields[name].says
                log.add(
                    "missing-key", (*place, name), f"`{name}` is missing", f"add `{name}:` — {says}"
                )
        return WRONG if missing else self.build(values)

    def _unknown(self, name: str, place: Place, log: Log) -> None:
        guess = nearest(name, list(self.fields))
        help = f"did you mean `{guess}`?" if guess else "known here: " + ", ".join(self.fields)
        log.add("unknown-key", (*place, name), f"unknown key `{excerpt(name)}`", help, key=True)

    def schema(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {"description": field.says, **_or_null(field)}
                for name, field in self.fields.items()
            },
        }
        if self.required:
            made["required"] = list(self.required)
        if self.shorthand:
            return {"anyOf": [self.fields[self.shorthand].shape.schema(), made]}
        return made


def _or_null(field: Field) -> dict[str, Any]:
    """The schema of a field's shape; a key with nothing after it is as good as none."""
    made = field.shape.schema()
    if field.required:
        return made
    if "type" in made:
        return {**made, "type": [made["type"], "null"]}
    if "enum" in made:
        return {"enum": [*made["enum"], None]}
    return {"anyOf": [*made["anyOf"], {"type": "null"}]} if "anyOf" in made else made
