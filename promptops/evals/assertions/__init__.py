"""Assertions: one small function a type, registered by `@assertion`; the folder is the registry.

A function `(answer, argument, context) -> Judgement` decides one thing about the text of an answer,
deterministically and in time linear in its length. `not_` before the name turns a judgement round;
what could not be judged stays so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from promptops.evals import Judgement
from promptops.model import Assertion, Case

Decide = Callable[[str, Any, "Context"], Judgement]


@dataclass(frozen=True, slots=True)
class Context:
    """What an assertion may know beside the answer: the case, the options, whether it was cut."""

    case: Case | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False


def assertion(*kinds: str) -> Callable[[Decide], Decide]:
    """Mark a function as the decision of assertion type(s) `kinds`."""

    def mark(decide: Decide) -> Decide:
        decide.kinds = kinds  # type: ignore[attr-defined]
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
    """What `assertion` says of `answer`; KeyError for a type that nobody has registered."""
    said = registry()[assertion.kind](answer, assertion.argument, context)
    if not assertion.negated or said.passed is None:
        return said
    return Judgement(not said.passed, said.reason, said.span)
