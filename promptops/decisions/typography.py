"""Do two texts say the same, but for how they are set and spelt? Pure functions.

Case, white space, sentence punctuation, quotation marks, dashes and emphasis say nothing. What is
quoted, in backticks or in braces is code: there every character counts, and so do digits, signs
and brackets everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from promptops.patterns import later

KnowsWord = Callable[[str], bool]
"""True for a lower-case word that is surely spelt right; False where that is not known."""


def no_word(word: str) -> bool:  # noqa: ARG001
    """Knows no word, so that no misspelling is ever taken for an obvious one."""
    return False


def same_meaning(before: str, after: str, known: KnowsWord = no_word) -> bool:
    """True if `after` differs from `before` in typography or in obvious misspellings mended at most.

    A word is an obvious misspelling where nobody could have meant anything by it: it is no known
    word, begins like the known word in its place, and differs from it by a letter doubled, left
    out, put in or swapped with its neighbour; a plural, a negation or another form of the word is
    none. In doubt the meaning has changed.
    """
    if before == after:
        return True
    one, other = _plain(before), _plain(after)
    if one == other:
        return True
    old, new = _tokens(one), _tokens(other)
    if old == new or "".join(old) == "".join(new) == "":
        return old == new
    if _unhyphened(one) == _unhyphened(other):
        return True
    if len(old) != len(new):
        return False
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    return all(_misspelt(a, b, known) for a, b in pairs)


_EMPHASIS = later(r"(\*{1,3}|(?<!\w)_{1,3})(?=\S)([^*_`\n]+?)(?<=\S)\1")
_QUOTES = str.maketrans("‘’‚‛“”„‟«»‹›", "''''" + '"' * 8)
_DASHES = str.maketrans("‐‑‒–—―−", "-------")
_LITERAL = later(
    r"""(?P<code>`[^`\n]+`|\{\{.*?\}\}|\{%.*?%\}|\{[^{}\n]*\})|(?<!\w)(?P<q>["'])(?P<said>[^"'\n]+)(?P=q)(?!\w)""",
    re.DOTALL,
)
_TOKEN = later(
    r"\0\d+\0"  # something literal
    r"|(?<![^\W_])[-+]?\d(?:[\d.,:/-]*\d)?%?"  # a number with its sign and what stands inside it
    r"|[^\W\d_]+(?:'[^\W\d_]+)*"  # a word
    r"|[^\s.,;:!?'\"、。，！？；：・「」-]"  # any sign that may say something
)


def _plain(text: str) -> str:
    """One form for what is only set differently; literal parts keep every character."""
    text = unicodedata.normalize("NFC", text).translate(_QUOTES).translate(_DASHES)
    text = text.replace("…", "...")
    parts: list[str] = []
    at = 0
    for found in _LITERAL.finditer(text):
        parts.append(_words(text[at : found.start()]))
        parts.append(f"\0{found['code'] or found['said']}\0")
        at = found.end()
    parts.append(_words(text[at:]))
    return " ".join(part for part in parts if part)


def _words(text: str) -> str:
    for _ in range(3 if "*" in text or "_" in text else 0):
        text = _EMPHASIS.sub(r"\2", text)
    return " ".join(text.casefold().split())


def _tokens(plain: str) -> list[str]:
    found: list[str] = []
    for i, part in enumerate(plain.split("\0")):
        if i % 2:
            found.append(f"\0{part}\0")
        else:
            found += (token.replace("'", "") for token in _TOKEN.findall(part))
    return found


def _unhyphened(plain: str) -> list[str]:
    """The tokens with the hyphens inside words taken out: `e-mail` is `email`."""
    return _tokens(re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", "", plain))


# Slips that vocabularies know or that swap a vowel, which else tells two real words apart.
_OFTEN_MISSPELT = {
    "adress": "address", "calender": "calendar", "consistant": "consistent",
    "definately": "definitely", "existance": "existence", "guarentee": "guarantee",
    "independant": "independent", "maintainance": "maintenance", "occured": "occurred",
    "occurance": "occurrence", "persue": "pursue", "privelege": "privilege",
    "recieve": "receive", "recomend": "recommend", "relevent": "relevant",
    "responsability": "responsibility", "seperate": "separate", "seperately": "separately",
    "teh": "the", "wich": "which",
}  # fmt: skip
_BEFORE = ("un", "in", "im", "il", "ir", "a", "an", "dis", "non", "re", "de", "mis", "anti", "pre")
_BEHIND = ("s", "es", "d", "ed", "r", "er", "st", "est", "ing", "ly", "y", "n", "en", "less", "ful")


def _misspelt(old: str, new: str, known: KnowsWord) -> bool:
    """True if `old` can only be a slip for `new`."""
    if old in _OFTEN_MISSPELT:
        return _OFTEN_MISSPELT[old] == new
    if not (old.isalpha() and new.isalpha()) or old[0] != new[0] or min(len(old), len(new)) < 3:
        return False
    if _another_form(old, new) or _another_form(new, old) or not _slip(old, new):
        return False
    return not known(old) and known(new)


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
