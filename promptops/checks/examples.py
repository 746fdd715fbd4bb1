"""PO4, a rule's own example judged by its own tests, as far as that can be decided without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._cases import key
from promptops.checks.patterns import why_refused
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import excerpt
from promptops.model import Assertion, Prompt, Rule


@check("PO406", "example-breaks-rule", Severity.WARNING, (ON_PROMPT,))
def example_breaks_rule(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A model copies the example rather than the words around it. An example that the rule's own
    tests reject teaches the opposite of the rule.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on, for example "(see section 4)".
            tests:
              - cases: all
                assert: {regex: '\\[§[0-9]+\\]'}
        cases:
          - id: late-fee

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on, for example "[§4]".
            tests:
              - cases: all
                assert: {regex: '\\[§[0-9]+\\]'}
        cases:
          - id: late-fee
    """
    for i, rule in enumerate(prompt.rules):
        if not rule.tests or _MARKS.isdisjoint(rule.text):
            continue
        for found in _example().finditer(rule.text):
            shown = found[found.lastindex or 0]
            broken = next((one for one in _demands(rule) if _breaks(shown, one)), None)
            if broken is not None:
                test = f"{key(broken)}: {excerpt(str(broken.argument), 40)}"
                message = f"the example “{excerpt(shown, 40)}” in rule `{rule.id}` fails `{test}`"
                help = "give an example that passes the rule's tests, or correct the test"
                within = found.span(found.lastindex or 0)
                yield Finding(("rules", i, "text"), message, help, within=within)


_MARKS = frozenset("\"“'`«„")


@cache
def _example() -> re.Pattern[str]:
    """What stands in quotes after `for example`, `e.g.`, `such as` …"""
    quotes = r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|«([^»\n]{1,200})»|`([^`\n]{1,200})`"
    return re.compile(
        rf"\b(?:for example|for instance|e\.g\.|such as|as in|example:|like this:)[,:]?\s+(?:{quotes})",
        re.IGNORECASE,
    )


def _demands(rule: Rule) -> Iterator[Assertion]:
    """What an example must satisfy: not what is asked where the rule must not fire, nor what
    only one case asks of its answer."""
    asked = [one for test in rule.tests if test.fires for one in test.asserts]
    wanted = {(one.kind, str(one.argument)) for one in asked if not one.negated}
    for test in rule.tests:
        for one in test.asserts if test.fires else ():
            if one.negated:
                if (one.kind, str(one.argument)) not in wanted:
                    yield one
            elif test.cases.all or _is_shape(one):
                yield one


def _is_shape(one: Assertion) -> bool:
    """True for a pattern that describes a form, not one case's words."""
    return one.kind == "regex" and any(mark in str(one.argument) for mark in (r"\d", "0-9", r"\p"))


def _breaks(example: str, one: Assertion) -> bool:
    """True if the assertion is one that a part of an answer can break, and the example does."""
    verdict = _verdict(example, one)
    return verdict is not None and verdict is one.negated


def _verdict(example: str, one: Assertion) -> bool | None:
    """Whether what the assertion looks for is in the example; None where that says nothing."""
    fold = bool(one.options.get("ignore_case"))
    match one.kind, one.argument:
        case "contains", str(part):
            return _in(part, example, fold)
        case "contains_any", parts:
            return any(_in(part, example, fold) for part in parts)
        case "regex", str(pattern):
            return _found(pattern, example, fold)
        case "no_comma", True:
            return "," not in example
        case "all_lowercase", True:
            return example == example.lower()
        case "all_uppercase", True:
            return example == example.upper()
    return None


def _in(part: str, text: str, fold: bool) -> bool:
    return part.lower() in text.lower() if fold else part in text


def _found(pattern: str, text: str, fold: bool) -> bool | None:
    if why_refused(pattern):
        return None
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not fold
    return re2.compile(pattern, options=options).search(text) is not None
