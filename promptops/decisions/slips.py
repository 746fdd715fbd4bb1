"""Is a word only another spelling of the one in its place, or a slip for it? Pure functions."""

from __future__ import annotations

from collections.abc import Callable

from promptops.patterns import later

KnowsWord = Callable[[str], bool]
"""True for a lower-case word that is surely spelt right; False where that is not known."""


def no_word(word: str) -> bool:  # noqa: ARG001
    """Knows no word, so that no misspelling is ever taken for an obvious one."""
    return False


# British and American spellings of one word; each becomes the American one.
_SPELLINGS = (
    (later(r"(?<=[a-z]{4})is(?=(?:e|es|ed|er|ers|ing|ation|ations|ational)\Z)"), "iz"),
    (later(r"(?<=[a-z]{2})our(?=(?:s|ed|ing|able|ful|ite|ites|al|less)?\Z)"), "or"),
    (later(r"(?<=[a-z]{3})yse(?=[sdr]?\Z)"), "yze"),
    (later(r"(?<=[a-z]{2})tre(?=s?\Z)"), "ter"),
    (later(r"(?<=[a-z]{3}[aeo]l)l(?=(?:ed|ing|er|ers)\Z)"), ""),
    (later(r"(?<=[a-z]{2}log)ue(?=s?\Z)"), ""),
    (later(r"(?<=\Alicen|\Adefen|\Aoffen)c(?=e[sd]?\Z)"), "s"),
    (later(r"(?<=dg)e(?=ments?\Z)"), ""),
    (later(r"(?<=\Agr)e(?=ys?\Z)"), "a"),
    (later(r"(?<=\Aprogram)me(?=s?\Z)"), ""),
)


def spelt_alike(word: str) -> str:
    """The one form of a word's British and American spellings: `organisation` is `organization`."""
    for pattern, instead in _SPELLINGS:
        word = pattern.sub(instead, word)
    return word


# Slips that vocabularies know or that swap a vowel, which else tells two real words apart.
_OFTEN_MISSPELT = {
    "adress": "address", "calender": "calendar", "catagory": "category",
    "compatability": "compatibility", "consistancy": "consistency", "consistant": "consistent",
    "definate": "definite", "definately": "definitely", "existance": "existence", "guarentee": "guarantee",
    "independant": "independent", "maintainance": "maintenance", "occured": "occurred",
    "occurance": "occurrence", "grammer": "grammar", "persue": "pursue", "privelege": "privilege",
    "recieve": "receive", "recomend": "recommend", "relevent": "relevant",
    "responsability": "responsibility", "seperate": "separate", "seperately": "separately", "seperation": "separation",
    "sentance": "sentence",
    "teh": "the", "wich": "which",
}  # fmt: skip
_BEFORE = ("un", "in", "im", "il", "ir", "a", "an", "dis", "non", "re", "de", "mis", "anti", "pre")
_BEHIND = ("s", "es", "d", "ed", "r", "er", "st", "est", "ing", "ly", "y", "n", "en", "less", "ful")


def misspelt(old: str, new: str, known: KnowsWord) -> bool:
    """True if `old` can only be a slip for `new`."""
    if old in _OFTEN_MISSPELT:
        return _OFTEN_MISSPELT[old] == new
    if not (old.isalpha() and new.isalpha()) or old[0] != new[0] or min(len(old), len(new)) < 3:
        return False
    if _another_form(old, new) or _another_form(new, old) or not _slip(old, new):
        return False
    return known(new) and not known(old) and not _made_of_words(old, known)


def _made_of_words(word: str, known: KnowsWord) -> bool:
    """True for a rare word that no vocabulary holds whole: `untied` is un and tied."""
    before = (word.removeprefix(affix) for affix in _BEFORE if word.startswith(affix))
    behind = (word.removesuffix(affix) for affix in _BEHIND if word.endswith(affix))
    return any(len(rest) > 3 and known(rest) for rest in (*before, *behind))


def _another_form(short: str, long: str) -> bool:
    """True if `long` is `short` with a syllable put before or behind it."""
    return any(affix + short == long for affix in _BEFORE) or any(
        short + affix == long for affix in _BEHIND
    )


def _slip(old: str, new: str) -> bool:
    """True if letters were only doubled, left out, put in or swapped with their neighbours.

    A letter in another's place is no slip: so `hypotension` and `hypertension` differ.
    """
    if _DOUBLED.sub(r"\1", old) == _DOUBLED.sub(r"\1", new):
        return True
    short, long = sorted((old, new), key=len)
    if len(short) < len(long):
        letters = iter(long)
        return len(long) - len(short) <= 1 + (len(new) > 5) and all(c in letters for c in short)
    swapped = [i for i in range(len(old)) if old[i] != new[i]]
    return (
        len(swapped) == 2
        and swapped[1] == swapped[0] + 1
        and old[swapped[0]] == new[swapped[1]]
        and old[swapped[1]] == new[swapped[0]]
    )


_DOUBLED = later(r"(.)\1+")
