"""Is this a reason? What says nothing, and what only says the rule again.

A reason brings words of its own. Words that only tell where it was said, that it was wanted, or that
it is good bring none; nor does what "this rule ensures that …" says, unless more follows.
"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cache

from promptops.checks._words import split, stem, stems

NEW_WORDS = 2  # content words a reason needs beside the empty ones
RESTATED = 0.75  # share of a reason's words that already stand in its rule
NOTHING, RESTATES = "gives no reason", "only restates"

# Words that carry no reason: where something was said, that it was wanted, that it is good.
_EMPTY_WORDS = """discussed agreed decided requested asked required requirements mandated wanted
needed wished told said see ref cf ticket issue jira story epic task pr commit email mail slack
thread chat meeting call doc document spec link stakeholder client customer user team manager boss
lead management owner legal business product policy standard best practice convention usual common
sense obvious self explanatory clear clarity consistent consistency quality better improved
improvement improves good great nice help helpful import important necessary must reason purpose
rule prompt model assistant answer response respond reply output behaviour behavior llm ai bot agent
instruct instruction todo tbd fixme tba none na n xxx placeholder later fill explain rationale ux
experience safety above below before earlier previously last new old existing added approved copied
imported comment review sprint decision department derived guideline generated claude gpt chatgpt
copilot request wip complete completed wie besprochen beschlossen wurde wurden im abgesprochen absprache abstimmung vereinbart siehe laut
gemäß wunsch vorgabe vorgaben anforderung anforderungen kunde kunden auf des mit dem comme conformément convenu
demande demandé selon exigence exigences réunion segun según acordado acuerdo solicitado requisito
requisitos par le la les aux du lo con el cliente"""

# Words that say that something is good, or that it is done: no reason where nothing else is said.
_PRAISE = """concise short brief shorter readable readability simple easy understandable friendly
polite politely courteous respectful respectfully warm tone manner style way format formatted
structure structured expected appropriate appropriately proper properly correct correctly correctness
accurate accurately accuracy precise precision valid validity relevant relevance uniform uniformity
coherent coherence point focus focused direct directly reliable reliably reliability trust trustworthy
trustworthiness effective effectively efficient efficiently efficiency complete completeness
professional professionally professionalism overall maintain remain stay keep follow adhere match
comply compliance security privacy confidentiality respect communicate communication provide deliver
give offer return contain include use prevent protect support reduce minimise minimize increase
enhance promote enable allow allowed permit permitted forbid forbidden prohibit prohibited risk error
mistake confusion misunderstanding problem unnecessary unwanted inappropriate potential potentially
whole process information content text message interaction conversation satisfaction transparency
transparent alignment align aligned value brand company organisation organization
make intended designed meant goal aim intent limit number amount maximum minimum code modern preferred
preference stylistic personal more legacy historical unprofessional unclear inconsistent incorrect
inaccurate irrelevant sound length guide codebase maintainability maintainable feedback expectation
right honest honesty read reader set up change minor trivial small tweak wording reworded fix fixed
update updated clean cleaned refactor longer long remove removed"""


@cache
def empty() -> frozenset[str]:
    """The stems of words that carry no reason anywhere."""
    return frozenset(map(stem, _EMPTY_WORDS.split()))


@cache
def _praise() -> frozenset[str]:
    return frozenset(map(stem, _PRAISE.split()))


def verdict(reason: str, said: Set[str]) -> str:
    """What is wrong with a reason for what has the stems `said`: NOTHING, RESTATES, or "".

    A reason without content is "as discussed", "per requirements" or a bare ticket number.
    """
    own = stems(split(_reference().sub(" ", reason))) - empty()
    fact = _fact().search(reason) is not None
    if len(own) < NEW_WORDS - fact:
        return NOTHING
    if said and len(own) >= NEW_WORDS and len(own - said) <= len(own) * (1 - RESTATED):
        return RESTATES
    wanted = NEW_WORDS if _paraphrase().match(reason) else 1
    if fact or len(own - _praise() - said) >= wanted:
        return ""
    return NOTHING if own.isdisjoint(said) else RESTATES


def enough(reason: str, own: Set[str], said: Set[str]) -> bool:
    """True where `verdict` surely finds nothing wrong: cheap, for reasons whose stems are known."""
    new = own - empty() - said
    few = len(new) <= len(own) * (1 - RESTATED) or len(new - _praise()) < NEW_WORDS + 2
    return not few and "://" not in reason


def says_nothing(reason: str) -> bool:
    """True for a reason without content, whatever it is given for."""
    return verdict(reason, frozenset()) == NOTHING


def restates(reason: str, said: str) -> bool:
    """True for a reason that only repeats what is said, in whatever order and form of the words."""
    return verdict(reason, stems(split(said))) == RESTATES


@cache
def _fact() -> re.Pattern[str]:
    """What people are or do, "our customers are blind", is a reason in one word."""
    who = "customers|clients|users|readers|patients|we|they|models?|bots?|agents?"
    return re.compile(rf"\b(?:{who})\s+(?:are|live|speak|pay|cannot|can['’]t)\b", re.IGNORECASE)


@cache
def _reference() -> re.Pattern[str]:
    """What points elsewhere: addresses, ticket numbers, issue numbers."""
    public = "CVE|CWE|GHSA|RFC|ISO|IEC|DIN|PEP"  # what everybody can look up stands for itself
    return re.compile(
        rf"https?://\S+|\b(?!(?:{public})-)[A-Z][A-Z0-9]{{1,9}}-\d+\b"
        r"|(?<!\w)#\d+\b|\b[0-9a-f]{7,40}\b"
    )


@cache
def _paraphrase() -> re.Pattern[str]:
    """How a rule said again begins: "this rule ensures that", "the assistant should"."""
    rule = "(?:rule|instruction|line|constraint|guideline)"
    sees = r"(?:ensur|guarantee|enforc)\w*|mak\w+\s+(?:sure|certain)"
    meant = r"(?:is|was)\s+(?:meant|intended|designed|there|here|important|needed)\b"
    bot = "(?:assistant|model|ai|bot|agent|llm|system|response|reply|answer|output)"
    return re.compile(
        rf"\s*(?:this\s+{rule}\b|(?:the|its)\s+(?:purpose|goal|aim|intent|idea|point)\b"
        rf"|(?:(?:this|it|that|the)\s+)?(?:{rule}\s+)?(?:{sees}|{meant})"
        rf"|(?:in\s+order\s+)?to\s+(?:help\s+)?(?:{sees})"
        rf"|(?:the|our|an?)?\s*{bot}s?\s+(?:should|must|shall|may|needs?\s+to|ha(?:s|ve)\s+to)\b"
        r"|we\s+(?:do\s+not\s+|don['’]t\s+)?(?:want|need|expect|require)\b)",
        re.IGNORECASE,
    )
