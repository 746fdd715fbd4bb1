"""Whether a text asks for something or against it, and what it is about without that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.checks._words import NEGATORS, STEMS, split

# Words that only set the mood; conditions (`if`, `when`, `unless`) are none of them.
_MOOD = NEGATORS | frozenset(
    "always do does please must should shall will can may you the a an to ever any your be is are"
    " that strictly under circumstances all each every also just try".split()
)

_UNIVERSAL = frozenset("all each every whole entire".split())

# Opposites: the second is the first, negated. Only words that state what to do with one thing;
# `public` and `private`, `before` and `after` speak of different things.
_OPPOSITES = {
    "exclude": "include",
    "omit": "include",
    "hide": "show",
    "disable": "enable",
    "forbid": "allow",
    "forbidden": "allow",
    "prohibit": "allow",
    "prohibited": "allow",
    "disallow": "allow",
    "disallowed": "allow",
    "banned": "allow",
    "decline": "accept",
    "refuse": "accept",
    "skip": "run",
    "informal": "formal",
    "informally": "formally",
    "verbose": "concise",
    "detailed": "concise",
    "lengthy": "concise",
    "long": "concise",
    "lowercase": "uppercase",
    "ascending": "descending",
}
_SAME = {"employ": "use", "utilize": "use", "utilise": "use", "required": "allow"}
_MEANT = _SAME | _OPPOSITES
TURNING = NEGATORS | frozenset(_OPPOSITES)

# "Avoid tables", "no tables", "prefer tables" leave out the verb: these may be meant.
_AGAINST_THINGS = frozenset({"avoid", "no"})
_FOR_THINGS = frozenset({"prefer", "favor", "favour"})
_ACTS = tuple(map(STEMS.__getitem__, ("use", "add", "include", "write", "create")))
ACTS = frozenset({*_ACTS, *map(STEMS.__getitem__, _SAME.values())})


def sign(text: str) -> int:
    """+1 if the text asks for what it names, -1 if it asks against it."""
    return sign_of(split(text))


def sign_of(clause: Sequence[str]) -> int:
    """The same for the words of one clause."""
    if TURNING.isdisjoint(clause):
        return 1
    return -1 if sum(word in TURNING for word in clause) % 2 else 1


def universal(clause: Sequence[str]) -> bool:
    """True if it speaks of all there is: "not all tests" leaves room for some."""
    return not _UNIVERSAL.isdisjoint(clause)


Theme = tuple[str, ...]


def outer(clause: Sequence[str]) -> Sequence[str]:
    """The words before any that begins a clause inside: what those negate is not what is asked."""
    for k, word in enumerate(clause):
        if word in _INNER or (word in NEGATORS and k and clause[k - 1] == "to"):
            return clause[:k]
    return clause


_INNER = frozenset(
    "what which who that where anything everything nothing if when unless whether than".split()
)


def themes(clause: Sequence[str]) -> Iterator[Theme]:
    """What a clause is about, whichever way: its stems in order, without mood and polarity.

    Adverbs stand last, as people put them anywhere. Several where the verb must be guessed.
    """
    asked = outer(clause)
    bare = [word for word in asked if word not in _MOOD and word not in _FOR_THINGS]
    if "refrain" in asked and bare[:1] == ["from"]:
        del bare[0]
    adverbs = sorted(word for word in bare if word.endswith("ly") and len(word) > 4)
    meant = [_MEANT.get(word, word) for word in (*(w for w in bare if w not in adverbs), *adverbs)]
    meant += [w for w in clause[len(asked) :] if w not in _MOOD or w in NEGATORS]
    stems = tuple([STEMS[word] or word for word in meant])
    for act in _acts(asked, bare):
        yield (act, *stems) if act else stems


def _acts(clause: Sequence[str], bare: Sequence[str]) -> Sequence[str]:
    """The stems of the verbs that a clause without one may mean; ("",) where it has its own."""
    first = next((word for word in clause if word not in _MOOD or word in _AGAINST_THINGS), "")
    if not bare or bare[0].endswith("ing"):
        return ("",)
    if first in _FOR_THINGS:
        return _ACTS[:1]
    return _ACTS if first in _AGAINST_THINGS and bare[0] not in ("need", "longer") else ("",)
