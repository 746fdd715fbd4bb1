"""JSON in an answer, and values within it."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from promptops.errors import ConfigError

_FENCES = ("```json", "```Json", "```JSON", "```")
_STEP = re.compile(r"""\.([^\W\d][\w-]*)|\[(\d{1,9})\]|\[(?:'([^'\]]*)'|"([^"\]]*)")\]""")
MISSING = object()


class NotJson(ValueError):
    """The answer is no JSON; `deep`: it may be, but nothing here reads so many levels."""

    def __init__(self, reason: str, deep: bool = False) -> None:
        super().__init__(reason)
        self.deep = deep


def read(answer: str) -> Any:
    """The answer's value, with or without a Markdown fence round all of it; NotJson for none.

    As in IFEval `NaN` and `Infinity` are taken, and of a name written twice the last counts.
    """
    text = answer.strip()
    for fence in _FENCES:
        text = text.removeprefix(fence)
    try:
        return json.loads(text.removesuffix("```").strip())
    except RecursionError:
        raise NotJson("the answer is nested too deep to be read", deep=True) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"the answer is not JSON: {error.msg.lower()} at {where}") from None
    except ValueError:
        raise NotJson("the answer is not JSON that can be read: a number is too long") from None


@lru_cache(maxsize=256)
def steps(path: str) -> tuple[str | int, ...]:
    """The names and places of `$.a.b[0]['c d']`; ConfigError for anything else."""
    found: list[str | int] = []
    at = 1
    while path[:1] == "$" and (step := _STEP.match(path, at)):
        name, index, *quoted = step.groups()
        found.append(int(index) if index else name or quoted[0] or quoted[1] or "")
        at = step.end()
    if path[:1] != "$" or at != len(path):
        raise ConfigError(
            f"`{path[:60]}` is not a path that is supported here",
            "write names and places, such as `$.items[0].name` or `$['a name']`",
        )
    return tuple(found)


def value_at(value: Any, path: str) -> Any:
    """The value at a path, or MISSING."""
    for step in steps(path):
        match step, value:
            case str(), dict() if step in value:
                value = value[step]
            case int(), list() if step < len(value):
                value = value[step]
            case _:
                return MISSING
    return value


def canonical(value: Any) -> Hashable:
    """Equal for values that JSON takes for equal: 1 and 1.0 are, 1 and true are not."""
    match value:
        case bool() | None:
            return ("word", value)
        case list() | tuple():
            return tuple(canonical(item) for item in value)
        case dict():
            return frozenset((name, canonical(item)) for name, item in value.items())
    return value if isinstance(value, Hashable) else repr(value)


def shown(value: Any) -> str:
    """A value as JSON, at most 60 characters of it."""
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text[:57]}…`" if len(text) > 60 else f"`{text}`"
