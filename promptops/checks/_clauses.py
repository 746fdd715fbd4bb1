"""The clauses of a rule as words, each without what only introduces it or gives its reason.

"Important: make sure to run the tests, because CI is slow" asks to run the tests. What limits a
clause ("in tests", "unless asked") stays: two rules that apply at different times do not clash.
"""

from __future__ import annotations

import re
from functools import cache

from promptops.checks._words import clause_texts, split


def clauses(text: str) -> list[list[str]]:
    """The words of every clause of a text, lower case; empty ones are left out."""
    found = (_words(part.strip()) for part in clause_texts(text))
    return [words for words in found if words]


def _words(clause: str) -> list[str]:
    clause = _reason().sub("", _label().sub("", clause, count=1), count=1)
    clause = _aside().sub(_unless_it_limits, clause)
    clause = _fronted().sub(r"\2 \1", clause, count=1)
    words = split(_opening().sub("", clause, count=1))
    return words[1:] if words[:1] == ["only"] else words


def _unless_it_limits(aside: re.Match[str]) -> str:
    return aside[0] if _LIMITS.intersection(split(aside[0])) else " "


_LIMITS = frozenset(
    "if unless except excepting only when whenever where but for in on during until while with"
    " without at from outside inside apart besides before after than instead as not no via by".split()
)


@cache
def _label() -> re.Pattern[str]:
    """ "“IMPORTANT:” calls for attention. Other labels (“Python:”) may say where a rule applies."""
    words = (
        "important|note|warning|critical|caution|attention|reminder|remember|rule|tip|please note"
    )
    return re.compile(rf"\A\W*(?:very\s+)?(?:{words})\b[*_]*\s*[:—–-][*_]*\s*", re.I)


@cache
def _reason() -> re.Pattern[str]:
    pronoun = r"it|it's|this|that|these|those|they|as|so"
    return re.compile(rf"(?:,\s*(?:{pronoun})\b|\s(?:because|since|so\s+that)\b).*\Z", re.I | re.S)


@cache
def _aside() -> re.Pattern[str]:
    return re.compile(r"\s*\([^()]*\)|(?:\s+[-–—]|,\s+(?:and\s+)?then\b)\s+[^()]*\Z")


@cache
def _fronted() -> re.Pattern[str]:
    """ "“Before committing, run the tests”: what comes before the comma can stand at the end."""
    when = "before|after|when|while|if|for|in|on|during|within|inside|outside|at"
    return re.compile(rf"\A\W*((?:{when})\b[^,]{{1,80}}),\s+(.+)\Z", re.I | re.S)


@cache
def _opening() -> re.Pattern[str]:
    """What people write before the verb: “please make sure that you”, “don't forget to”."""
    matters = "important|essential|critical|crucial|vital|necessary|best|recommended"
    return re.compile(
        rf"\A\W*(?:please\s+)?(?:you\s+(?:must|should)\s+)?(?:always\s+)?(?:"
        rf"(?:make|be)\s+sure\s+(?:to\b|that\b|you\b)|ensure\s+(?:that\b|you\b)|remember\s+(?:to\b|that\b)"
        rf"|it(?:\s+is|'s)\s+(?:very\s+)?(?:{matters})\s+(?:to\b|that\b)|you\s+(?:need|have|are\s+required)\s+to\b"
        rf"|(?:do\s+not|don't|never)\s+forget\s+to\b)(?:\s+you\b)?",
        re.I,
    )
