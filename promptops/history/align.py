"""Units of one version linked to the units they came from in the version before. Pure.

In the order of `docs/history.md`: explicit ids, equal texts in order, equal texts out of order,
likeness inside the gaps that these leave, then parts of what was split or merged. Each step only
sees what the steps before it left over. A link carries its score and a grade: how sure it is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import IntEnum
from math import exp, log1p

from promptops.history.similarity import Weights, part_ratio, ratio, tokens
from promptops.history.units import PROSE, Unit


class Grade(IntEnum):
    """How sure a link is; they compare, and a chain is as sure as its weakest link."""

    WEAK = 0
    PROBABLE = 1
    CERTAIN = 2

    @property
    def word(self) -> str:
        """`weak`, `probable` or `certain`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Link:
    """Unit `new` of the newer version grew out of unit `old` of the older one (indices).

    how: same, format (decoration only), reworded, rewritten, replaced, merged, split.
    score: likeness, 0-100.
    """

    old: int
    new: int
    how: str
    score: float
    grade: Grade


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for a pair: edit likeness, shared telling words, place."""

    s: float  # 0-100, edits
    c: float  # 0-1, the smaller text's telling words that the other has
    weight: float  # of the shared words
    topic: bool  # the heading over one, not over the other, is made of the other's words
    lead: bool  # they open with the same words
    gap: bool = False  # both stand between the same neighbours
    alone: bool = False  # and nothing else is left there

    @property
    def score(self) -> float:
        """0-100: how alike the texts are, from the texts alone."""
        return max(self.s, 85 * self.c if self.weight >= 6 else 0.0)

    def chance(self, foreign: bool = False, together: int = 0) -> float:
        """How likely the two are one rule (0-1).

        Logistic regression on 270 pairs from nine public repositories, labelled by hand. Edit
        likeness alone says little, for unrelated sentences reach 50; shared rare words say most.
        foreign: they stand in different files, which share many words by chance.
        together: how many other units surely went from the one to the other.
        """
        z = 2.4 * self.c + 1.9 * log1p(self.weight) + max(0.0, self.s - 50) / 22 - 5.4
        z += 0.6 * self.alone + 1.6 * self.lead + 0.5 * self.topic
        if foreign:
            z -= 2.1 - 1.3 * (together >= 2)
        return 1 / (1 + exp(-z))


def align(old: Sequence[Unit], new: Sequence[Unit], foreign: bool = False) -> list[Link]:
    """Every link from `old` to `new`, in the order of the new units.

    A new unit that grew out of several old ones has several links (merged); several new units may
    share one old one (split). A new unit without a link came from nowhere in `old`.
    foreign: the two are not versions of one file.
    """
    work = _Alignment(old, new, foreign)
    work.by_id()
    work.anchored()
    work.displaced()
    work.alike(_clear)
    work.alike(_likely)
    if foreign:
        work.alike(_likely)  # what went along with it has become evidence
    work.parted()
    return sorted(work.links, key=lambda link: (link.new, link.old))


def resembles(
    wanted: Unit, lost: Sequence[Unit], around: Sequence[Unit], foreign: bool = False
) -> bool:
    """True if a text that was lost might be what `wanted` grew out of: no reason to be certain."""
    if not lost:
        return False
    weights = Weights(unit.norm for unit in around)
    return any(likeness(unit, wanted, weights).chance(foreign) >= 0.1 for unit in lost)


def likeness(one: Unit, other: Unit, weights: Weights) -> Likeness:
    """What the two texts and the headings over them say; their places say nothing yet."""
    c, weight = weights.contained(one.norm, other.norm)
    lead = one.norm.split()[:3] == other.norm.split()[:3]
    return Likeness(ratio(one.norm, other.norm), c, weight, weight > 0 and _topic(one, other), lead)


class _Alignment:
    def __init__(self, old: Sequence[Unit], new: Sequence[Unit], foreign: bool) -> None:
        self.old, self.new, self.foreign = old, new, foreign
        self.links: list[Link] = []
        self.free_old = dict.fromkeys(i for i, u in enumerate(old) if u.norm)
        self.free_new = dict.fromkeys(i for i, u in enumerate(new) if u.norm)
        self._weights: Weights | None = None
        self._pairs: dict[tuple[int, int], Likeness] = {}

    @property
    def weights(self) -> Weights:
        if self._weights is None:
            self._weights = Weights(u.norm for u in (*self.old, *self.new))
        return self._weights

    def link(self, old: int, new: int, how: str, score: float, grade: Grade) -> None:
        self.links.append(Link(old, new, how, score, grade))
        self.free_old.pop(old, None)
        self.free_new.pop(new, None)

    def same(self, old: int, new: int) -> None:
        plain = self.old[old].text.split() == self.new[new].text.split()
        self.link(old, new, "same" if plain else "format", 100.0, Grade.CERTAIN)

    def by_id(self) -> None:
        places = {u.id: i for i, u in enumerate(self.old) if u.id}
        for position, unit in enumerate(self.new):
            found = places.get(unit.id) if unit.id else None
            if found is None:
                continue
            if self.old[found].norm == unit.norm:
                self.same(found, position)
            else:
                score = ratio(self.old[found].norm, unit.norm)
                self.link(found, position, "reworded", score, Grade.CERTAIN)

    def anchored(self) -> None:
        left, right = list(self.free_old), list(self.free_new)
        keys = [[(u.kind, u.norm) for u in map(self.old.__getitem__, left)],
                [(u.kind, u.norm) for u in map(self.new.__getitem__, right)]]  # fmt: skip
        matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
        for start, other, size in matcher.get_matching_blocks():
            for step in range(size):
                self.same(left[start + step], right[other + step])

    def displaced(self) -> None:
        """Equal texts out of order: first those in the same section, then by occurrence."""
        for strict in (True, False):
            places = defaultdict(list)
            for i in self.free_old:
                unit = self.old[i]
                places[(unit.kind, unit.norm, unit.section if strict else "")].append(i)
            for j in list(self.free_new):
                unit = self.new[j]
                waiting = places.get((unit.kind, unit.norm, unit.section if strict else ""))
                if waiting and (strict or len(unit.norm) >= 16):
                    self.same(waiting.pop(0), j)

    # -- likeness ----------------------------------------------------------------------------

    def alike(self, accept: Accept) -> None:
        """Link what is left by likeness, the best pair first, each unit once."""
        scored = sorted(self._candidates(accept), key=lambda c: -c[0])
        for chance, i, j, (how, grade), score in scored:
            if i in self.free_old and j in self.free_new:
                rivalled = any((a == i) != (b == j) and o > chance - 0.03 for o, a, b, *_ in scored)
                doubt = Grade.PROBABLE if chance >= 0.9 else Grade.WEAK
                self.link(i, j, how, score, min(grade, doubt) if rivalled else grade)

    def _candidates(self, accept: Accept) -> Iterator[tuple[float, int, int, Verdict, float]]:
        gaps = _Gaps(self.links, self.old, self.new)
        together = sum(self.old[k.old].kind == PROSE for k in self.links)
        olds = [i for i in self.free_old if self.old[i].kind == PROSE]
        news = [j for j in self.free_new if self.new[j].kind == PROSE]
        lonely = Counter(gaps.of_old(i) for i in olds), Counter(gaps.of_new(j) for j in news)
        for i in olds:
            for j in news:
                like = self.likeness(i, j)
                if gaps.same(i, j):
                    alone = lonely[0][gaps.of_old(i)] == lonely[1][gaps.of_new(j)] == 1
                    like = replace(like, gap=True, alone=alone)
                chance = like.chance(self.foreign, together)
                verdict = accept(like if not self.foreign else replace(like, gap=False), chance)
                if verdict is not None:
                    place = 0.1 - 0.06 * gaps.apart(i, j) if like.gap else 0.0
                    yield chance + place, i, j, verdict, like.score

    def likeness(self, i: int, j: int) -> Likeness:
        if (i, j) not in self._pairs:
            self._pairs[i, j] = likeness(self.old[i], self.new[j], self.weights)
        return self._pairs[i, j]

    # -- parts -------------------------------------------------------------------------------

    def parted(self) -> None:
        """Units that lie inside a vanished one, or swallowed one."""
        best = {link.new: link.score for link in self.links}
        gone = [i for i in self.free_old if self.old[i].kind == PROSE]
        shared = sorted({link.old for link in self.links if link.score < 80})
        for j, unit in enumerate(self.new):
            if unit.kind == PROSE and best.get(j, 0.0) < 80:
                for i in (*gone, *shared):
                    part = self._part(i, j, i in shared)
                    if part is not None and not any((k.old, k.new) == (i, j) for k in self.links):
                        self.link(i, j, *part)

    def _part(self, i: int, j: int, taken: bool) -> tuple[str, float, Grade] | None:
        old, new = self.old[i].norm, self.new[j].norm
        shorter, longer = sorted((old, new), key=len)
        split = len(new) < len(old)
        if len(longer) < 1.3 * len(shorter) or len(shorter) < (20 if split else 25):
            return None
        if taken and not split:
            return None
        score = part_ratio(shorter, longer)
        if score < (95 if self.foreign else 85 if split else 90):
            return None
        like = self.likeness(i, j)
        if like.c < 0.8 or like.weight < 6:
            return None
        grade = Grade.CERTAIN if score >= 99 and len(shorter) >= 40 else Grade.PROBABLE
        return "split" if split else "merged", score, grade


SURE = 75.0  # likeness of texts that are one rule without further evidence
Verdict = tuple[str, Grade]


Accept = Callable[[Likeness, float], Verdict | None]


def _topic(one: Unit, other: Unit) -> bool:
    if one.section == other.section:
        return False
    heads = ((tokens(one.section), other), (tokens(other.section), one))
    return any(head and head <= tokens(unit.norm) for head, unit in heads)


def _clear(like: Likeness, chance: float) -> Verdict | None:
    """The same rule beyond reasonable doubt."""
    if chance < 0.9:
        return None
    sure = like.s >= SURE or (like.c >= 0.9 and like.weight >= 12 and like.gap)
    return "reworded", Grade.CERTAIN if sure else Grade.PROBABLE


def _likely(like: Likeness, chance: float) -> Verdict | None:
    """The same rule more likely than not, or at least what stands in its place."""
    if chance >= 0.7:
        return "reworded", Grade.PROBABLE
    if chance >= (0.3 if like.gap else 0.4):
        return "rewritten", Grade.WEAK
    if like.alone and (like.s >= 45 or like.c >= 0.12):
        return "replaced", Grade.WEAK
    return None


class _Gaps:
    """The stretches between links that are in order: what stands in one may be its heir."""

    def __init__(self, links: Sequence[Link], old: Sequence[Unit], new: Sequence[Unit]) -> None:
        kept = _in_order(sorted({(k.old, k.new) for k in links}))
        self._ends = ([a for a, _ in kept], [b for _, b in kept])
        self._sizes = (len(old), len(new))

    def of_old(self, i: int) -> int:
        return bisect_right(self._ends[0], i)

    def of_new(self, j: int) -> int:
        return bisect_right(self._ends[1], j)

    def same(self, i: int, j: int) -> bool:
        return self.of_old(i) == self.of_new(j)

    def apart(self, i: int, j: int) -> float:
        """0-1: how differently the two stand inside their gap."""
        return abs(self._relative(0, i) - self._relative(1, j))

    def _relative(self, side: int, index: int) -> float:
        ends = self._ends[side]
        at = bisect_right(ends, index)
        low = ends[at - 1] if at else -1
        high = ends[at] if at < len(ends) else self._sizes[side]
        return (index - low) / max(high - low, 1)


def _in_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that rises on both sides."""
    tails: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for position, (_, b) in enumerate(pairs):
        at = bisect_left(tails, b)
        tails[at : at + 1] = [b]
        last[at : at + 1] = [position]
        before.append(last[at - 1] if at else -1)
    found = []
    step = last[-1] if last else -1
    while step >= 0:
        found.append(pairs[step])
        step = before[step]
    return found[::-1]
