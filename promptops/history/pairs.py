"""Which units of two versions may be one rule: few of all pairs, and those are found without them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from promptops.history.gaps import Gaps
from promptops.history.likeness import Likeness, at_most, closer
from promptops.history.similarity import Weights, ratio, tokens
from promptops.history.units import Unit


class Pairs:
    """The likenesses of the units of two versions, worked out once, and as far as they are needed.

    Texts without a telling word in common are no pair: no other evidence makes up for that.
    """

    def __init__(self, old: Sequence[Unit], new: Sequence[Unit], foreign: bool) -> None:
        self._old, self._new, self._foreign = old, new, foreign
        self._rough: dict[tuple[int, int], Likeness] = {}
        self._bounds: dict[tuple[int, int], Likeness] = {}
        self._whole: dict[tuple[int, int], Likeness] = {}

    @cached_property
    def weights(self) -> Weights:
        """How telling each word is in these two versions."""
        return Weights(u.norm for u in (*self._old, *self._new))

    def placed(
        self, olds: Sequence[int], news: Sequence[int], gaps: Gaps, together: int, least: float
    ) -> Iterator[tuple[int, int, Likeness]]:
        """(old, new, likeness) of pairs that may be one rule with the chance `least` (0-1).

        Of pairs that are all that is left between two links each one is told. The likeness has
        what their places add; in two files a gap alone says nothing. In the order of olds, news.
        """
        lonely = Counter(gaps.of_old(i) for i in olds), Counter(gaps.of_new(j) for j in news)
        left = {g: j for j in news if lonely[1][g := gaps.of_new(j)] == 1}
        sharing = _Sharing(self._new, news)
        for i in olds:
            gap = gaps.of_old(i)
            other = left.get(gap, -1) if lonely[0][gap] == 1 else -1
            for j in sorted({*sharing.with_(self._old[i]), *([other] if other >= 0 else [])}):
                near, alone = gaps.of_new(j) == gap, j == other
                if alone or self._likely(i, j, together, least):
                    like = self._like(i, j)
                    if near:
                        s = like.s or (self._ratio(i, j) if alone else 0.0)
                        like = like._replace(s=s, gap=not self._foreign, alone=alone)
                    yield i, j, like

    def sharing(self, olds: Iterable[int]) -> _Sharing:
        """Those of the old units that share a telling word with a new one."""
        return _Sharing(self._old, olds)

    def _likely(self, i: int, j: int, together: int, least: float) -> bool:
        if (i, j) not in self._rough:
            self._rough[i, j] = at_most(self._old[i], self._new[j], self.weights)
        rough = self._rough[i, j]
        if rough.chance(self._foreign, together) < least:
            return False
        if (i, j) not in self._bounds:
            self._bounds[i, j] = closer(rough, self._old[i], self._new[j])
        return self._bounds[i, j].chance(self._foreign, together) >= least

    def _like(self, i: int, j: int) -> Likeness:
        if (i, j) not in self._whole:
            one, other = self._old[i], self._new[j]
            like = self._rough.get((i, j)) or at_most(one, other, self.weights)
            self._whole[i, j] = like.whole(one, other) if like.weight else like
            self._bounds[i, j] = self._whole[i, j]
        return self._whole[i, j]

    def _ratio(self, i: int, j: int) -> float:
        return ratio(self._old[i].norm, self._new[j].norm)


class _Sharing:
    """Positions of units by the telling words in them."""

    def __init__(self, units: Sequence[Unit], positions: Iterable[int]) -> None:
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for position in positions:
            for word in tokens(units[position].norm):
                self._places[word].append(position)

    def with_(self, unit: Unit) -> set[int]:
        """The positions of those that have a telling word of the unit."""
        return {p for word in tokens(unit.norm) for p in self._places.get(word, ())}
