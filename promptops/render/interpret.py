"""Runs a template that Jinja has parsed, statement by statement, and counts the work.

Nothing is compiled to Python, so there is nothing to escape from: a template can do what stands
here and in `expressions.py` and no more. The work is counted to the same unit each time and on
every platform. That is why no child process with resource limits stands behind templates, as a
sandbox that runs Python would need.
"""

from __future__ import annotations

from dataclasses import replace

from jinja2 import nodes

from promptops.render.context import Context, Writer
from promptops.render.expressions import Expressions, Loop, Scope, Stop
from promptops.render.filters import Misuse, items, text
from promptops.render.problem import LIMIT, REFUSED, PlacedError, Problem
from promptops.render.rules import RuleList, RuleView
from promptops.render.scan import Words

_MISUSED = "write the text itself, or let the program give it as the value of a variable"


def interpret(source: str, tree: nodes.Template, context: Context, out: Writer) -> None:
    """Write what `tree`, parsed from `source`, renders; PlacedError where it cannot."""
    run = _Run(context, out)
    try:
        run.block(tree.body, {"rules": context.listed, **context.variables})
    except Stop as stop:
        problem, word = stop.problem, stop.word
    except PlacedError as error:
        problem, word = error.problem, ""
    except Misuse as misuse:
        problem, word = Problem(REFUSED, f"not allowed in templates: {misuse}", _MISUSED), ""
    except RecursionError:
        problem, word = (
            Problem(LIMIT, "template over limit: nested too deeply", "make it flatter"),
            "",
        )
    else:
        return
    start, end = Words(source).place(word, run.line)
    raise PlacedError(replace(problem, start=start, end=end), source)


class _Run:
    """One rendering: statements write to `out`, expressions give values."""

    def __init__(self, context: Context, out: Writer) -> None:
        self.context = context
        self.out = out
        self.expressions = Expressions(context, out.limit)
        self.work, self.value = self.expressions.work, self.expressions.value
        self.line = 1
        self.sources: dict[int, str] = {}  # by expression: the variable that it is made from

    def block(self, body: list[nodes.Node], scope: Scope) -> None:
        """Run statements; what they set stays in `scope`."""
        for node in body:
            self.line = node.lineno
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        self._emit(part, scope)
                case nodes.If():
                    self._if(node, scope)
                case nodes.For():
                    self._for(node, scope)
                case nodes.Assign():
                    scope[node.target.name] = self.value(node.node, scope)  # type: ignore[attr-defined]

    def _emit(self, node: nodes.Expr, scope: Scope) -> None:
        self.line = node.lineno
        if isinstance(node, nodes.TemplateData):
            self.work(len(node.data))
            return self.out.write(node.data)
        if isinstance(node, nodes.Getattr) and node.attr == "text":
            owner = self.value(node.node, scope)
            value = owner if isinstance(owner, RuleView) else self.expressions.field(owner, "text")
        else:
            value = self.value(node, scope)
        if isinstance(value, RuleList):
            self.work(sum(len(rule.text) for rule in value))
            return self.out.write_list(value)
        rule = value.id if isinstance(value, RuleView) else ""
        written = text(value)
        self.work(len(written))
        return self.out.write(written, rule=rule, variable="" if rule else self._source(node))

    def _source(self, node: nodes.Expr) -> str:
        known = self.sources.get(id(node))
        if known is None:
            names = [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name)
            used = (name.name for name in names if name.name in self.context.variables)
            known = self.sources[id(node)] = next(used, "")
        return known

    def _if(self, node: nodes.If, scope: Scope) -> None:
        for branch in (node, *node.elif_):
            if self.value(branch.test, scope):
                return self.block(branch.body, scope)
        return self.block(node.else_, scope)

    def _for(self, node: nodes.For, scope: Scope) -> None:
        name = node.target.name  # type: ignore[attr-defined]
        listed = items(self.value(node.iter, scope))
        if node.test is not None:
            listed = [i for i in listed if self.value(node.test, self._inner(scope, {name: i}))]
        for index, item in enumerate(listed):
            self.block(
                node.body, self._inner(scope, {name: item, "loop": Loop(index, len(listed))})
            )
        if not listed:
            self.block(node.else_, scope)

    def _inner(self, scope: Scope, more: Scope) -> Scope:
        self.work(len(scope) * 5)
        return {**scope, **more}
