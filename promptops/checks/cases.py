"""PO2, the cases: each one different, each one used, every language spoken."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._cases import selected
from promptops.checks._places import listed
from promptops.diagnostic import Finding, Severity
from promptops.model import Case, Prompt

LANGUAGE = "language"


@check("PO205", "duplicate-case", Severity.WARNING, (ON_PROMPT,))
def duplicate_case(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Two cases with the same input measure one thing twice: the evidence looks broader than it is,
    and each run costs more.

    Bad:
        cases:
          - id: late-fee
            variables: {question: Why was I charged a late fee?}
            assert: {contains: fee}
          - id: fee-late
            variables: {question: Why was I charged a late fee?}
            assert: {contains: fee}

    Good:
        cases:
          - id: late-fee
            variables: {question: Why was I charged a late fee?}
            assert: {contains: fee}
          - id: double-charge
            variables: {question: Why was I charged twice?}
            assert: {contains: charge}
    """
    seen: dict[object, str] = {}
    for i, case in enumerate(prompt.cases):
        if not case.variables and not case.history:
            continue
        content = (*sorted(case.variables.items()), *case.history)
        first = seen.setdefault(content, case.id)
        if first is not case.id:
            message = f"case `{case.id}` has the same input as case `{first}`"
            yield Finding(("cases", i), message, "delete one, or change what makes it different")


@check("PO206", "unsliced-case", Severity.WARNING, (ON_PROMPT,))
def unsliced_case(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A prompt that serves several languages can fail in one of them while its average looks fine.
    Only cases that say their language let a run report each one.

    Bad:
        languages: [en, de]
        cases:
          - id: late-fee
            slices: {language: en}
            assert: {contains: fee}
          - id: mahngebuehr
            assert: {contains: Gebühr}
          - id: frist
            slices: {language: de}
            assert: {contains: Frist}

    Good:
        languages: [en, de]
        cases:
          - id: late-fee
            slices: {language: en}
            assert: {contains: fee}
          - id: mahngebuehr
            slices: {language: de}
            assert: {contains: Gebühr}
    """
    if len(prompt.languages) < 2:
        return
    for i, case in enumerate(prompt.cases):
        if LANGUAGE not in case.slices:
            known = listed(prompt.languages, 5)
            message = f"case `{case.id}` does not say its language; the prompt serves {known}"
            help = f"add `slices: {{language: {prompt.languages[0]}}}`, or whichever it is"
            yield Finding(("cases", i, "slices"), message, help)


@check("PO207", "unused-case", Severity.INFO, (ON_PROMPT,))
def unused_case(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A case that no test selects and that asserts nothing itself is paid for on every run and
    tells nothing.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: [late-fee]
                assert: {not_contains: as an AI}
        cases:
          - id: late-fee
          - id: refund

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: [late-fee, refund]
                assert: {contains: "§"}
        cases:
          - id: late-fee
          - id: refund
    """
    idle = {i: case for i, case in enumerate(prompt.cases) if not case.asserts}
    for rule in prompt.rules:
        for test in rule.tests:
            if not idle or test.cases.all:
                return
            for i in selected(prompt, test.cases):
                idle.pop(i, None)
    for i, case in idle.items():
        message = f"no test selects case `{case.id}`, and it asserts nothing"
        yield Finding(("cases", i), message, "select it in a test, give it `assert:`, or delete it")


@check("PO210", "uncovered-language", Severity.WARNING, (ON_PROMPT,))
def uncovered_language(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A language that the prompt promises and no case speaks is never tested: its users find the
    failures.

    Bad:
        languages: [en, de]
        cases:
          - id: late-fee
            slices: {language: en}
            assert: {contains: fee}

    Good:
        languages: [en, de]
        cases:
          - id: late-fee
            slices: {language: en}
            assert: {contains: fee}
          - id: mahngebuehr
            slices: {language: de}
            assert: {contains: Gebühr}
    """
    if len(prompt.languages) < 2 or not prompt.cases:
        return
    spoken = {_language(case) for case in prompt.cases}
    for i, language in enumerate(prompt.languages):
        if language not in spoken:
            help = f"add a case with `slices: {{language: {language}}}`, or drop the language"
            yield Finding(("languages", i), f"no case is in `{language}`", help)


def _language(case: Case) -> str:
    return case.slices.get(LANGUAGE, "")
