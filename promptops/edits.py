"""How like two texts are by their letters: from the longest subsequence that they share.

The numbers are rapidfuzz's (`Indel.normalized_similarity`, `fuzz.partial_ratio` / 100), and a test
compares them. The package itself was the largest part of a hook's environment, and the slowest to
install, for these few lines.

The subsequence is measured a column at a time, on integers of any length: H. Hyyrö, "Bit-parallel
LCS-length computation revisited" (2004).
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def likeness(one: str, other: str, least: float = 0.0) -> float:
    """0-1: 1 minus the fewest letters to insert and delete, over the length of both together.

    Two empty texts are alike. What is less than `least` is 0, and often found out sooner.
    """
    if one == other:
        return 1.0
    both = len(one) + len(other)
    if 2 * min(len(one), len(other)) < least * both:
        return 0.0
    found = 2 * _shared(one, other) / both
    return found if found >= least else 0.0


def most_alike(one: str, other: str) -> float:
    """0-1: what `likeness` and `sorted_likeness` reach at most, from the letters counted.

    Of texts without needless spaces: those the latter leaves out.
    """
    if one == other:
        return 1.0
    ours, theirs = _letters(one), _letters(other)
    found = 0
    for letter, n in ours.items():
        m = theirs.get(letter, 0)
        found += n if n < m else m
    return 2 * found / (len(one) + len(other))


def sorted_likeness(one: str, other: str) -> float:
    """0-1: the likeness of the texts with their words in alphabetical order."""
    return likeness(" ".join(sorted(one.split())), " ".join(sorted(other.split())))


def best_window(part: str, whole: str, least: float = 0.0) -> tuple[float, int, int]:
    """(likeness 0-1, start, end) of the stretch of `whole` that is most like `part`.

    A stretch is as long as `part`, or shorter at the two ends of `whole`, which must not be the
    shorter text. Of equals the first one counts; (0, 0, 0) where none reaches `least`.
    """
    size = len(part)
    best = (0.0, 0, 0)
    at = whole.find(part)
    if at >= 0:
        return (1.0, at, at + size) if size else best
    for shared, start, end in (*_ends(part, whole), *_inside(part, whole, least)):
        found = 2 * shared / (size + end - start)
        if found >= least and found > best[0]:
            best = found, start, end
    return best


def _ends(part: str, whole: str) -> Iterator[tuple[int, int, int]]:
    """(letters shared, start, end) of each stretch shorter than `part` at an end of `whole`."""
    size = len(part)
    for length, column in enumerate(_columns(part, whole[: size - 1]), 1):
        yield size - column.bit_count(), 0, length
    back = whole[: -size - 1 : -1][: size - 1]
    for length, column in enumerate(_columns(part[::-1], back), 1):
        yield size - column.bit_count(), len(whole) - length, len(whole)


def _inside(part: str, whole: str, least: float) -> Iterator[tuple[int, int, int]]:
    """(letters shared, start, end) of the stretches as long as `part` that may be the best one.

    One letter further on, a stretch shares one letter more at most: those that can't reach the best
    are passed over.
    """
    size = len(part)
    wanted = max(1, ceil(least * size - 1e-9))
    start = 0
    while start <= len(whole) - size:
        shared = _shared(part, whole[start : start + size])
        if shared >= wanted:
            yield shared, start, start + size
            wanted = shared + 1
        start += wanted - shared


def _shared(one: str, other: str) -> int:
    """The letters of the longest subsequence that both have."""
    if len(one) < len(other):  # fewer steps on longer numbers
        one, other = other, one
    column = full = (1 << len(one)) - 1
    for mask in map(_masks(one).get, other):
        if mask is not None:
            match = column & mask
            column = ((column + match) | (column - match)) & full
    return len(one) - column.bit_count()


def _columns(one: str, letters: Iterable[str]) -> Iterator[int]:
    """After each of `letters`, a number that has a 0 for each letter of `one` in the subsequence."""
    masks = _masks(one)
    column = full = (1 << len(one)) - 1
    for letter in letters:
        mask = masks.get(letter)
        if mask is not None:
            match = column & mask
            column = ((column + match) | (column - match)) & full
        yield column


@lru_cache(maxsize=1 << 12)
def _letters(text: str) -> dict[str, int]:
    """How often each letter stands in the text."""
    found: dict[str, int] = {}
    for letter in text:
        found[letter] = found.get(letter, 0) + 1
    return found


@lru_cache(maxsize=256)
def _masks(text: str) -> dict[str, int]:
    """Where each letter stands, as bits."""
    masks: dict[str, int] = {}
    bit = 1
    for letter in text:
        masks[letter] = masks.get(letter, 0) | bit
        bit <<= 1
    return masks
