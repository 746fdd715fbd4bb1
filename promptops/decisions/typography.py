"""Do two texts say the same, but for how they are set and spelt? Pure functions.

Case, white space, sentence punctuation, quotation marks, dashes, bullets and emphasis say nothing,
nor do contractions and the British or American spelling of a word. What is quoted, in backticks or
in braces is code: there every character counts, and so do digits, signs and brackets everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from promptops.decisions.slips import KnowsWord, misspelt, no_word, spelt_alike
from promptops.patterns import later


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
    if one == other or _alike(_tokens(one), _tokens(other), known):
        return True
    return _alike(_tokens(_in_full(one)), _tokens(_in_full(other)), known)


def _alike(old: Sequence[str], new: Sequence[str], known: KnowsWord) -> bool:
    if old == new or len(old) != len(new):
        return old == new
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    if all(spelt_alike(a) == spelt_alike(b) for a, b in pairs):
        return not _about_spelling(old)
    return all(misspelt(a, b, known) for a, b in pairs)


def _about_spelling(words: Sequence[str]) -> bool:
    """True for what asks for a spelling: `write colour, not color`, `use British spelling`."""
    told_apart = len(set(words)) > len({spelt_alike(word) for word in words})
    return told_apart or not {"spelling", "spell", "british", "american"}.isdisjoint(words)


_EMPHASIS = later(r"(\*{1,3}|(?<!\w)_{1,3})(?=\S)([^*_`\n]+?)(?<=\S)\1")
_BULLET = later(r"^[ \t]*[*+•‣][ \t]+", re.MULTILINE)
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
    r"|(?<=\bno),|(?<=\bnot),"  # "no, cite it" is not "no cite it"
    r"|[^\s.,;:!?'\"、。，！？；：・「」-]"  # any sign that may say something
)
# Words that their capitals tell apart: not where they begin a sentence, or all is in capitals.
_BY_CASE = later(r"(?<=[a-z,] )(US|IT|WHO|AM|PM|Polish|March|May|August|Turkey|China)\b")


def _plain(text: str) -> str:
    """One form for what is only set differently; literal parts keep every character."""
    text = unicodedata.normalize("NFC", text).translate(_QUOTES).translate(_DASHES)
    text = _BULLET.sub("", text.replace("…", "..."))
    parts: list[str] = []
    at = 0
    for found in _LITERAL.finditer(text):
        parts.append(_words(text[at : found.start()]))
        parts.append(f"\0{found['code'] or found['said']}\0")
        at = found.end()
    parts.append(_words(text[at:]))
    return " ".join(part for part in parts if part)


_INNER_HYPHEN = later(r"(?<=[^\W\d_])(?<!\bun)(?<!\bco)(?<!\bre)-(?=[^\W\d_])")


def _words(text: str) -> str:
    for _ in range(3 if "*" in text or "_" in text else 0):
        text = _EMPHASIS.sub(r"\2", text)
    return " ".join(_BY_CASE.sub(r"\1^", text).casefold().split())


def _tokens(plain: str) -> list[str]:
    found: list[str] = []
    for i, part in enumerate(plain.split("\0")):
        if i % 2:
            found.append(f"\0{part}\0")
        else:
            found += (token.replace("'", "") for token in _TOKEN.findall(part))
    return found


_SHORT = (
    (later(r"\bcan(?:['’]?t|not)\b"), "can not"),
    (later(r"\bwon['’]?t\b"), "will not"),
    (later(r"\b(do|does|did|is|are|was|were|ha[sd]|have|should|would|could|must|need)n['’]?t\b"), r"\1 not"),
    (later(r"\b(it|that|there|here|he|she|who|what)'s\b"), r"\1 is"),
    (later(r"\b(you|we|they)'re\b"), r"\1 are"),
    (later(r"\b(\w+)'ll\b"), r"\1 will"),
    (later(r"\b(\w+)'ve\b"), r"\1 have"),
    (later(r"\b(the|an?|to|of|in|and) \1\b"), r"\1"),  # written twice
    (later(r"\b(more|less|fewer|rather|other|greater|larger|longer|shorter|higher|lower) then\b"), r"\1 than"),
)  # fmt: skip
_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_NUMBER = later(rf"\b(?:{'|'.join(_NUMBERS)})\b")


def _in_full(plain: str) -> str:
    """The words written out and without hyphens: `don't` is `do not`, `e-mail` is `email`."""
    parts = plain.split("\0")
    for i in range(0, len(parts), 2):
        for pattern, instead in _SHORT:
            parts[i] = pattern.sub(instead, parts[i])
        parts[i] = _NUMBER.sub(lambda found: str(_NUMBERS.index(found[0])), parts[i])
        parts[i] = _INNER_HYPHEN.sub("", parts[i])
    return "\0".join(parts)
