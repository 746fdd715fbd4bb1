"""Which cases a test selects, and every assertion of a prompt with its place."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.checks._once import once
from promptops.diagnostic import Place
from promptops.model import Assertion, CaseSelection, Prompt


def selected(prompt: Prompt, selection: CaseSelection) -> set[int]:
    """The indices of the cases that `selection` names; names of nothing are skipped."""
    cases = prompt.cases
    if selection.all:
        return set(range(len(cases)))
    if selection.ids:
        return {i for i, case in enumerate(cases) if case.id in selection.ids}
    wanted = selection.slice.items()
    return {
        i
        for i, case in enumerate(cases)
        if all(case.slices.get(name) in values for name, values in wanted)
    }


@once
def assertions(prompt: Prompt) -> Sequence[tuple[Place, Assertion]]:
    """Every assertion of the rules' tests and of the cases, with its place."""
    found: list[tuple[Place, Assertion]] = []
    for i, rule in enumerate(prompt.rules):
        for j, test in enumerate(rule.tests):
            for k, one in enumerate(test.asserts):
                found.append((("rules", i, "tests", j, "assert", k, key(one)), one))
    for i, case in enumerate(prompt.cases):
        for k, one in enumerate(case.asserts):
            found.append((("cases", i, "assert", k, key(one)), one))
    return found


def key(one: Assertion) -> str:
    """The key an assertion is written under."""
    return f"not_{one.kind}" if one.negated else one.kind
