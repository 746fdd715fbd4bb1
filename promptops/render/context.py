"""What a rendering knows and what it writes: values in, text out, and its length counted."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.render.problem import (
    LIMIT,
    MISSING,
    REFUSED,
    UNDEFINED,
    UNKNOWN_RULE,
    PlacedError,
    Problem,
    did_you_mean,
)
from promptops.render.rules import RuleList, RuleView
from promptops.values import dataclass

MAX_OUTPUT = 1 << 20  # characters of one message, beside the values of variables
BUILT_IN = ("rules", "rule")


@dataclass(frozen=True, slots=True)
class Context:
    """What the templates of one prompt are rendered with.

    variables: the values given; declared: the names the prompt declares.
    rules: every rule by id; listed: those of `{{ rules }}`; gone: the ids left out.
    """

    variables: Mapping[str, str]
    declared: frozenset[str]
    rules: Mapping[str, RuleView]
    listed: RuleList
    gone: frozenset[str]
    sections: dict[str, RuleList]  # made when they are asked for

    def listing(self, section: str) -> RuleList:
        """The rules of `{{ rules }}`, those of one section, "" for all."""
        if not section:
            return self.listed
        if section not in self.sections:
            self.sections[section] = self.listed.section(section)
        return self.sections[section]

    @property
    def given(self) -> int:
        """Characters in all values together."""
        return sum(len(value) for value in self.variables.values())

    def undefined(self, name: str) -> Problem:
        """Why `name` has no value."""
        if name in self.declared:
            return Problem(MISSING, f"the variable `{name}` has no value", f"give it: {name}=VALUE")
        hint = did_you_mean(
            name,
            [*self.declared, *self.variables, *BUILT_IN],
            f"declare it: `variables: {{{name}: {{}}}}`",
        )
        return Problem(UNDEFINED, f"`{name}` is not defined", hint)

    def rule(self, rule_id: str) -> RuleView | Problem:
        """The rule of that id, or why a template cannot have it."""
        if rule_id in self.gone:
            return Problem(
                REFUSED,
                f"the rule `{rule_id}` cannot be left out here: its tag does more than place it",
                f'place it by `{{{{ rule("{rule_id}") }}}}`',
            )
        if rule_id in self.rules:
            return self.rules[rule_id]
        hint = did_you_mean(rule_id, self.rules, f"its rules: {', '.join(self.rules) or 'none'}")
        return Problem(UNKNOWN_RULE, f"there is no rule `{rule_id}`", hint)


class Writer:
    """The text of one message, no more of it than a template may write."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.parts: list[str] = []
        self.written = 0

    def write(self, text: str) -> None:
        """Add text; PlacedError where the message grows over its limit."""
        self.written += len(text)
        if self.written > self.limit:
            raise PlacedError(
                Problem(
                    LIMIT,
                    "template over limit: it renders more than 1 MiB of text",
                    "repeat less: a prompt that large is no prompt",
                )
            )
        self.parts.append(text)
