"""Which rule of one state is which rule of the other, and what a rewording did to its words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SURE = 75.0  # likeness of texts that are one rule without further evidence
ALIKE = 62.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A rule, or a paragraph of a plain file, as far as comparing goes; `id` is "" where it has none."""

    id: str
    text: str
    kind: str = "rule"

    @property
    def norm(self) -> str:
        """The text for comparison: white space and case taken out."""
        return " ".join(self.text.split()).casefold()


@dataclass(frozen=True, slots=True)
class Link:
    """Piece `new` grew out of piece `old` (indices); how: same, reworded, merged or split.

    score: likeness, 0-100. sure: False where similarity alone speaks for it, and not loudly.
    """

    old: int
    new: int
    how: str
    score: float
    sure: bool


def linked(old: Sequence[Piece], new: Sequence[Piece], foreign: bool = False) -> list[Link]:
    """Every link, by id, then by equal texts, then by likeness; by the new pieces, then the old.

    A new piece with several links is merged, an old one with several is split. foreign: the two
    are not states of one file, so that likeness has to be beyond doubt.
    """
    links = [*_by_id(old, new)]
    links += _equal(old, new, links)
    links += _alike(old, new, links, SURE if foreign else ALIKE)
    return sorted(links, key=lambda link: (link.new, link.old))


def _by_id(old: Sequence[Piece], new: Sequence[Piece]) -> Iterator[Link]:
    places = {piece.id: i for i, piece in enumerate(old) if piece.id}
    for j, piece in enumerate(new):
        i = places.get(piece.id) if piece.id else None
        if i is not None:
            yield _certain(old, new, i, j)


def _certain(old: Sequence[Piece], new: Sequence[Piece], i: int, j: int) -> Link:
    if old[i].norm == new[j].norm:
        return Link(i, j, "same", 100.0, True)
    return Link(i, j, "reworded", _ratio(old[i].norm, new[j].norm), True)


def _equal(old: Sequence[Piece], new: Sequence[Piece], links: Sequence[Link]) -> list[Link]:
    waiting = defaultdict(list)
    for i in _left(len(old), {link.old for link in links}):
        waiting[old[i].kind, old[i].norm].append(i)
    found = []
    for j in _left(len(new), {link.new for link in links}):
        same = waiting.get((new[j].kind, new[j].norm))
        if same and new[j].norm:
            found.append(Link(same.pop(0), j, "same", 100.0, True))
    return found


def _alike(
    old: Sequence[Piece], new: Sequence[Piece], links: Sequence[Link], least: float
) -> list[Link]:
    """The best pair first, each piece once."""
    olds = _left(len(old), {link.old for link in links})
    news = _left(len(new), {link.new for link in links})
    pairs = ((_ratio(old[i].norm, new[j].norm), i, j) for i in olds for j in news
             if old[i].kind == new[j].kind)  # fmt: skip
    taken: tuple[set[int], set[int]] = (set(), set())
    found = []
    for score, i, j in sorted((p for p in pairs if p[0] >= least), key=lambda p: -p[0]):
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            found.append(Link(i, j, "reworded", score, score >= SURE))
    return found


def _left(size: int, taken: set[int]) -> list[int]:
    return [index for index in range(size) if index not in taken]


def _ratio(one: str, other: str) -> float:
    from rapidfuzz import fuzz

    return max(fuzz.ratio(one, other), 0.97 * fuzz.token_sort_ratio(one, other))


def force(before: str, after: str) -> tuple[str, ...]:
    """What a rewording did to the force of a text: reversed, stronger, weaker, number changed."""
    import re

    numbers = [sorted(re.findall(r"\d+(?:[.,]\d+)*%?", text)) for text in (before, after)]
    return ("number changed",) if numbers[0] != numbers[1] else ()


def word_runs(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Runs ("=", text), ("-", text), ("+", text) that make `before` into `after`, word by word."""
    import re
    from difflib import SequenceMatcher

    old, new = (re.findall(r"\s+|[^\s\w]+|\w+", text) for text in (before, after))
    runs: list[tuple[str, str]] = []
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(("=", "".join(old[i:i_end])))
            continue
        runs += [("-", "".join(old[i:i_end]))] if i < i_end else []
        runs += [("+", "".join(new[j:j_end]))] if j < j_end else []
    return tuple(runs)
