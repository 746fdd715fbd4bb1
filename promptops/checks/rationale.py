"""PO1: why a rule exists. A reason that says nothing is worse than none, because nobody asks again."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, ON_SIDECAR, Around, check
from promptops.checks._once import once
from promptops.checks._places import listed, named
from promptops.checks._reasons import NOTHING, RESTATES, enough, verdict
from promptops.checks._words import contents, reasons
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt

SAY_WHY = (
    "say what went wrong without the rule, or who asked for it and what they wanted to avoid,"
    " such as “agents promised refunds that no policy allows (INC-231)”"
)
COPIES = 3  # rules that share one rationale


@check("PO101", "missing-rationale", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def missing_rationale(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule nobody can explain is a rule nobody dares to remove: it stays, costs tokens on every
    call, and argues with the rules that come after it.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: Agents promised refunds that no policy allows (INC-231).
    """
    for i, rule in enumerate(prompt.rules):
        if not rule.rationale.strip():
            message = f"{named(rule, prompt)} has no rationale"
            yield Finding(("rules", i, "rationale"), message, SAY_WHY)


@check("PO102", "stub-rationale", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def stub_rationale(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rationale such as "as discussed" or a bare ticket number passes for a reason until the day
    somebody needs it; by then the meeting is forgotten and the ticket system replaced.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: As discussed with the team, see SUP-1204.

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: Agents promised refunds that no policy allows (SUP-1204).
    """
    for i, wrong in enumerate(_verdicts(prompt)):
        if wrong == NOTHING:
            message = f"the rationale of rule `{prompt.rules[i].id}` gives no reason"
            yield Finding(("rules", i, "rationale"), message, SAY_WHY)


@once
def _verdicts(prompt: Prompt) -> tuple[str, ...]:
    """What is wrong with each rationale; a missing one is PO101's, a draft PO104's."""
    pairs = zip(prompt.rules, contents(prompt), reasons(prompt), strict=True)
    return tuple(
        "" if rule.draft or not rule.rationale.strip() or enough(rule.rationale, reason, said)
        else verdict(rule.rationale, said)
        for rule, said, reason in pairs
    )  # fmt: skip


@check("PO103", "restating-rationale", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def restating_rationale(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rationale that repeats the rule in other words looks like documentation and holds none: it
    cannot tell anybody when the rule has become unnecessary.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: It is important that the policy section relied on is always cited.

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: Agents promised refunds that no policy allows. A citation can be verified.
    """
    for i, wrong in enumerate(_verdicts(prompt)):
        if wrong == RESTATES:
            message = f"the rationale of rule `{prompt.rules[i].id}` only restates the rule"
            yield Finding(("rules", i, "rationale"), message, SAY_WHY)


@check("PO104", "draft-rationale", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def draft_rationale(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """An import fills in a rationale from commit messages as a starting point. Left as it is, a
    guess ends up as the official reason.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: Commit 9f2c1ab says "tighten the refund answers after the March review".
            draft: true

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: The March review found eleven refunds promised against the policy.
    """
    for i, rule in enumerate(prompt.rules):
        if rule.draft and rule.rationale.strip():
            message = f"the rationale of rule `{rule.id}` is a draft that no person wrote"
            help = "finish the rationale and delete `draft: true`"
            yield Finding(("rules", i, "draft"), message, help, key=True)


@check("PO105", "copied-rationale", Severity.WARNING, (ON_PROMPT, ON_SIDECAR))
def copied_rationale(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """One sentence pasted under many rules explains none of them: when one rule is questioned,
    nobody can say what that one is for.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: Legal wants fewer disputes over refunds.
          - id: name-deadline
            text: Name the day by which a refund arrives.
            rationale: Legal wants fewer disputes over refunds.
          - id: no-discounts
            text: Offer discounts in writing.
            rationale: Legal wants fewer disputes over refunds.

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            rationale: Eleven disputes turned on a refund that no policy allows.
          - id: name-deadline
            text: Name the day by which a refund arrives.
            rationale: Customers who know the day do not open a second ticket.
    """
    same: dict[str, list[int]] = {}
    for i, rule in enumerate(prompt.rules):
        if rule.rationale and not rule.draft:
            same.setdefault(rule.rationale, []).append(i)
    for places in same.values():
        if len(places) >= COPIES:
            names = listed([prompt.rules[i].id for i in places], 4)
            message = f"rules {names} share one rationale, word for word"
            yield Finding(("rules", places[0], "rationale"), message, "give each its own reason")
