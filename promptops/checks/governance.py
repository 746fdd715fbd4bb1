"""PO5: who answers for a prompt, until when, and which decision made it so."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, ON_SIDECAR, Around, check
from promptops.checks._places import listed
from promptops.checks._words import split, stems
from promptops.diagnostic import Finding, Place, Severity
from promptops.model import Prompt

ACCEPTED = "accepted"


@check("PO501", "missing-owner", Severity.WARNING, (ON_PROMPT,))
def missing_owner(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """When nobody answers for a rule, nobody is asked before it changes, and nobody removes it.

    Bad:
        owners: []
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.

    Good:
        owners: ["@acme/support-ai"]
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
    """
    if prompt.owners:
        return
    orphans = [rule.id for rule in prompt.rules if not rule.owner]
    if orphans or not prompt.rules:
        whose = f" for {listed(orphans)}" if 0 < len(orphans) < len(prompt.rules) else ""
        message = f"nobody answers for prompt `{prompt.id}`" if not whose else f"no owner{whose}"
        help = "add `owners:` to the prompt, with a person or a team"
        yield Finding(("owners",), message, help)


@check("PO502", "review-date-passed", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def review_date_passed(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Somebody set a day on which to look at this rule again. It has passed, and the reason for the
    rule may have passed as well.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            review_by: 2020-03-01

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            review_by: 2099-03-01
    """
    for i, rule in enumerate(prompt.rules):
        if rule.review_by is not None and rule.review_by < around.today:
            message = f"rule `{rule.id}` was to be reviewed by {rule.review_by}"
            help = "review it, then set the next day, or retire the rule"
            yield Finding(("rules", i, "review_by"), message, help)


@check("PO503", "owner-has-left", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def owner_has_left(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Questions about the rule go to somebody who no longer works here.

    Bad:
        owners: [gone@example.com]

    Good:
        owners: [here@example.com]
    """
    if not around.people_left:
        return
    named: list[tuple[Place, str]] = [(("owners", i), name) for i, name in enumerate(prompt.owners)]
    named += [(("rules", i, "owner"), r.owner) for i, r in enumerate(prompt.rules) if r.owner]
    for place, name in named:
        if not around.people_left.isdisjoint(_names(name)):
            help = "name somebody who is here; `promptops people` shows who knows the rule"
            yield Finding(place, f"`{name}` has left", help)


def _names(owner: str) -> set[str]:
    """How one owner may be written: `Ada <ada@example.com>`, `@ada`, `ada`, in lower case."""
    name, _, address = owner.lower().partition("<")
    return {owner.lower(), name.strip().removeprefix("@"), address.rstrip("> ")} - {""}


@check("PO504", "retired-without-reason", Severity.WARNING, (ON_PROMPT,))
def retired_without_reason(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule that was removed without a reason comes back as soon as somebody misses it.

    Bad:
        retired:
          - id: no-emoji
            text: Never use emoji in answers.

    Good:
        retired:
          - id: no-emoji
            text: Never use emoji in answers.
            reason: Customers asked for warmer replies (survey 2026-03).
    """
    for i, old in enumerate(prompt.retired):
        if len(stems(split(old.reason))) < 2:
            how = "gives no reason" if old.reason.strip() else "has no reason"
            message = f"retired rule `{old.id}` {how}"
            yield Finding(("retired", i, "reason"), message, "say why it was removed")


@check("PO505", "unknown-decision", Severity.ERROR, (ON_PROMPT, ON_SIDECAR))
def unknown_decision(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule points at a decision record that is not there: whoever asks why finds nothing.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            decision: 20260101-no-such-record

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            decision: 20260101-accepted
    """
    for place, what, name in _cited(prompt):
        if name not in around.decisions:
            from difflib import get_close_matches

            near = get_close_matches(name, around.decisions, 1)
            help = f"did you mean `{near[0]}`?" if near else "write it with `promptops decide`"
            yield Finding(place, f"{what} names decision `{name}`, which does not exist", help)


def _cited(prompt: Prompt) -> Iterator[tuple[Place, str, str]]:
    """(place, who cites, decision) of every decision that living and retired rules cite."""
    for i, rule in enumerate(prompt.rules):
        if rule.decision:
            yield ("rules", i, "decision"), f"rule `{rule.id}`", rule.decision
    for i, old in enumerate(prompt.retired):
        if old.decision:
            yield ("retired", i, "decision"), f"retired rule `{old.id}`", old.decision


@check("PO506", "superseded-decision", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def superseded_decision(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The decision behind a rule was replaced by another, and the rule was not looked at again.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            decision: 20260103-superseded

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            decision: 20260101-accepted
    """
    for place, what, name in _cited(prompt):
        decision = around.decisions.get(name)
        if decision is not None and decision.status == "superseded" and place[0] == "rules":
            by = f" by `{decision.superseded_by}`" if decision.superseded_by else ""
            message = f"{what} rests on decision `{name}`, which is superseded{by}"
            help = "bring the rule in line with the newer decision and cite that, or retire it"
            yield Finding(place, message, help)


@check("PO507", "unaccepted-decision", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def unaccepted_decision(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule is in force although its decision was only proposed, or turned down.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            decision: 20260102-proposed

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            decision: 20260101-accepted
    """
    for place, what, name in _cited(prompt):
        decision = around.decisions.get(name)
        if decision is not None and decision.status not in (ACCEPTED, "superseded"):
            message = f"{what} rests on decision `{name}`, which is {decision.status}"
            help = "have the decision accepted first, or retire the rule"
            yield Finding(place, message, help)
