"""Jinja's reading of a template, and the allow-list that it has to pass.

Everything a template may do is named here; whatever is not named is refused before any of it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from promptops.render.facts import Facts, Use
from promptops.render.filters import FILTERS, RULE_FIELDS, TESTS
from promptops.render.problem import LIMIT, REFUSED, SYNTAX, TOO_DEEP, Problem, did_you_mean
from promptops.render.scan import COMMENT, RAW, TEXT, Segment, Words

MAX_TAGS = 10_000
MAX_TAG_TEXT = 100_000
LOOP_FIELDS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
OURS = frozenset({"rules", "rule", "loop", "range"})
ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign),
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.CondExpr, nodes.Concat, nodes.Not),
    *(nodes.And, nodes.Or, nodes.Compare, nodes.Operand, nodes.Add, nodes.Sub, nodes.Keyword),
)
_SHOWN = {
    nodes.Mul: "`*`",
    nodes.Pow: "`**`",
    nodes.Div: "`/`",
    nodes.FloorDiv: "`//`",
    nodes.Mod: "`%`",
    nodes.Neg: "`-` before a value",
    nodes.Pos: "`+` before a value",
    nodes.Dict: "`{…}`",
    nodes.Getitem: "`[…]`",
    nodes.NSRef: "`namespace`",
    nodes.CallBlock: "`{% call %}`",
    nodes.FilterBlock: "`{% filter %}`",
    nodes.AssignBlock: "`{% set %}` of a block",
    nodes.FromImport: "`{% from %}`",
    nodes.ScopedEvalContextModifier: "`{% autoescape %}`",
}
_HELP = (
    "templates may use variables, rules, `if`, `for`, `set`, comparisons and these filters: "
    + ", ".join(FILTERS)
)
_CLOSE = "close every `{{`, `{%` and `{#`; braces meant as text go between `{% raw %}` and `{% endraw %}`"
_TOO_MANY = (
    f"template over limit: more than {MAX_TAGS:,} tags or {MAX_TAG_TEXT:,} characters in them",
    "say it with fewer tags",
)
# Jinja makes every line end "\n"; one of these stands in for "\r", as white space like it.
_STAND_INS = "\x1c\x1d\x1e\x1f\x0b\x0c\x85"


@cache
def _environment() -> Environment:
    return Environment(keep_trailing_newline=True)


def parse(source: str, segments: tuple[Segment, ...]) -> tuple[Facts, nodes.Template | None]:
    """What Jinja reads of a template, and its tree; what is refused or wrong is in the facts."""
    try:
        # What stands between raw tags is text that Jinja passes through; it counts as one short tag.
        tags = [0 if s.kind == RAW else s.end - s.start for s in segments if s.kind != TEXT]
        if len(tags) > MAX_TAGS or sum(tags) > MAX_TAG_TEXT:
            return Facts(problems=(Problem(LIMIT, *_TOO_MANY),)), None
        tree = _tree(source, segments)
        reading = _Reading(Words(source))
        reading.visit(tree)
        return reading.facts(), tree
    except (TemplateSyntaxError, ValueError, OverflowError) as error:
        return Facts(problems=(_syntax(source, error),)), None
    except (RecursionError, MemoryError):
        return Facts(problems=(Problem(LIMIT, *TOO_DEEP),)), None


def _tree(source: str, segments: tuple[Segment, ...]) -> nodes.Template:
    stand_in = next((c for c in _STAND_INS if c not in source), "\r")
    text = "".join(
        source[s.start : s.end].replace("\r", stand_in if s.kind in (TEXT, COMMENT, RAW) else "\r")
        for s in segments
    )
    tree = _environment().parse(text)
    for data in tree.find_all(nodes.TemplateData):
        data.data = data.data.replace(stand_in, "\r")
    return tree


def _syntax(source: str, error: Exception) -> Problem:
    start, end = Words(source).place("", getattr(error, "lineno", None) or 1)
    said = error.message if isinstance(error, TemplateSyntaxError) else "a number is too large"
    said = (said or "").split("\n")[0][:160].rstrip(".")
    return Problem(SYNTAX, f"not a template: {said[:1].lower()}{said[1:]}", _CLOSE, start, end)


@dataclass(slots=True)
class _Reading:
    """One walk over the tree: the names it uses and what it may not do."""

    words: Words
    variables: list[Use] = field(default_factory=list)
    rules: list[Use] = field(default_factory=list)
    lists: list[Use] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    own: set[str] = field(default_factory=set)  # names that the template sets itself

    def facts(self) -> Facts:
        """What the walk found; names that the template sets are no variables."""
        variables = (use for use in self.variables if use.name not in self.own)
        return Facts(
            tuple(variables),
            tuple(self.rules),
            tuple(self.lists),
            tuple(sorted(self.problems, key=lambda problem: problem.start)),
        )

    def visit(self, node: nodes.Node) -> None:
        """Read `node` and all below it."""
        match node:
            case nodes.Call():
                return self._call(node)
            case nodes.Filter(name="section", node=nodes.Name(name="rules")):
                return self._section(node)
            case nodes.Name():
                self._name(node)
            case nodes.Filter() | nodes.Test():
                self._named(node)
            case nodes.Getattr():
                if node.attr not in RULE_FIELDS | LOOP_FIELDS:
                    self._refuse(node, f"`.{node.attr}`", node.attr)
            case (
                nodes.For(target=nodes.Name(), recursive=False) | nodes.Assign(target=nodes.Name())
            ):
                pass
            case nodes.For(target=nodes.Name()):
                self._refuse(node, "`recursive`", "recursive")
            case nodes.For() | nodes.Assign():
                self._refuse(node, "setting more than one name", "")
            case _ if not isinstance(node, ALLOWED):
                name = type(node).__name__.lower()
                return self._refuse(node, _SHOWN.get(type(node), f"`{{% {name} %}}`"), name)
        for child in node.iter_child_nodes():
            self.visit(child)
        return None

    def _name(self, node: nodes.Name) -> None:
        if node.ctx == "store":
            self.own.add(node.name)
            if node.name in OURS:
                self._refuse(node, f"setting `{node.name}`", node.name)
        elif node.name == "rules":
            self.lists.append(self._use(node, "", "rules"))
        elif node.name in ("rule", "range"):
            self._refuse(node, f"`{node.name}` without what it is called with", node.name)
        elif node.name != "loop":
            self.variables.append(self._use(node, node.name, node.name))

    def _call(self, node: nodes.Call) -> None:
        called = node.node.name if isinstance(node.node, nodes.Name) else ""
        plain = not node.kwargs and node.dyn_args is None and node.dyn_kwargs is None
        match called, node.args:
            case "rule", [nodes.Const(value=str(rule_id))] if plain:
                self.rules.append(self._use(node, rule_id, rule_id))
            case "rule", _:
                self._refuse(node, "`rule` of anything but an id in quotes", "rule")
            case "range", [_, *rest] if plain and len(rest) < 3:
                for child in node.args:
                    self.visit(child)
            case _:
                name = called or getattr(node.node, "attr", "")
                self._refuse(node, f"calling `{name}`" if name else "a call", name)

    def _section(self, node: nodes.Filter) -> None:
        match node.args:
            case [nodes.Const(value=str(name))] if not node.kwargs:
                self.lists.append(self._use(node, name, name))
            case _:
                self._refuse(node, "`section` of anything but a name in quotes", "section")

    def _named(self, node: nodes.Filter | nodes.Test) -> None:
        known, noun = (FILTERS, "filter") if isinstance(node, nodes.Filter) else (TESTS, "test")
        if node.name not in known or node.dyn_args is not None or node.dyn_kwargs is not None:
            self._refuse(
                node, f"the {noun} `{node.name}`", node.name, did_you_mean(node.name, known, _HELP)
            )

    def _refuse(self, node: nodes.Node, what: str, word: str, help: str = _HELP) -> None:
        start, end = self.words.place(word, node.lineno)
        message = f"not allowed in templates: {what}"
        self.problems.append(Problem(REFUSED, message, help, start, end))

    def _use(self, node: nodes.Node, name: str, word: str) -> Use:
        return Use(name, *self.words.place(word, node.lineno))
