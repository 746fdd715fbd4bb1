"""Rules as a template sees them, and which of them a rendering leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from promptops.errors import UsageError
from promptops.model import Prompt, Rule
from promptops.patterns import later
from promptops.render.problem import did_you_mean
from promptops.values import dataclass

_CONTINUED = later(r"\n(?!\r?\n)")


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule in a template: `r.id`, `r.text`, `r.section`, `r.priority`; `{{ r }}` is its text.

    The line ends that a block scalar leaves after a text are no part of it.
    """

    id: str
    text: str
    section: str = ""
    priority: int | None = None

    def __str__(self) -> str:
        return self.text


class RuleList(tuple[RuleView, ...]):
    """Rules in the order of the file; as text a bulleted list.

    Each item's further lines are indented by two; there is no final newline.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join("- " + _CONTINUED.sub("\n  ", rule.text) for rule in self)

    def section(self, name: str) -> RuleList:
        """The rules of that section."""
        return RuleList(rule for rule in self if rule.section == name)


def view(rule: Rule) -> RuleView:
    """What a template may know of a rule."""
    return RuleView(rule.id, rule.text.rstrip("\r\n"), rule.section, rule.priority)


def left_out(
    prompt: Prompt,
    without: Collection[str],
    only: Collection[str] | None,
    slices: Mapping[str, str],
) -> frozenset[str]:
    """The ids of the rules that a rendering leaves out.

    A rule with `when` goes if `slices` say otherwise for one of its keys; keys that `slices` don't
    name take nothing away. Fixed rules stay beside `only`, and only their own `when` takes them.
    """
    _known(prompt, [*without, *(only or ())])
    without, only = frozenset(without), None if only is None else frozenset(only)
    for rule in prompt.rules:
        if rule.fixed and rule.id in without:
            raise UsageError(
                f"the rule `{rule.id}` is fixed: it is never left out",
                "leave another rule out, or delete its `position: fixed`",
                path=prompt.path,
            )
    return frozenset(
        rule.id
        for rule in prompt.rules
        if rule.id in without
        or (only is not None and rule.id not in only and not rule.fixed)
        or not applies(rule, slices)
    )


def applies(rule: Rule, slices: Mapping[str, str]) -> bool:
    """False if `slices` name a key of the rule's `when` with a value that it does not list."""
    return all(key not in slices or slices[key] in values for key, values in rule.when.items())


def _known(prompt: Prompt, ids: Iterable[str]) -> None:
    known = {rule.id: 0 for rule in prompt.rules}
    for rule_id in ids:
        if rule_id not in known:
            hint = did_you_mean(rule_id, known, f"its rules: {', '.join(known) or 'none'}")
            raise UsageError(f"`{prompt.id}` has no rule `{rule_id}`", hint, path=prompt.path)
