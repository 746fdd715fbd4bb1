"""Shapes of tests and assertions: the types of `ASSERTIONS`, and which cases a test uses."""

from __future__ import annotations

from promptops.diagnostic import Place
from promptops.model import ASSERTIONS, Assertion, CaseSelection
from promptops.source.argument_shapes import ARGUMENTS, OPTIONS, OPTIONS_OF
from promptops.source.containers import Field, ListOf, MapOf, Record
from promptops.source.shape import WRONG, Log, Shape, is_map, keys, nearest
from promptops.source.value_shapes import Text

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

SLICES = MapOf(ListOf(Text(), lone=True))


class AssertionShape(Shape):
    """`{regex: 'x', ignore_case: true}`: one known type, `not_` before it or not, then options."""

    noun = "an assertion such as `{contains: text}`"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        if not is_map(node):
            return self.wrong(node, place, log)
        found: list[tuple[str, Any]] = []
        options: dict[str, Any] = {}
        for name, child in keys(node, place, log):
            if name in OPTIONS:
                options[name] = OPTIONS[name].shape.read(child, (*place, name), log)
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
        argument = ARGUMENTS[ASSERTIONS[kind]].read(child, (*place, name), log)
        for option in options:
            if kind not in OPTIONS_OF[option]:
                message = f"`{option}` means nothing to `{kind}`"
                log.add("invalid-value", (*place, option), message, "delete it", key=True)
        if argument is WRONG or WRONG in options.values():
            return WRONG
        return Assertion(kind, argument, name != kind, options)

    def _unknown(self, name: str, place: Place, log: Log) -> None:
        guess = nearest(name, [*ASSERTIONS, *(f"not_{kind}" for kind in ASSERTIONS), *OPTIONS])
        help = f"did you mean `{guess}`?" if guess else "`promptops schema cases` lists them"
        log.add("unknown-key", (*place, name), f"unknown assertion `{name[:60]}`", help, key=True)

    def schema(self) -> dict[str, Any]:
        properties: dict[str, Any] = {n: f.shape.schema() for n, f in OPTIONS.items()}
        for kind, argument in ASSERTIONS.items():
            properties[kind] = properties[f"not_{kind}"] = ARGUMENTS[argument].schema()
        types = [self._type(name) for name in properties if name not in OPTIONS]
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
            "oneOf": types,
        }

    @staticmethod
    def _type(name: str) -> dict[str, Any]:
        """What goes with one type: the options that mean nothing to it don't."""
        kind = name.removeprefix("not_")
        other = {option: False for option, kinds in OPTIONS_OF.items() if kind not in kinds}
        return {"required": [name], "properties": other} if other else {"required": [name]}


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
