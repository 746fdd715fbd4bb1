"""Answers that are data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._counting import within
from promptops.evals.assertions._finding import unfinished
from promptops.evals.assertions._json import MISSING, NotJson, canonical, read, shown, value_at
from promptops.evals.assertions._json_schema import Endless, first_error
from promptops.evals.assertions._patterns import search

_WORD = re.compile(r"\w+")


@assertion("json", published=True)
def json(answer: str, argument: bool, context: Context) -> Judgement:  # noqa: ARG001
    """The answer is one JSON value of any kind, in a Markdown fence or not, and nothing else.

    This is IFEval's *json_format*: a bare number or word in quotes is JSON, and so is `NaN`.
    """
    if context.cut:
        return unfinished("`json`")
    try:
        read(answer)
    except NotJson as error:
        return Judgement(None if error.deep else False, str(error))
    return Judgement(True, "the answer is JSON")


@assertion("json_schema")
def json_schema(answer: str, argument: Any, context: Context) -> Judgement:
    """The answer is JSON, as for `json`, that satisfies the JSON Schema given (2020-12, or the one that
    `$schema` names).

    Patterns run in RE2, nothing is fetched, `format` is not checked. A schema that refers to itself
    for ever, or that takes tens of thousands of steps, leaves the answer not judged.
    """
    if context.cut:
        return unfinished("`json_schema`")
    try:
        wrong = first_error(read(answer), argument, len(answer))
    except NotJson as error:
        return Judgement(None if error.deep else False, str(error))
    except Endless:
        return Judgement(None, "checking the schema does not come to an end")
    if wrong is None:
        return Judgement(True, "the answer satisfies the schema")
    where, what = wrong
    return Judgement(False, f"{where}: {what}")


@assertion("json_path")
def json_path(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The answer is JSON, as for `json`, and its value at `path` is as wanted: `equals`, `one_of`,
    `contains` (a text in a text, an item in a list), `matches` (a pattern, in RE2), `min` and `max` (of
    a number), `min_words` and `max_words` (of a text), `exists: false`. With `path` alone, there is a
    value. Several must all hold, and where there is no value none does.

    A path is `$` and then names and places: `$.items[0].name`, `$['a name']`.
    """
    if context.cut:
        return unfinished("`json_path`")
    try:
        return _at_path(value_at(read(answer), argument["path"]), argument)
    except NotJson as error:
        return Judgement(None if error.deep else False, str(error))
    except RecursionError:
        return Judgement(None, "the value is nested too deep to be compared")


def _at_path(value: Any, argument: Mapping[str, Any]) -> Judgement:
    wanted = {name: given for name, given in argument.items() if name != "path"}
    exists = wanted.pop("exists", True)
    if value is MISSING or not exists:
        there = "nothing" if value is MISSING else shown(value)
        return Judgement((value is not MISSING) == exists, f"{argument['path']} holds {there}")
    for name, given in wanted.items():
        if not _holds(name, given, value):
            reason = f"{argument['path']} holds {shown(value)}, wanted {name} {shown(given)}"
            return Judgement(False, reason)
    return Judgement(True, f"{argument['path']} holds {shown(value)}")


def _holds(name: str, wanted: Any, value: Any) -> bool:
    match name, value:
        case "equals", _:
            return canonical(value) == canonical(wanted)
        case "one_of", _:
            return canonical(value) in {canonical(each) for each in wanted}
        case "contains", list():
            return canonical(wanted) in {canonical(each) for each in value}
        case "contains", str():
            return str(wanted) in value
        case "matches", str():
            return search(wanted, value) is not None
        case (("min" | "max"), int() | float()) if not isinstance(value, bool):
            return bool(value >= wanted if name == "min" else value <= wanted)
        case (("min_words" | "max_words"), str()):
            found = sum(1 for _ in _WORD.finditer(value))
            return within(found, found, {name[:3]: wanted}, "").passed is True
    return False
