"""A template: what it uses, and its rendering.

Text, `{{ name }}`, `{{ rules }}`, `{{ rules | section("x") }}` and `{{ rule("id") }}` are rendered
right here, without importing Jinja. A template that uses anything else is parsed by Jinja and
interpreted (`interpret.py`); both give the bytes that Jinja gives with `keep_trailing_newline`.
"""

from __future__ import annotations

from functools import lru_cache

from promptops.render.context import MAX_OUTPUT, Context, Writer
from promptops.render.facts import Facts, Use
from promptops.render.problem import PlacedError
from promptops.render.rules import RuleView
from promptops.render.scan import (
    EXPRESSION,
    LIST,
    NAME,
    RULE,
    STATEMENT,
    Segment,
    named,
    rules_in,
    scan,
    tokens,
)
from promptops.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True, slots=True)
class Template:
    """A template read. `tree` is Jinja's, None where no Jinja is needed."""

    source: str
    segments: tuple[Segment, ...]
    facts: Facts
    tree: Any = None

    def without(self, context: Context) -> Template:
        """The template without the placements of `context.gone` and of lists that are empty."""
        if self.facts.problems:
            return self
        if not any(_gone(self.source, segment, context) for segment in self.segments):
            return self
        from promptops.render.leave import leave_out

        source = leave_out(
            self.source,
            self.segments,
            lambda segment: _gone(self.source, segment, context),
            lambda segment: _rendered(self.source, segment, context),
        )
        return read(source)

    def render(self, context: Context) -> str:
        """The message's text; PlacedError where that cannot be."""
        out = Writer(MAX_OUTPUT + context.given)
        if self.facts.problems:
            raise PlacedError(self.facts.problems[0], self.source)
        if self.tree is not None:
            from promptops.render.interpret import interpret

            interpret(self.source, self.tree, context, out)
            return "".join(out.parts)
        for segment in self.segments:
            try:
                self._write(segment, context, out)
            except PlacedError as error:
                start, end = named(self.source, segment)
                problem = replace(error.problem, start=start, end=end)
                raise PlacedError(problem, self.source) from None
        return "".join(out.parts)

    def _write(self, segment: Segment, context: Context, out: Writer) -> None:
        match segment.kind:
            case "name" if segment.value not in context.variables:
                raise PlacedError(context.undefined(segment.value))
            case "name":
                out.write(context.variables[segment.value])
            case "list":
                out.write(str(context.listing(segment.value)))
            case "rule":
                rule = context.rule(segment.value)
                if not isinstance(rule, RuleView):
                    raise PlacedError(rule)
                out.write(rule.text)
            case _:
                out.write(self.source[segment.start : segment.end])


@lru_cache(maxsize=1024)
def read(source: str) -> Template:
    """The template of that text; what is wrong with it stands in its facts."""
    segments = scan(source)
    if all(segment.plain for segment in segments):
        return Template(source, segments, _plain_facts(source, segments))
    from promptops.render.parse import parse

    return Template(source, segments, *parse(source, segments))


def _plain_facts(source: str, segments: tuple[Segment, ...]) -> Facts:
    uses: dict[str, list[Use]] = {NAME: [], RULE: [], LIST: []}
    for segment in segments:
        if segment.kind in uses:
            uses[segment.kind].append(Use(segment.value, *named(source, segment)))
    return Facts(tuple(uses[NAME]), tuple(uses[RULE]), tuple(uses[LIST]))


def _gone(source: str, segment: Segment, context: Context) -> bool:
    match segment.kind:
        case "list":
            return not context.listing(segment.value)
        case "rule" | "expression":
            ids = rules_in(source, segment)
            return bool(ids) and context.gone.issuperset(ids)
    return False


def _rendered(source: str, segment: Segment, context: Context) -> str | None:
    """The last rule of what a placement renders; None where it places no rule."""
    if segment.kind == LIST:
        return "".join(rule.text for rule in context.listing(segment.value)[-1:])
    ids = rules_in(source, segment) if segment.kind in (RULE, EXPRESSION) else ()
    if ids:
        return "".join(context.rules[i].text for i in ids[-1:] if i in context.rules)
    words = tokens(source, segment) if segment.kind in (EXPRESSION, STATEMENT) else ()
    return "" if any(token.text == "rules" for token in words) else None
