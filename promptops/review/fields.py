"""What stands beside the text of a rule, as text that can be compared and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from promptops.model import Rule, Test
from promptops.values import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One thing beside the text of a rule that differs, as text; "" where it was not there."""

    name: str
    before: str
    after: str


def compare_fields(old: Rule, new: Rule) -> Iterator[Field]:
    """Everything but id and text that differs."""
    for name, said in _SAID.items():
        texts = said(old), said(new)
        if texts[0] != texts[1]:
            yield Field(name, *texts)


def _slices(when: Mapping[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{name}: {', '.join(values)}" for name, values in sorted(when.items()))


def test_text(test: Test) -> str:
    """`regex '[§]' on late-fee, refund`: what a test expects, and on which cases."""
    where = "all cases" if test.cases.all else ", ".join(test.cases.ids)
    where = where or _slices(test.cases.slice)
    asserted = (f"{'not_' * a.negated}{a.kind} {_short(a.argument)}" for a in test.asserts)
    options = (f" ({_short(dict(a.options))})" for a in test.asserts if a.options)
    fires = "" if test.fires else ", where the rule must not fire"
    return f"{' and '.join(asserted)}{''.join(options)} on {where}{fires}"


def _short(argument: object) -> str:
    match argument:
        case str():
            said = argument
        case list() | tuple():
            said = ", ".join(map(_short, argument))
        case dict():
            said = ", ".join(f"{key} {_short(value)}" for key, value in argument.items())
        case _:
            said = repr(argument)
    return said if len(said) <= 200 else f"{said[:199]}…"


_SAID: Mapping[str, Callable[[Rule], str]] = {
    "section": lambda rule: rule.section,
    "position": lambda rule: rule.position,
    "when": lambda rule: _slices(rule.when),
    "priority": lambda rule: "" if rule.priority is None else str(rule.priority),
    "rationale": lambda rule: rule.rationale.strip(),
    "decision": lambda rule: rule.decision,
    "owner": lambda rule: rule.owner,
    "review_by": lambda rule: rule.review_by.isoformat() if rule.review_by else "",
    "tests": lambda rule: "\n".join(map(test_text, rule.tests)),
    "replaces": lambda rule: rule.replaces,
    "draft": lambda rule: "yes" if rule.draft else "",
    "imported_from": lambda rule: repr(rule.imported_from) if rule.imported_from else "",
}
