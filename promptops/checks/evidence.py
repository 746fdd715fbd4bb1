"""PO22: evidence that no longer belongs to the prompt it speaks of.

A digest proves that a summary belongs together, not that it is true.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.diagnostic import Finding, Place, Severity
from promptops.errors import PromptopsError
from promptops.model import Prompt
from promptops.source.calibration import EDITED, WORDS
from promptops.source.evidence import digests_of, text_digest


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
    found = around.evidence.get(prompt.path, ())
    edited = [one.path for one in found if not one.sealed]
    if _judged(prompt) is not None:
        edited += [path for path, why in around.calibrations.items() if why == EDITED]
    for path in edited:
        message = f"{path} does not match its seal: it was changed after it was measured"
        yield Finding(("id",), message, "restore it from git, or measure again")
    for one in found:
        if one.sealed and (place := one.contradiction):
            message = f"{one.path} contradicts itself: {place} is not what its counts give"
            yield Finding(("id",), message, "restore it from git, or measure again")


@check("PO222", "added-without-cliff-test", Severity.INFO, (ON_PROMPT,))
def added_without_cliff_test(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A new rule can break others that nobody looks at in its review. What it does to them can be
    measured before it is merged.

    Bad:
        # the change adds `name-city`, and no evidence says what it does to the other rules
        rules:
          - id: be-short
            text: Answer in three sentences.
            tests:
              - cases: [talk]
                assert: {sentence_count: {max: 3}}
          - id: name-city
            text: Name the city of every meeting.
            tests:
              - cases: [talk]
                assert: {contains: Oslo}
        cases:
          - id: talk

    Good:
        # `promptops cliff example --staged --evidence` was run, and its evidence is committed
        rules:
          - id: be-short
            text: Answer in three sentences.
            tests:
              - cases: [talk]
                assert: {sentence_count: {max: 3}}
          - id: name-city
            text: Name the city of every meeting.
            tests:
              - cases: [talk]
                assert: {contains: Oslo}
        cases:
          - id: talk
    """
    before = around.before.get(prompt.path)
    if before is None or not prompt.cases or not any(rule.tests for rule in before.rules):
        return
    known = {rule.id: rule.text for rule in before.rules}
    measured = _measured(around, prompt)
    for i, rule in enumerate(prompt.rules):
        if known.get(rule.id) == rule.text or (rule.id, text_digest(rule.text)) in measured:
            continue
        what = "reworded" if rule.id in known else "added"
        message = f"rule `{rule.id}` was {what} without a cliff test"
        help = f"`promptops cliff {prompt.id} --staged --evidence` says whether it breaks others"
        yield Finding(("rules", i, "text"), message, help)


@check("PO223", "stale-calibration", Severity.INFO, (ON_PROMPT,))
def stale_calibration(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A judge was compared with people under another wording of its prompt: nobody knows how far its
    verdicts of today can be believed.

    Bad:
        # prompts/judge/evidence/calibration-gpt-4o.json is of an older wording of the judge's prompt
        rules:
          - id: be-kind
            text: Never blame the customer.
            tests:
              - cases: [talk]
                assert: {judge: {rubric: The answer blames nobody.}}
        cases:
          - id: talk

    Good:
        # calibrated again: `promptops eval --calibrate LABELS --judge MODEL --evidence`
        rules:
          - id: be-kind
            text: Never blame the customer.
            tests:
              - cases: [talk]
                assert: {judge: {rubric: The answer blames nobody.}}
        cases:
          - id: talk
    """
    place = _judged(prompt)
    if place is not None:
        for path, why in around.calibrations.items():
            if why != EDITED:
                help = (
                    "compare it with people again: `promptops eval --calibrate LABELS --evidence`"
                )
                yield Finding(place, f"{path} {WORDS[why]}", help)


@check("PO224", "foreign-evidence", Severity.ERROR, (ON_PROMPT,))
def foreign_evidence(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A file among a prompt's evidence that was measured of something else, or cannot be read, looks
    like a measurement to everybody who only sees its name.

    Bad:
        # evidence/gpt-4o-mini.json was copied from another prompt
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
    for path, why in around.strange.get(prompt.path, ()):
        help = f"take it out, or measure: `promptops eval {prompt.id} --evidence`"
        yield Finding(("id",), f"{path} {why}", help)


def _judged(prompt: Prompt) -> Place | None:
    """Where the first assertion stands that a model judges; None where none does."""
    for i, rule in enumerate(prompt.rules):
        for j, test in enumerate(rule.tests):
            if any(one.kind == "judge" for one in test.asserts):
                return ("rules", i, "tests", j)
    if any(one.kind == "judge" for case in prompt.cases for one in case.asserts):
        return ("id",)
    return None


def _measured(around: Around, prompt: Prompt) -> set[tuple[str, str]]:
    """(rule, digest of its text) of all that evidence nobody edited has a verdict on."""
    tested = (
        one.data.get("cliff", {}).get("tested", {})
        for one in around.evidence.get(prompt.path, ())
        if one.sealed
    )
    return {(rule, row["text"]) for rows in tested for rule, row in rows.items()}


def _parts(parts: tuple[str, ...]) -> str:
    names = {"prompt": "another text", "cases": "other cases", "assertions": "other tests"}
    return " and ".join(names[part] for part in parts)
