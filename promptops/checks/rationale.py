"""PO1: why a rule exists. A reason that says nothing is worse than none, because nobody asks again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cache

from promptops.checks import ON_PROMPT, ON_SIDECAR, Around, check
from promptops.checks._places import listed, named
from promptops.checks._words import contents, reasons, split, stem, stems
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt

SAY_WHY = (
    "say what went wrong without the rule, or who asked for it and what they wanted to avoid,"
    " such as “agents promised refunds that no policy allows (INC-231)”"
)
COPIES = 3  # rules that share one rationale
NEW_WORDS = 2  # content words a reason needs beside the empty ones
RESTATED = 0.75  # share of a reason's words that already stand in its rule

# Words that carry no reason: where something was said, that it was wanted, that it is good.
_EMPTY_WORDS = """discussed agreed decided requested asked required requirements mandated wanted
needed wished told said see ref cf ticket issue jira story epic task pr commit email mail slack
thread chat meeting call doc document spec link stakeholder client customer user team manager boss
lead legal business standard best practice convention usual common sense obvious self explanatory
clear clarity consistent consistency quality better improved improvement improves good great nice
help helpful import important necessary must reason purpose rule prompt model assistant answer
response respond reply output behaviour behavior llm ai bot agent instruct instruction todo tbd
fixme tba none na n xxx placeholder later fill explain rationale ux experience safety above below
before earlier previously last new wie besprochen abgesprochen siehe vereinbart comme convenu
segun acordado"""


@cache
def _empty() -> frozenset[str]:
    return frozenset(map(stem, _EMPTY_WORDS.split()))


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
    empty = _empty()
    for i, content in enumerate(reasons(prompt)):
        if prompt.rules[i].draft:
            continue  # PO104 asks for the whole of it
        reason = prompt.rules[i].rationale
        few = len(content) < 30 and len(content - empty) < NEW_WORDS + 2
        if reason.strip() and (few or "://" in reason) and says_nothing(reason):
            message = f"the rationale of rule `{prompt.rules[i].id}` gives no reason"
            yield Finding(("rules", i, "rationale"), message, SAY_WHY)


def says_nothing(reason: str) -> bool:
    """True for a reason without content: "as discussed", "per requirements", a bare ticket number."""
    own = len(stems(split(_reference().sub(" ", reason))) - _empty())
    return own < NEW_WORDS - bool(_fact().search(reason))


@cache
def _fact() -> re.Pattern[str]:
    """What people are or do, "our customers are blind", is a reason in one word."""
    does = "are|live|speak|pay|cannot|can't"
    return re.compile(rf"\b(?:customers|clients|users)\s+(?:{does})\b", re.IGNORECASE)


@cache
def _reference() -> re.Pattern[str]:
    """What points elsewhere: addresses, ticket numbers, issue numbers."""
    return re.compile(r"https?://\S+|\b[A-Z][A-Z0-9]{1,9}-\d+\b|(?<!\w)#\d+\b|\b[0-9a-f]{7,40}\b")


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
    for i, (said, reason) in enumerate(zip(contents(prompt), reasons(prompt), strict=True)):
        if prompt.rules[i].draft or said.isdisjoint(reason):
            continue
        if _restated(reason, said):
            message = f"the rationale of rule `{prompt.rules[i].id}` only restates the rule"
            yield Finding(("rules", i, "rationale"), message, SAY_WHY)


def restates(reason: str, said: str) -> bool:
    """True for a reason that only repeats what is said, in whatever order and form of the words."""
    return _restated(stems(split(reason)), stems(split(said)))


def _restated(reason: Set[str], said: Set[str]) -> bool:
    own = reason - _empty()
    return len(own) >= NEW_WORDS and len(own - said) <= len(own) * (1 - RESTATED)


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
