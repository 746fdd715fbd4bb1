"""Runs a template that Jinja has parsed, statement by statement, and counts the work.

Nothing is compiled to Python, so there is nothing to escape from: a template can do what stands
here and in `expressions.py` and no more. The work is counted to the same unit each time and on
every platform. That is why no child process with resource limits stands behind templates, as a
sandbox that runs Python would need.
"""

from __future__ import annotations

from jinja2 import nodes

from promptops.render.context import Context, Writer
from promptops.render.expressions import Expressions, Loop, Scope, Stop
from promptops.render.filters import Misuse, items, text
from promptops.render.problem import LIMIT, REFUSED, TOO_DEEP, PlacedError, Problem
from promptops.render.scan import Words
from promptops.values import replace

_MISUSED = "write the text itself, or let the program give it as the value of a variable"


def interpret(source: str, tree: nodes.Template, context: Context, out: Writer) -> None:
    """Write what `tree`, parsed from `source`, renders; PlacedError where it cannot."""
    run = _Run(context, out)
    try:
        run.block(tree.body, {"rules": context.listed, **context.variables})
    except (Stop, PlacedError) as stop:
        problem = stop.problem
        word = stop.word if isinstance(stop, Stop) else ""
    except Misuse as misuse:
        problem, word = Problem(REFUSED, f"not allowed in templates: {misuse}", _MISUSED), ""
    except RecursionError:
        problem, word = Problem(LIMIT, *TOO_DEEP), ""
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
        data = isinstance(node, nodes.TemplateData)
        written = node.data if data else text(self.value(node, scope))  # type: ignore[attr-defined]
        self.work(len(written))
        self.out.write(written)

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
