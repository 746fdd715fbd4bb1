"""The filters and tests that templates may use: those of Jinja, with work that can be bounded.

Text filters are Jinja's own functions. A size that a filter could make up is checked before the
text is made, never after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jinja2 import filters as jinja
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import escape

from promptops.render.rules import RuleList, RuleView

RULE_FIELDS = frozenset({"id", "text", "section", "priority"})
Work = Callable[
    [int], None
]  # told the characters about to be handled; raises when they are too many


class Misuse(Exception):
    """A filter or an operator used on what it cannot take; the message says so."""


def text(value: Any) -> str:
    """`value` as Jinja prints it; Misuse for a list, whose printed form is nothing for a model."""
    if isinstance(value, list | tuple | range) and not isinstance(value, RuleList):
        raise Misuse('a list is no text: say how, as in `| join(", ")`')
    return str(value)


def items(value: Any) -> Sequence[Any]:
    """The items of a list; Misuse where `value` is none."""
    if not isinstance(value, list | tuple | range):
        raise Misuse("only rules and lists have items")
    return value


def _number(value: Any, most: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise Misuse(f"a number of 0 to {most} is wanted")
    return value


def _replace(work: Work, value: Any, old: Any, new: Any) -> str:
    whole, old, new = text(value), text(old), text(new)
    work(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new)


def _indent(work: Work, value: Any, width: Any = 4, first: Any = False, blank: Any = False) -> str:
    whole, indent = text(value), width if isinstance(width, str) else " " * _number(width, 200)
    work(len(whole) + (len(whole.splitlines()) + 1) * len(indent))
    indented: str = jinja.do_indent(whole, indent, bool(first), bool(blank))
    return indented


def _join(work: Work, value: Any, between: Any = "", attribute: Any = None) -> str:
    def parts() -> Iterator[str]:
        for item in items(value):
            part = text(item if attribute is None else _field(item, attribute))
            work(len(part) + len(between))
            yield part

    between = text(between)
    joined: str = between.join(parts())
    return joined


def _field(item: Any, name: Any) -> Any:
    if name not in RULE_FIELDS or not isinstance(item, RuleView):
        raise Misuse("only rules have fields: id, text, section and priority")
    return getattr(item, name)


def _sort(
    work: Work, value: Any, reverse: Any = False, case_sensitive: Any = False, attribute: Any = None
) -> Any:
    """The items, or rules by a field; those without it come last."""

    def key(item: Any) -> tuple[bool, Any]:
        found = item if attribute is None else _field(item, attribute)
        small = isinstance(found, str) and not case_sensitive
        return (found is None) != bool(reverse), found.lower() if small else (found or 0)

    listed = items(value)
    work(len(listed) * 100)
    ordered = sorted(listed, key=key, reverse=bool(reverse))
    return RuleList(ordered) if isinstance(listed, RuleList) else ordered


def _trim(work: Work, value: Any, chars: Any = None) -> str:
    whole = text(value)
    work(len(whole) * (1 if chars is None else 1 + len(text(chars))))
    return whole.strip(chars)


def _tojson(work: Work, value: Any) -> str:
    plain = value if value is None or isinstance(value, bool | int | float) else text(value)
    work(len(str(plain)) * 6)
    return str(htmlsafe_json_dumps(plain))


def contains(whole: Any, part: Any) -> bool:
    """`part in whole`, without counting a long range through."""
    if isinstance(whole, range):
        return isinstance(part, int) and part in whole
    return part in whole


def _section(work: Work, value: Any, name: Any) -> RuleList:
    work(len(items(value)))
    if not isinstance(value, RuleList):
        raise Misuse("only rules have sections")
    return value.section(name)


def _first(work: Work, value: Any) -> Any:
    work(1)
    return _some(value)[0]


def _last(work: Work, value: Any) -> Any:
    work(1)
    return _some(value)[-1]


def _length(work: Work, value: Any) -> int:
    work(1)
    return len(value if isinstance(value, str) else items(value))


def _some(value: Any) -> Sequence[Any]:
    listed = value if isinstance(value, str) else items(value)
    if not listed:
        raise Misuse("nothing is first or last in an empty list")
    return listed


def _simple(run: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose result is about as long as its input."""

    def filtered(work: Work, value: Any, *args: Any) -> Any:
        whole = text(value)
        work(len(whole))
        return run(whole, *args)

    return filtered


FILTERS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _simple(jinja.do_capitalize),
    "d": _simple(str),  # the interpreter reads `default` and `d`: it knows what is undefined
    "default": _simple(str),
    "e": _simple(lambda value: str(escape(value))),
    "escape": _simple(lambda value: str(escape(value))),
    "first": _first,
    "indent": _indent,
    "join": _join,
    "last": _last,
    "length": _length,
    "lower": _simple(str.lower),
    "replace": _replace,
    "section": _section,
    "sort": _sort,
    "string": _simple(str),
    "title": _simple(jinja.do_title),
    "tojson": _tojson,
    "trim": _trim,
    "upper": _simple(str.upper),
}

TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": lambda _: True,  # read by the interpreter, as `undefined` is
    "undefined": lambda _: False,
    "none": lambda value: value is None,
    "eq": lambda value, other: bool(value == other),
    "equalto": lambda value, other: bool(value == other),
    "ne": lambda value, other: bool(value != other),
    "in": lambda value, other: contains(other, value),
    "even": lambda value: value % 2 == 0,
    "odd": lambda value: value % 2 == 1,
}
