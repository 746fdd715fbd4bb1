"""PO22: evidence that no longer belongs to the prompt it speaks of.

A digest proves that a summary belongs together, not that it is true.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.diagnostic import Finding, Severity
from promptops.errors import PromptopsError
from promptops.model import Prompt
from promptops.source.evidence import digests_of


@check("PO220", "stale-evidence", Severity.INFO, (ON_PROMPT,))
def stale_evidence(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Figures measured on another wording say nothing about this one, and a reviewer trusts them
    all the same.

    Bad:
        # evidence/gpt-4o-mini.json was measured when the rule said "Name the city of every meeting."
        rules:
          - id: name-city
            text: Name the city of every meeting, and the country where it is not clear.
            tests:
              - cases: [talk]
                assert: {contains: Oslo}
        cases:
          - id: talk

    Good:
        rules:
          - id: name-city
            text: Name the city of every meeting.
            tests:
              - cases: [talk]
                assert: {contains: Oslo}
        cases:
          - id: talk
    """
    found = around.evidence.get(prompt.path, ())
    if not found:
        return
    try:
        now = digests_of(prompt)
    except PromptopsError:
        return  # it does not render, and another check says why
    for one in found:
        if parts := one.stale(now):
            message = f"{one.path} was measured on {_parts(parts)}"
            help = f"measure again: `promptops eval {prompt.id} --evidence`"
            yield Finding(("id",), message, help)


@check("PO221", "edited-evidence", Severity.ERROR, (ON_PROMPT,))
def edited_evidence(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Evidence that was changed by hand is no measurement: whoever reads it takes a wish for a fact.

    Bad:
        # in evidence/gpt-4o-mini.json "passed" was edited from 12 to 20
        rules:
          - id: name-city
            text: Name the city of every meeting.
            tests:
              - cases: [talk]
                assert: {contains: Oslo}
        cases:
          - id: talk

    Good:
        rules:
          - id: name-city
            text: Name the city of every meeting.
            tests:
              - cases: [talk]
                assert: {contains: Oslo}
        cases:
          - id: talk
    """
    for one in around.evidence.get(prompt.path, ()):
        if not one.sealed:
            message = f"{one.path} does not match its seal: it was changed after it was measured"
            yield Finding(("id",), message, "restore it from git, or measure again")


def _parts(parts: tuple[str, ...]) -> str:
    names = {"prompt": "another text", "cases": "other cases", "assertions": "other tests"}
    return " and ".join(names[part] for part in parts)
