"""Assertions: one small function a type, registered by `@assertion`; the folder is the registry.

A function `(answer, argument, context) -> Judgement` decides one thing about the text of an answer,
deterministically and in time linear in its length. `not_` before the name turns a judgement round,
and so does `false` where the argument is a flag; what could not be judged stays so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from promptops.evals import Judgement
from promptops.evals.assertions._variants import variants
from promptops.model import ASSERTIONS, Assertion, Case

if TYPE_CHECKING:
    from promptops.tokens.counts import Counter

FLAGS = ("flag", "mark", "letters")  # the arguments whose `false` asks for the opposite
Decide = Callable[[str, Any, "Context"], Judgement]


@dataclass(frozen=True, slots=True)
class Context:
    """What an assertion may know beside the answer.

    options: the other keys of the assertion; `judge` puts them here. cut: the answer ended by its
    length. prompt: the last user message as it was sent. model, counter: for counting tokens.
    allow_code: whether `python` may run what the prompt's files say. verdicts: what a judge has
    said of this answer, by rubric.
    """

    case: Case | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False
    prompt: str = ""
    model: str = ""
    counter: Counter | None = None
    allow_code: bool = False
    verdicts: Mapping[str, Judgement] = field(default_factory=dict)


def assertion(*kinds: str, published: bool = False) -> Callable[[Decide], Decide]:
    """Mark a function as the decision of assertion type(s) `kinds`.

    published: the type is one of IFEval's, so an answer without a word satisfies neither it nor its
    negation.
    """

    def mark(decide: Decide) -> Decide:
        decide.kinds = kinds  # type: ignore[attr-defined]
        decide.published = published  # type: ignore[attr-defined]
        return decide

    return mark


@cache
def registry() -> Mapping[str, Decide]:
    """Every assertion type's function by its name."""
    found: dict[str, Decide] = {}
    for file in sorted(os.listdir(os.path.dirname(__file__))):
        name, extension = os.path.splitext(file)
        if extension == ".py" and not name.startswith("_"):
            for value in vars(import_module(f"{__name__}.{name}")).values():
                found.update(dict.fromkeys(getattr(value, "kinds", ()), value))
    return found


def judge(answer: str, assertion: Assertion, context: Context) -> Judgement:
    """What `assertion` says of `answer`.

    `mode: loose` asks of eight variants of the answer, as IFEval does (without its first line,
    its last, its asterisks …), and one that satisfies the assertion is enough.
    KeyError for a type that nobody has registered; ConfigError where a library, a permission or a
    token count is missing, and for a pattern or a schema that cannot be used.
    """
    decide = registry()[assertion.kind]
    context = replace(context, options={**context.options, **assertion.options})
    mode = context.options.get("mode")
    if (mode or decide.published) and not answer.strip():  # type: ignore[attr-defined]
        return Judgement(False, "the answer is empty")
    said = _one(answer, assertion, decide, context)
    if mode != "loose" or said.passed:
        return said
    for name, text in variants(answer):
        other = _one(text, assertion, decide, context)
        if other.passed:
            return Judgement(True, f"{other.reason} ({name})")
        said = said if said.passed is None else replace(said, passed=other.passed)
    return said


def _one(answer: str, assertion: Assertion, decide: Decide, context: Context) -> Judgement:
    said = decide(answer, assertion.argument, context)
    off = assertion.argument is False and ASSERTIONS.get(assertion.kind) in FLAGS
    if said.passed is None or assertion.negated == off:
        return said
    return Judgement(not said.passed, said.reason, said.span)
