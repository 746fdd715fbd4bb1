"""Shapes of tests and assertions: the types of `ASSERTIONS`, and which cases a test uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops.diagnostic import Place
from promptops.model import ASSERTIONS, Assertion, CaseSelection
from promptops.source.containers import Field, ListOf, MapOf, Record
from promptops.source.shape import WRONG, Log, Shape, is_map, keys, nearest
from promptops.source.value_shapes import Anything, Choice, Flag, Number, Text

SLICES = MapOf(ListOf(Text(), lone=True))


class AssertionShape(Shape):
    """`{regex: 'x', ignore_case: true}`: one known type, `not_` before it or not, then options."""

    noun = "an assertion such as `{contains: text}`"
    RANGE = Record(
        {
            "min": Field(Number(), "at least this many"),
            "max": Field(Number(), "at most this many"),
            "exactly": Field(Number(), "exactly this many"),
        },
        shorthand="exactly",
    )
    ARGUMENTS: Mapping[str, Shape] = {
        "text": Text(),
        "texts": ListOf(Text(), lone=True, least=1),
        "pattern": Text(empty=False),
        "flag": Flag(),
        "count": Number(),
        "range": RANGE,
        "map": MapOf(Anything()),
        "any": Anything(),
    }
    OPTIONS: Mapping[str, Field] = {
        "ignore_case": Field(Flag(), "upper and lower case are the same"),
        "engine": Field(
            Choice("re2", "regex"), "which pattern engine; re2 always ends in linear time"
        ),
        "mode": Field(Choice("strict", "loose"), "how IFEval types are judged"),
    }

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_map(node):
            return self.wrong(node, place, log)
        found: list[tuple[str, Any]] = []
        options: dict[str, Any] = {}
        for name, child in keys(node, place, log):
            if name in self.OPTIONS:
                options[name] = self.OPTIONS[name].shape.read(child, (*place, name), log)
            elif name.removeprefix("not_") in ASSERTIONS:
                found.append((name, child))
            else:
                self._unknown(name, place, log)
                return WRONG
        return self._one(found, options, place, log)

    def _one(
        self, found: list[tuple[str, Any]], options: dict[str, Any], place: Place, log: Log
    ) -> Any:
        if len(found) != 1:
            message = "an assertion has one type, this has " + (
                " and ".join(f"`{name}`" for name, _ in found) or "none"
            )
            return log.add(
                "invalid-value", place, message, "write one assertion for each, as a list"
            )
        name, child = found[0]
        kind = name.removeprefix("not_")
        argument = self.ARGUMENTS[ASSERTIONS[kind]].read(child, (*place, name), log)
        if argument is WRONG or WRONG in options.values():
            return WRONG
        return Assertion(kind, argument, name != kind, options)

    def _unknown(self, name: str, place: Place, log: Log) -> None:
        guess = nearest(name, [*ASSERTIONS, *(f"not_{kind}" for kind in ASSERTIONS), *self.OPTIONS])
        help = f"did you mean `{guess}`?" if guess else "`promptops schema cases` lists them"
        log.add("unknown-key", (*place, name), f"unknown assertion `{name[:60]}`", help, key=True)

    def schema(self) -> dict[str, Any]:
        properties: dict[str, Any] = {n: f.shape.schema() for n, f in self.OPTIONS.items()}
        for kind, argument in ASSERTIONS.items():
            properties[kind] = properties[f"not_{kind}"] = self.ARGUMENTS[argument].schema()
        types = [{"required": [name]} for name in properties if name not in self.OPTIONS]
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
            "oneOf": types,
        }


ASSERTS = ListOf(AssertionShape(), lone=True, least=1)


class SelectionShape(Shape):
    """`all`, a list of case ids, or `{slice: {language: de}}`."""

    noun = "case ids, `all`, or `{slice: {…}}`"
    SLICE = Record(
        {"slice": Field(SLICES, "the slice's name and values", True)}, lambda v: v["slice"]
    )
    IDS = ListOf(Text(), lone=True, least=1)

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if is_map(node):
            value = self.SLICE.read(node, place, log)
            return value if value is WRONG else CaseSelection(slice=value)
        ids = self.IDS.read(node, place, log)
        if ids is WRONG:
            return WRONG
        return CaseSelection(all=True) if ids == ("all",) else CaseSelection(ids=ids)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.IDS.schema(), self.SLICE.schema()]}
