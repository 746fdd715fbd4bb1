"""Expressions of a template: what each kind gives, and what it costs.

Each step and each hundred characters handled cost one unit of work, which bounds time and memory
alike. Meaning follows Jinja 3.1; where Jinja would print an object's address or a list, we refuse.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from promptops.render.context import Context
from promptops.render.filters import FILTERS, TESTS, Misuse, contains, text
from promptops.render.problem import LIMIT, REFUSED, Problem
from promptops.render.rules import RuleView

MAX_WORK = 200_000
MAX_NUMBER = 10**12
Scope = dict[str, Any]
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: contains(right, left),
    "notin": lambda left, right: not contains(right, left),
}
_FIELDS = "rules have id, text, section and priority; `loop` has index, first, last and length"
TOO_LONG = "loop less: a template fills in a prompt, it computes nothing"


@dataclass(frozen=True, slots=True)
class Loop:
    """`loop` inside `{% for %}`."""

    index0: int
    length: int

    @property
    def index(self) -> int:
        """1 in the first round."""
        return self.index0 + 1

    @property
    def revindex0(self) -> int:
        """0 in the last round."""
        return self.length - self.index

    @property
    def revindex(self) -> int:
        """1 in the last round."""
        return self.length - self.index0

    @property
    def first(self) -> bool:
        """True in the first round."""
        return self.index0 == 0

    @property
    def last(self) -> bool:
        """True in the last round."""
        return self.index == self.length


class Stop(Exception):
    """Why rendering ends here, and the word of the template that it is about."""

    def __init__(self, problem: Problem, word: str = "") -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.word = word


class Expressions:
    """The values of expressions in one rendering, with the work they take counted."""

    def __init__(self, context: Context, limit: int) -> None:
        self.context = context
        self.limit = limit  # characters of any one text
        self.left = MAX_WORK + context.given // 10

    def work(self, characters: int = 0) -> None:
        """Count a step that handles so many characters; Stop where the work is over the limit."""
        self.left -= 1 + characters // 100
        if self.left < 0 or characters > self.limit:
            raise Stop(Problem(LIMIT, "template over limit: it takes too much work", TOO_LONG))

    def value(self, node: nodes.Node, scope: Scope) -> Any:
        """What an expression gives."""
        self.work()
        match node:
            case nodes.Const():
                return self._bounded(node.value)
            case nodes.Name():
                if node.name not in scope:
                    raise Stop(self.context.undefined(node.name), node.name)
                return scope[node.name]
            case nodes.Getattr():
                return self.field(self.value(node.node, scope), node.attr)
            case nodes.Call():
                return self._call(node, scope)
            case nodes.Filter():
                return self._filter(node, scope)
            case nodes.Test():
                return self._test(node, scope)
        return self._combined(node, scope)

    def _combined(self, node: nodes.Node, scope: Scope) -> Any:
        match node:
            case nodes.Compare():
                return self._compare(node, scope)
            case nodes.CondExpr():
                chosen = node.expr1 if self.value(node.test, scope) else node.expr2
                return "" if chosen is None else self.value(chosen, scope)
            case nodes.Not():
                return not self.value(node.node, scope)
            case nodes.And():
                return self.value(node.left, scope) and self.value(node.right, scope)
            case nodes.Or():
                return self.value(node.left, scope) or self.value(node.right, scope)
            case nodes.Concat():
                return self._concat([self.value(part, scope) for part in node.nodes])
            case nodes.Add() | nodes.Sub():
                return self._sum(node, self.value(node.left, scope), self.value(node.right, scope))
            case nodes.List() | nodes.Tuple():
                return self._list([self.value(part, scope) for part in node.items])
        raise AssertionError(node)

    def _bounded(self, value: Any) -> Any:
        if isinstance(value, int) and abs(value) > MAX_NUMBER:
            raise Stop(Problem(LIMIT, "template over limit: a number is too large", TOO_LONG))
        return value

    def _list(self, values: list[Any]) -> list[Any]:
        if any(isinstance(value, list | tuple | range) for value in values):
            raise Misuse("a list inside a list")
        return values

    def field(self, owner: Any, name: str) -> Any:
        if not isinstance(owner, RuleView | Loop) or not hasattr(owner, name):
            problem = Problem(REFUSED, f"not allowed in templates: `.{name}` of this", _FIELDS)
            raise Stop(problem, name)
        return getattr(owner, name)

    def _call(self, node: nodes.Call, scope: Scope) -> Any:
        arguments = [self.value(argument, scope) for argument in node.args]
        if node.node.name == "rule":  # type: ignore[attr-defined]
            rule = self.context.rule(arguments[0])
            if isinstance(rule, Problem):
                raise Stop(rule, arguments[0])
            return rule
        if not all(isinstance(argument, int) for argument in arguments) or 0 in arguments[2:]:
            raise Misuse("`range` of anything but whole numbers")
        return range(*arguments)

    def _filter(self, node: nodes.Filter, scope: Scope) -> Any:
        arguments = [self.value(argument, scope) for argument in node.args]
        options = {str(option.key): self.value(option.value, scope) for option in node.kwargs}
        inner = node.node
        assert inner is not None  # only `{% filter %}` has none, and it is refused
        if node.name in ("default", "d"):
            return self._default(inner, scope, *arguments, **options)
        value = self.value(inner, scope)
        try:
            return FILTERS[node.name](self.work, value, *arguments, **options)
        except TypeError:
            raise Misuse(f"the filter `{node.name}` cannot be used like this") from None

    def _default(
        self, node: nodes.Expr, scope: Scope, default_value: Any = "", boolean: Any = False
    ) -> Any:
        if isinstance(node, nodes.Name) and node.name not in scope:
            return default_value
        value = self.value(node, scope)
        return default_value if boolean and not value else value

    def _test(self, node: nodes.Test, scope: Scope) -> bool:
        if node.name in ("defined", "undefined") and isinstance(node.node, nodes.Name):
            return (node.node.name in scope) == (node.name == "defined")
        value = self.value(node.node, scope)
        arguments = [self.value(argument, scope) for argument in node.args]
        self._weigh(value, *arguments)
        try:
            return TESTS[node.name](value, *arguments)
        except TypeError:
            raise Misuse(f"the test `{node.name}` cannot be used like this") from None

    def _compare(self, node: nodes.Compare, scope: Scope) -> bool:
        left = self.value(node.expr, scope)
        for operand in node.ops:
            right = self.value(operand.expr, scope)
            self._weigh(left, right)
            try:
                if not _COMPARE[operand.op](left, right):
                    return False
            except TypeError:
                raise Misuse("comparing values of different kinds") from None
            left = right
        return True

    def _weigh(self, *values: Any) -> None:
        for value in values:
            if isinstance(value, str):
                self.work(len(value))
            elif isinstance(value, list):
                self.work(sum(len(item) if isinstance(item, str) else 1 for item in value))

    def _concat(self, values: list[Any]) -> str:
        texts = [text(value) for value in values]
        self.work(sum(len(part) for part in texts))
        return "".join(texts)

    def _sum(self, node: nodes.BinExpr, left: Any, right: Any) -> Any:
        if isinstance(left, int) and isinstance(right, int):
            return self._bounded(left + right if isinstance(node, nodes.Add) else left - right)
        if isinstance(left, str) and isinstance(right, str) and isinstance(node, nodes.Add):
            return self._concat([left, right])
        raise Misuse("`+` and `-` of anything but two numbers; `~` joins texts")
