"""Where units stand between those that are linked already."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence


class Gaps:
    """The stretches between links that are in order: what stands in one may be its heir."""

    def __init__(self, pairs: Iterable[tuple[int, int]], sizes: tuple[int, int]) -> None:
        kept = _in_order(sorted(set(pairs)))
        self._ends = ([a for a, _ in kept], [b for _, b in kept])
        self._sizes = sizes

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
