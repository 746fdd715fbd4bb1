"""How alike two texts are, and what similarity does not see: strength, polarity, numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from math import fsum, log

from promptops.edits import best_window, likeness, sorted_likeness
from promptops.patterns import later

_TOKEN = later(r"[^\W_](?:[\w./:@#-]*[^\W_])?|--?[a-z][\w-]*")
_PART = later(r"[^\W_]+")
_UNSPACED = later("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]{2,}")
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "more",
        "must",
        "no",
        "not",
        "of",
        "on",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "should",
        "so",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "up",
        "use",
        "used",
        "using",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "all",
        "also",
        "always",
        "avoid",
        "every",
        "don't",
        "each",
        "make",
        "never",
        "please",
        "sure",
        "e.g",
        "i.e",
        "etc",
    ]
)


@lru_cache(maxsize=1 << 14)
def tokens(norm: str) -> frozenset[str]:
    """The words of a normalised text that say what it is about.

    `foo.bar_baz` counts as itself and as its parts, a plural as its singular, and scripts that
    leave no spaces count by pairs of characters.
    """
    found: set[str] = set()
    for whole in _TOKEN.findall(norm):
        parts = [whole] if whole.isalnum() else _PART.findall(whole)
        found.update(_singular(part) for part in parts if part not in _STOP)
        if len(parts) > 1:
            found.add(whole)
    for run in () if norm.isascii() else _UNSPACED.findall(norm):
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    return frozenset(found - _STOP or _PART.findall(norm))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "su" else word


def ratio(one: str, other: str) -> float:
    """0-100: edit similarity, or that of the sorted words at a small discount."""
    plain = 100 * likeness(one, other)
    return plain if plain >= 97 else max(plain, 97 * sorted_likeness(one, other))


def part_ratio(shorter: str, longer: str, least: float = 0.0) -> float:
    """0-100: how well the shorter text is found inside the longer one; 0 for less than `least`.

    `least` saves most of the time where texts are long and few are alike.
    """
    return 100 * best_window(shorter, longer, least / 100)[0]


def window(piece: str, whole: str) -> tuple[float, str]:
    """The stretch of `whole`, in whole words, that is most like `piece`, and how like (0-100)."""
    piece, folded = piece.casefold(), whole.casefold()
    if len(piece) > len(folded):
        return 0.0, ""
    score, start, end = best_window(piece, folded)
    while start < end and whole[start] == " ":
        start += 1
    start = whole.rfind(" ", 0, start) + 1  # a word that it begins in belongs to it
    stop = whole.find(" ", end - 1)
    return 100 * score, whole[start : stop if stop > 0 else len(whole)].strip()


_USUAL = 60  # units of two versions together; in a short file a word is no less rare than elsewhere


class Weights:
    """How telling a word is: the fewer units of two versions hold it, the more."""

    def __init__(self, norms: Iterable[str]) -> None:
        units = [tokens(norm) for norm in norms]
        self._seen = Counter(chain.from_iterable(units))
        self._count = len(units)
        self._words: dict[str, float] = {}
        self._texts: dict[str, float] = {}

    def of(self, words: Iterable[str]) -> float:
        """The sum of the words' weights; a word of one unit in two weighs about 0.7."""
        known = self._words
        return fsum(known[w] if w in known else self._word(w) for w in words)

    def _word(self, word: str) -> float:
        total = max(self._count, _USUAL) + 1
        weight = self._words[word] = log(total / (self._seen[word] + 0.5))
        return weight

    def _text(self, norm: str) -> float:
        if norm not in self._texts:
            self._texts[norm] = self.of(tokens(norm))
        return self._texts[norm]

    def contained(self, one: str, other: str) -> tuple[float, float]:
        """The share (0-1) of the smaller text's weight that the other has too, and that weight."""
        shared = tokens(one) & tokens(other)
        if not shared:
            return 0.0, 0.0
        weight = self.of(shared)
        return min(1.0, weight / min(self._text(one), self._text(other))), weight


def may_be_part(weights: Weights, one: str, other: str) -> bool:
    """False where too few words of one text stand in the other for it to be a part of that."""
    contained, weight = weights.contained(one, other)
    return contained >= 0.8 and weight >= 2
