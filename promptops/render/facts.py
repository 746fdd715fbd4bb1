"""What templates use, known without rendering them."""

from __future__ import annotations

from promptops.render.problem import Problem
from promptops.values import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """A name that a template uses, at the characters [start, end) of message `at`."""

    name: str
    start: int
    end: int
    at: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What templates use, known without rendering them.

    variables: names that the caller has to give. rules: ids placed one by one, `rule("id")`.
    lists: sections listed, "" where `rules` is used whole. problems: why it cannot be rendered.
    """

    variables: tuple[Use, ...] = ()
    rules: tuple[Use, ...] = ()
    lists: tuple[Use, ...] = ()
    problems: tuple[Problem, ...] = ()
