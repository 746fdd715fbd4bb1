"""Signals of an instruction in one sentence: orders, prohibitions, obligations, hedges.

Sentences come with their code spans masked (`sentences.mask_code`) and without emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from promptops.source import words

_WORD = re.compile(r"[^\W\d_][\w'-]*")
_CLAUSES = re.compile(r"[;:—–→]\s+|\s->\s|,\s+(?=so\s)")
_DESCRIBED = re.compile(r"X{3,}\s*(?:[:—–-]|->|→)\s")  # "`take_snapshot`: Get a text of the page"
_ACRONYM = re.compile(r"^\w+ [A-Z]+s?$")  # "Fetch API" fetches nothing


@cache
def pattern(source: str, flags: int = re.I) -> re.Pattern[str]:
    """One of the patterns of `words`, compiled when first needed."""
    return re.compile(source, flags | re.X)


def holds(source: str, text: str, flags: int = re.I) -> bool:
    """True if a pattern of `words` is found anywhere in the text."""
    return pattern(source, flags).search(text) is not None


def first_words(text: str) -> list[str]:
    """The words at the beginning of a text, lower case."""
    return _WORD.findall(text[:60].lower())


def signals(sentence: str) -> Iterator[str]:
    """The names in `labels.WEIGHTS` that a sentence deserves."""
    sentence = sentence.replace("’", "'")
    if not _DESCRIBED.match(sentence):
        yield from _orders(_CLAUSES.split(sentence))
    raw = frozenset(_WORD.findall(sentence))
    found = frozenset(map(str.lower, raw))
    if found & words.PROHIBITING and holds(words.PROHIBITION, sentence):
        yield "prohibition"
    if found & words.OBLIGING and holds(words.OBLIGATION, sentence):
        yield "obligation"
    if found & words.REQUIREMENT:
        yield "requirement"
    if raw & words.STRESS:
        yield "stress"
    if found & words.HEDGE:
        yield "hedge"
    if not sentence.isascii() and holds(words.OTHER_LANGUAGES, sentence):
        yield "other-language"
    if sentence.endswith(("?", "？")):
        yield "question"


def order(clause: str, alone: bool = False) -> str:
    """ "order" for a clause that begins with a verb that orders, "maybe-order" or "".

    `alone`: one verb is enough, as in "when in doubt, ask".
    """
    found = first_words(clause)
    while found and (found[0] in words.BEFORE_VERB or found[0].endswith("ly")):
        del found[0]
    verb, following = (*found[:2], "", "")[:2]
    if verb in words.ORDERS and following not in words.NO_OBJECTS:
        complete = alone or following or clause.endswith(":")
        return "order" if complete and not _ACRONYM.search(clause) else ""
    if verb in words.MAYBE_ORDERS and following:
        sure = following in words.OBJECTS or following.startswith("xx")
        return "order" if sure or holds(words.TIMES, clause) else "maybe-order"
    return ""


def _orders(clauses: list[str]) -> Iterator[str]:
    """How the clauses of a sentence order: at once, or after a condition or colon."""
    at_once = order(clauses[0])
    if at_once:
        yield at_once
    later = (order(clause) == "order" or _after_condition(clause) for clause in clauses)
    if at_once != "order" and any(later):
        yield "order-after"
    duty = pattern(words.DUTY)
    if duty.match(clauses[0]) or duty.match(clauses[-1]):
        yield "duty"


def _after_condition(clause: str) -> bool:
    """ "When in doubt, ask": a condition, a comma and an order."""
    first = first_words(clause[:40])[:1]
    if "," not in clause or not first or first[0] not in words.CONDITIONS:
        return False
    return any(order(part.lstrip(), alone=True) == "order" for part in clause.split(",")[1:])
