"""PO2, tests that measure nothing: every answer passes, or none can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._cases import assertions, key, selected
from promptops.checks.patterns import ANYTHING, OPTIONAL
from promptops.diagnostic import Finding, Place, Severity
from promptops.excerpt import excerpt
from promptops.model import Assertion, Prompt


@check("PO203", "toothless-test", Severity.WARNING, (ON_PROMPT,))
def toothless_test(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """An assertion that every answer passes measures nothing and makes its rule look tested.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: all
                assert: {regex: '.*'}
        cases:
          - id: late-fee

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: all
                assert: {regex: '§[0-9]+'}
        cases:
          - id: late-fee
    """
    for place, one in assertions(prompt):
        if not one.negated and _passes_always(one):
            message = f"`{one.kind}: {excerpt(str(one.argument), 40)}` passes on every answer"
            yield Finding(place, message, "assert something that a wrong answer lacks")


def _passes_always(one: Assertion) -> bool:
    match one.argument:
        case "":
            return one.kind in ("contains", "starts_with", "ends_with", "regex")
        case str(text):
            may = one.kind == "regex" and (len(text) < 4 or text[-1] in "*?+$)")
            return may and _always().match(text) is not None
        case [*options]:
            return one.kind == "contains_any" and "" in options
        case {**limits}:
            within = limits.keys() <= {"min", "max"}
            return within and not limits.get("min") and "max" not in limits
    return False


@cache
def _always() -> re.Pattern[str]:
    """Patterns that match the empty text, or any text that is not empty."""
    return re.compile(rf"(?:\(\?[is]+\))?\^?(?:(?:{OPTIONAL})*|{ANYTHING}\$?)\Z")


@check("PO211", "impossible-test", Severity.ERROR, (ON_PROMPT,))
def impossible_test(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Two tests that ask for opposite things on one case, or a range that ends before it begins,
    fail whatever the model answers: the figures blame the model for a mistake in the tests.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: all
                assert: {contains: "§"}
              - cases: [greeting]
                assert: {not_contains: "§"}
                fires: false
        cases:
          - id: late-fee
          - id: greeting

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: [late-fee]
                assert: {contains: "§"}
              - cases: [greeting]
                assert: {not_contains: "§"}
                fires: false
        cases:
          - id: late-fee
          - id: greeting
    """
    for place, one in assertions(prompt):
        if isinstance(one.argument, dict) and not one.negated:
            low, high = one.argument.get("min"), one.argument.get("max")
            if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
                message = f"`{one.kind}` wants at least {low} and at most {high}"
                yield Finding(place, message, "swap the two, or correct one")
    yield from _opposites(prompt)


def _opposites(prompt: Prompt) -> Iterator[Finding]:
    """Assertions asked for on one case and ruled out on the same case."""
    wanted: dict[tuple[str, str, str], list[Place]] = {}
    banned: list[tuple[tuple[str, str, str], Place, Assertion]] = []
    for place, one in assertions(prompt):
        if isinstance(one.argument, (str, bool)):
            what = (one.kind, str(one.argument), str(one.options) if one.options else "")
            if one.negated:
                banned.append((what, place, one))
            else:
                wanted.setdefault(what, []).append(place)
    for what, place, one in banned:
        for other in wanted.get(what, ()):
            case = _shared(prompt, place, other)
            if case:
                message = (
                    f"`{key(one)}: {excerpt(str(one.argument), 40)}` on case `{case}` contradicts"
                )
                message += f" another test that asks for it{_whose(prompt, place, other)}"
                help = "no answer can pass both: select other cases for one"
                yield Finding(place, message, help)
                break


def _shared(prompt: Prompt, a: Place, b: Place) -> str:
    """The first case on which the assertions at both places are judged, or ""."""
    mine, other = _named(prompt, a), _named(prompt, b)
    if mine is not None and other is not None:
        return next((name for name in mine if name in other), "")
    both = _on(prompt, a) & _on(prompt, b)
    return prompt.cases[min(both)].id if both else ""


def _named(prompt: Prompt, place: Place) -> tuple[str, ...] | None:
    """The ids of the cases an assertion is judged on, where they are written out."""
    first, i, *rest = place
    if first == "cases":
        return (prompt.cases[int(i)].id,)
    return prompt.rules[int(i)].tests[int(rest[1])].cases.ids or None


def _on(prompt: Prompt, place: Place) -> set[int]:
    """The cases on which the assertion at `place` is judged."""
    first, i, *rest = place
    if first == "cases":
        return {int(i)}
    return selected(prompt, prompt.rules[int(i)].tests[int(rest[1])].cases)


def _whose(prompt: Prompt, place: Place, other: Place) -> str:
    if other[:2] == place[:2]:
        return ""
    kind = "rule" if other[0] == "rules" else "case"
    owner = prompt.rules if other[0] == "rules" else prompt.cases
    return f", of {kind} `{owner[int(other[1])].id}`"
