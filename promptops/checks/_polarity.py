"""Whether a text asks for something or against it, and what it is about without that."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.checks._words import NEGATORS, STEMS, split

# Words that only set the mood; conditions (`if`, `when`, `unless`) are none of them.
_MOOD = NEGATORS | frozenset(
    "always do does please must should shall will can may you the a an to ever any your be is are"
    " that strictly under circumstances all".split()
)

# Opposites: the second is the first, negated. Only words that state what to do with one thing;
# `public` and `private`, `before` and `after` speak of different things.
_OPPOSITES = {
    "exclude": "include",
    "omit": "include",
    "hide": "show",
    "disable": "enable",
    "forbid": "allow",
    "prohibit": "allow",
    "disallow": "allow",
    "decline": "accept",
    "refuse": "accept",
    "informal": "formal",
    "informally": "formally",
    "verbose": "concise",
    "detailed": "concise",
    "lengthy": "concise",
    "long": "concise",
    "lowercase": "uppercase",
    "ascending": "descending",
}
TURNING = NEGATORS | frozenset(_OPPOSITES)


def sign(text: str) -> int:
    """+1 if the text asks for what it names, -1 if it asks against it."""
    return sign_of(split(text))


def sign_of(clause: Sequence[str]) -> int:
    """The same for the words of one clause."""
    if TURNING.isdisjoint(clause):
        return 1
    return -1 if sum(word in TURNING for word in clause) % 2 else 1


def theme(clause: Sequence[str]) -> tuple[str, ...]:
    """What a clause is about, whichever way: its stems in order, without mood and polarity."""
    return tuple(
        [STEMS[_OPPOSITES.get(word, word)] or word for word in clause if word not in _MOOD]
    )
