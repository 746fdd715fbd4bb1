"""A prompt, values and chosen rules become messages: exactly what a model gets, to the byte.

`{{ rules }}` lists the rules as bullets, but for those that a template places one by one;
`{{ rule("id") }}` places one; `{{ rules | section("x") }}` lists a part; `{% for r in rules %}` and
`{% if %}` are Jinja's. Values are put in once and never read as templates. Rendering needs neither
a clock nor a disk, and the same input gives the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from promptops.errors import TemplateError, UsageError
from promptops.excerpt import typed
from promptops.model import Message, Prompt
from promptops.render.context import Context
from promptops.render.facts import Facts, Use
from promptops.render.problem import PlacedError, Problem, did_you_mean
from promptops.render.rules import RuleList, applies, left_out, view
from promptops.render.scan import Words
from promptops.render.template import Template, read
from promptops.values import replace

__all__ = [
    "Facts",
    "PlacedError",
    "Problem",
    "Use",
    "applies",
    "placements",
    "render",
    "render_target",
    "trial",
]

TARGETS = (
    ".md",
    ".markdown",
    ".mdc",
    ".txt",
    ".rst",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
)
_NONE: Mapping[str, str] = {}


def render(
    prompt: Prompt,
    variables: Mapping[str, str],
    *,
    without: Collection[str] = (),
    only: Collection[str] | None = None,
    slices: Mapping[str, str] = _NONE,
) -> tuple[Message, ...]:
    """The messages of `prompt`, in order.

    without: ids of rules to leave out, each with its whole bullet, line or sentence and nothing
        else. only: leave out all others but the fixed ones. slices: leave out the rules whose
        `when` says they don't apply; a rule without `when`, or whose keys `slices` lack, stays.
    An emptied list takes its line along; the heading above it stays.
    PlacedError where a template is refused, is wrong or lacks a value; UsageError for a rule or a
    variable that the prompt has not, and for leaving a fixed rule out.
    """
    gone = left_out(prompt, without, only, slices)
    if not prompt.governed:
        return _verbatim(prompt, gone)
    templates = [read(message.content) for message in prompt.messages]
    _only_known(prompt, variables, templates)
    placed = {use.name for template in templates for use in template.facts.rules}
    views = {rule.id: view(rule) for rule in prompt.rules}
    context = Context(
        variables,
        frozenset(prompt.variables),
        views,
        RuleList(v for v in views.values() if v.id not in placed and v.id not in gone),
        gone,
        {},
    )
    texts = (_text(index, template, context) for index, template in enumerate(templates))
    return tuple(
        Message(message.role, text) for message, text in zip(prompt.messages, texts, strict=True)
    )


def render_target(prompt: Prompt) -> str:
    """The text of the file that `prompt.target` names: its one message, rendered.

    A target takes no variables: nobody is there to give their values, and an example in an
    instruction file would be an invention. TemplateError where it uses one, has more messages, or
    names a file that is neither Markdown nor text: what a machine obeys is not written from here.
    """
    if not prompt.target:
        raise UsageError(
            f"`{prompt.id}` has no target", "name a file: `target: AGENTS.md`", path=prompt.path
        )
    if not prompt.target.lower().endswith(TARGETS):
        raise TemplateError(
            f"a target is Markdown or text, `{prompt.target}` is neither",
            f"name a file that ends in one of {', '.join(TARGETS)}",
            path=prompt.path,
        )
    if len(prompt.messages) != 1:
        raise TemplateError(
            f"a prompt with a target has one message, `{prompt.id}` has {len(prompt.messages)}",
            "keep the system message, or delete `target`",
            path=prompt.path,
        )
    facts = placements(prompt)
    if facts.variables and not facts.problems:
        use = facts.variables[0]
        problem = Problem(
            "undefined",
            f"`{use.name}` has no value in a target: variables are not allowed there",
            "write the text itself, or delete `target`",
            use.start,
            use.end,
        )
        raise PlacedError(problem, prompt.messages[0].content)
    return render(prompt, {})[0].content


def placements(prompt: Prompt) -> Facts:
    """What the templates of `prompt` use and what is wrong with them, without rendering them."""
    return _facts(tuple(m.content for m in prompt.messages)) if prompt.governed else Facts()


@lru_cache(maxsize=64)
def _facts(contents: tuple[str, ...]) -> Facts:
    found = [(at, read(content).facts) for at, content in enumerate(contents)]
    return Facts(
        tuple(replace(use, at=at) for at, facts in found for use in facts.variables),
        tuple(replace(use, at=at) for at, facts in found for use in facts.rules),
        tuple(replace(use, at=at) for at, facts in found for use in facts.lists),
        tuple(replace(problem, at=at) for at, facts in found for problem in facts.problems),
    )


def trial(prompt: Prompt) -> Problem | None:
    """What rendering with the first examples runs into; None where it renders.

    Only templates that need Jinja are tried: plain ones hold no surprise that `placements` misses.
    """
    templates = [read(message.content) for message in prompt.messages] if prompt.governed else []
    if all(template.tree is None for template in templates):
        return None
    values = {use.name: "" for template in templates for use in template.facts.variables}
    values.update({name: (*v.examples, "")[0] for name, v in prompt.variables.items()})
    try:
        render(prompt, values)
    except PlacedError as error:
        return error.problem
    return None


def _text(index: int, template: Template, context: Context) -> str:
    shortened = template.without(context)
    try:
        return shortened.render(context)
    except PlacedError as error:
        problem = replace(error.problem, at=index)
        if shortened is not template:
            word = shortened.source[problem.start : problem.end]
            start, end = Words(template.source).place(word, 1)
            problem = replace(problem, start=start, end=end)
        raise PlacedError(problem, template.source) from None


def _only_known(
    prompt: Prompt, variables: Mapping[str, str], templates: Sequence[Template]
) -> None:
    """UsageError for a value that nothing asks for: a mistyped name must not pass unseen."""
    used = {use.name for template in templates for use in template.facts.variables}
    known = used.union(prompt.variables)
    for name, value in variables.items():
        if name not in known:
            hint = did_you_mean(name, known, f"its variables: {', '.join(sorted(known)) or 'none'}")
            raise UsageError(f"`{prompt.id}` has no variable `{name}`", hint, path=prompt.path)
        if not isinstance(value, str):
            kind = type(value).__name__
            raise UsageError(f"the value of `{name}` is not text but {kind}", "give it as text")


def _verbatim(prompt: Prompt, gone: Collection[str]) -> tuple[Message, ...]:
    if gone:
        raise UsageError(
            "rules cannot be left out of a plain instruction file",
            f"`promptops import {typed(prompt.path)}` makes a governed prompt of it",
            path=prompt.path,
        )
    return prompt.messages
