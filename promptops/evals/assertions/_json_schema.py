"""JSON Schemas that strangers wrote, held against answers that models wrote.

jsonschema would fetch what a schema refers to, run patterns in Python's `re`, compare each list item
with each other, and follow a schema that refers to itself for ever. Here nothing is fetched,
patterns run in RE2, and the work is counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from promptops.errors import ConfigError
from promptops.evals.assertions._extras import missing
from promptops.evals.assertions._json import canonical
from promptops.evals.assertions._patterns import search

STEPS = 30_000
DEPTH = (
    100  # of keywords within keywords; what is deeper ends in a panic of the library's Rust part
)
NESTED = 60  # levels of a schema; files nest 50 deep at most
_work: ContextVar[_Work] = ContextVar("_work")


@dataclass(slots=True)
class _Work:
    """How many keywords may still be looked at, and how many are being looked at."""

    left: int
    depth: int = 0


class Endless(Exception):
    """Checking takes more steps than any sensible schema does, or refers to itself for ever."""


def first_error(value: Any, schema: Any, length: int) -> tuple[str, str] | None:
    """(where, what is wrong) of the first error in the order of the schema, or None.

    length: of the text that `value` was read from; the work allowed grows with it. `Endless` where
    it doesn't suffice; ConfigError for a schema that is none, or that refers to what isn't in it.
    """
    from referencing.exceptions import Unresolvable

    try:
        validator = _validator(json.dumps(schema))
        _work.set(_Work(STEPS + 20 * length))
        error = next(validator.iter_errors(value), None)
    except RecursionError:
        raise Endless from None
    except Unresolvable as refused:
        raise ConfigError(
            f"the schema refers to `{str(refused.ref)[:60]}`, which is not in it",
            "write it under `$defs`: nothing is fetched",
        ) from None
    if error is None:
        return None
    message = error.message
    return error.json_path, message if len(message) <= 200 else message[:197] + "…"


@lru_cache(maxsize=64)
def _validator(text: str) -> Any:
    try:
        from jsonschema import Draft202012Validator, FormatChecker, SchemaError
        from jsonschema.validators import validator_for
    except ImportError:
        raise missing("`json_schema`", "jsonschema") from None
    from referencing import Registry

    schema = json.loads(text)
    _refuse(schema)
    kind: Any = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        raise ConfigError(f"not a JSON Schema: {error.message[:100]}", "correct it") from None
    return _careful(kind)(_one_dialect(schema), registry=Registry())


@cache
def _careful(kind: Any) -> Any:
    from jsonschema import validators

    extend: Any = validators.extend
    own = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    return extend(kind, {name: _counted(run) for name, run in {**kind.VALIDATORS, **own}.items()})


def _counted(run: Callable[..., Iterator[Any] | None]) -> Callable[..., Iterator[Any]]:
    def keyword(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
        work = _work.get()
        work.left -= 1
        if work.left < 0 or work.depth == DEPTH:
            raise Endless
        work.depth += 1
        try:
            yield from run(validator, wanted, instance, schema) or ()
        finally:
            work.depth -= 1

    return keyword


def _error(message: str) -> Any:
    from jsonschema import ValidationError

    return ValidationError(message)


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "string") and not search(pattern, instance):
        yield _error(f"{instance[:60]!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any
) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, inner in patterns.items():
            for name, value in instance.items():
                if search(pattern, name):
                    yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, wanted: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in instance:
        if name in known or any(search(pattern, name) for pattern in patterns):
            continue
        if wanted is False:
            yield _error(f"{name[:60]!r} is not allowed")
        else:
            yield from validator.descend(instance[name], wanted, path=name)


def _unique_items(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    if wanted and validator.is_type(instance, "array"):
        seen = set()
        for item in map(canonical, instance):
            if item in seen:
                yield _error("the list holds the same item twice")
                return
            seen.add(item)


def _refuse(schema: Any) -> None:
    """What jsonschema is not safe with: depth, and `patternProperties` where it runs them in `re`."""
    names: set[str] = set()
    queue = [(schema, 0)]
    while queue:
        part, depth = queue.pop()
        if depth > NESTED:
            raise ConfigError(
                f"the schema is nested deeper than {NESTED}", "put parts under `$defs`"
            )
        if isinstance(part, dict):
            names.update(part)
        if isinstance(part, (dict, list)):
            inner = part.values() if isinstance(part, dict) else part
            queue += [(each, depth + 1) for each in inner]
    if {"unevaluatedProperties", "patternProperties"} <= names:
        raise ConfigError(
            "`unevaluatedProperties` beside `patternProperties` is not supported",
            "use `additionalProperties`",
        )


def _one_dialect(schema: Any) -> Any:
    """The schema without `$schema`: a part that names a dialect would be checked without our care."""
    if isinstance(schema, dict):
        return {
            name: part if name in ("const", "enum") else _one_dialect(part)
            for name, part in schema.items()
            if name != "$schema" or not isinstance(part, str)
        }
    return [_one_dialect(part) for part in schema] if isinstance(schema, list) else schema
