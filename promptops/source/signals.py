"""Signals of an instruction in one sentence: orders, prohibitions, obligations, hedges.

Sentences come with their code spans masked (`sentences.mask_code`) and without emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from promptops.source import words

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_CLAUSES = re.compile(r"[;:—–→]\s+|\s->\s")
_COMMAS = re.compile(r"[,，]\s*")
_ACRONYM = re.compile(r"^\w+ [A-Z]+s?$")  # "Fetch API" fetches nothing
_PATTERNS = (
    ("prohibition", words.PROHIBITION, re.I),
    ("obligation", words.OBLIGATION, re.I),
    ("requirement", words.REQUIREMENT, re.I),
    ("stress", words.STRESS, 0),
    ("hedge", words.HEDGE, re.I),
)


@cache
def pattern(source: str, flags: int = re.I) -> re.Pattern[str]:
    """One of the patterns of `words`, compiled when first needed."""
    return re.compile(source, flags | re.X)


def holds(source: str, text: str, flags: int = re.I) -> bool:
    """True if a pattern of `words` is found anywhere in the text."""
    return pattern(source, flags).search(text) is not None


def first_words(text: str) -> list[str]:
    """The words at the beginning of a text, lower case."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text[:200])]


def signals(sentence: str) -> Iterator[str]:
    """The names in `labels.WEIGHTS` that a sentence deserves."""
    clauses = _CLAUSES.split(sentence)
    at_once = order(clauses[0])
    if at_once:
        yield at_once
    if at_once != "order" and any(_orders(clause) for clause in clauses):
        yield "order-after"
    for signal, source, flags in _PATTERNS:
        if holds(source, sentence, flags):
            yield signal
    duty = pattern(words.DUTY)
    if duty.match(sentence) or duty.match(clauses[-1]):
        yield "duty"
    if not sentence.isascii() and holds(words.OTHER_LANGUAGES, sentence):
        yield "other-language"
    if sentence.endswith(("?", "？")):
        yield "question"


def order(clause: str, alone: bool = False) -> str:
    """ "order" for a clause that begins with a verb that orders, "maybe-order" or "".

    `alone`: one verb is enough, as in "when in doubt, ask".
    """
    found = first_words(clause)
    while found and found[0] in words.BEFORE_VERB:
        del found[0]
    verb, following = (*found[:2], "", "")[:2]
    if verb in words.ORDERS and following not in words.NO_OBJECTS:
        complete = alone or following or clause.endswith(":")
        return "order" if complete and not _ACRONYM.search(clause) else ""
    if verb in words.MAYBE_ORDERS and following:
        sure = following in words.OBJECTS or following.startswith("xx")
        return "order" if sure or holds(words.TIMES, clause) else "maybe-order"
    return ""


def _orders(clause: str) -> bool:
    """True for a clause that orders, at once or after its condition."""
    if first_words(clause[:80])[:1] and first_words(clause[:80])[0] in words.CONDITIONS:
        return any(order(part, alone=True) == "order" for part in _COMMAS.split(clause)[1:])
    return order(clause) == "order"
