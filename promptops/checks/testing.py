"""PO2: what shows that a rule is kept. A rule that no test exercises is a wish."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, ON_SIDECAR, Around, check
from promptops.checks._cases import selected
from promptops.checks._places import listed
from promptops.diagnostic import Finding, Severity
from promptops.model import CaseSelection, Prompt, Rule


@check("PO201", "untested-rule", Severity.WARNING, (ON_PROMPT,))
def untested_rule(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Without a test nobody notices when a model update, or the next rule, makes the model stop
    following this one.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: all
                assert: {contains: "§"}
        cases:
          - id: late-fee
    """
    for i, rule in enumerate(prompt.rules):
        if not rule.tests:
            yield Finding(
                ("rules", i, "tests"),
                f"no test exercises rule `{rule.id}`",
                "add `tests:` with cases and an assertion that fails when the rule is broken",
            )


@check("PO202", "unknown-case", Severity.ERROR, (ON_PROMPT, ON_SIDECAR))
def unknown_case(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A test that selects no case never runs, and its rule looks tested all the same.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: [late-fees]
                assert: {contains: "§"}
        cases:
          - id: late-fee
            assert: {contains: fee}

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: [late-fee]
                assert: {contains: "§"}
        cases:
          - id: late-fee
    """
    known = {case.id for case in prompt.cases}
    for i, rule in enumerate(prompt.rules):
        for j, test in enumerate(rule.tests):
            ids = test.cases.ids
            if known.issuperset(ids) if ids else selected(prompt, test.cases):
                continue
            place = ("rules", i, "tests", j, "cases")
            for k, name in enumerate(ids):
                if name not in known:
                    yield _no_such_case(rule, name, known, (*place, k))
            if not ids:
                what = "all cases" if test.cases.all else _slice_words(test.cases)
                message = f"a test of rule `{rule.id}` selects {what}, and there is none"
                yield Finding(place, message, "add such a case, or select others")


def _no_such_case(rule: Rule, name: str, known: set[str], place: tuple[str | int, ...]) -> Finding:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    help = f"did you mean `{near[0]}`?" if near else "add the case, or name one that exists"
    return Finding(place, f"a test of rule `{rule.id}` names `{name}`, which is no case", help)


def _slice_words(selection: CaseSelection) -> str:
    parts = (f"{name} {listed(values)}" for name, values in selection.slice.items())
    return "cases with " + " and ".join(parts)


@check("PO204", "no-must-not-fire-case", Severity.WARNING, (ON_PROMPT,))
def no_must_not_fire_case(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule that applies to some inputs can be followed too eagerly. If every test asks for it and
    none asks for its absence, a model that does it always looks perfect.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section when you refuse a refund.
            tests:
              - cases: [refund]
                assert: {contains: "§"}
        cases:
          - id: refund
          - id: greeting
            assert: {contains: hello}

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section when you refuse a refund.
            tests:
              - cases: [refund]
                assert: {contains: "§"}
              - cases: [greeting]
                assert: {not_contains: "§"}
                fires: false
        cases:
          - id: refund
          - id: greeting
    """
    for i, rule in enumerate(prompt.rules):
        if rule.tests and not rule.fixed and _only_ever_fires(rule) and _conditional(prompt, rule):
            yield Finding(
                ("rules", i, "tests"),
                f"no test of rule `{rule.id}` says where it must not fire",
                "add a test with `fires: false` on a case that the rule does not concern, or test"
                " it on `all`",
            )


def _only_ever_fires(rule: Rule) -> bool:
    """True if every test asks for something, and none is there only to rule something out."""
    return all(
        test.fires and not test.cases.all and not all([one.negated for one in test.asserts])
        for test in rule.tests
    )


def _conditional(prompt: Prompt, rule: Rule) -> bool:
    """True if the rule is not tested on every case that there is."""
    if rule.when:
        return True
    tested: set[int] = set()
    for test in rule.tests:
        here = selected(prompt, test.cases)
        if len(here) < len(test.cases.ids):
            return False  # a mistyped case may be the one that is missing: unknown-case speaks
        tested |= here
    return bool(tested) and len(tested) < len(prompt.cases)
