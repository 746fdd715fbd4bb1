"""A three-way merge of the orders that one list has on three sides. Pure functions.

Every pair that a side turned round stays turned round; of three pairs that then contradict each
other, nobody can say which one is meant. Pairs of two total orders make a tournament, whose
strongly connected components follow each other in one order (Moon, Topics on Tournaments, 1968):
those of one name are merged, those of more are what the two sides truly disagree about.
"""

from __future__ import annotations

from collections.abc import Sequence

Names = Sequence[str]


def merged_order(base: Names, ours: Names, theirs: Names, kept: Names) -> list[list[str]]:
    """The kept names in an order that follows both sides; a group of several is in conflict.

    kept: what all three have, and as many of the others as are left after the merge.
    A group is in our order. What a side adds comes right behind its neighbour there, and behind a
    whole group in conflict; at one place ours comes before theirs.
    """
    shared = set(base) & set(ours) & set(theirs)
    common = [[name for name in side if name in shared] for side in (base, ours, theirs)]
    groups = _groups(*common)
    group_of = {name: group for group in groups for name in group}
    order = [name for group in groups for name in group]
    for side, skipped in ((ours, set[str]()), (theirs, set(ours) - set(base) - set(theirs))):
        _insert(order, side, skipped, group_of)
    wanted = set(kept)
    listed = ((name, group_of.get(name, [name])) for name in order if name in wanted)
    return [group for name, group in listed if name == group[0]]


def _groups(base: Names, ours: Names, theirs: Names) -> list[list[str]]:
    """The names that all three have, in order; in one group those whose pairs contradict."""
    if list(base) == list(theirs) or list(ours) == list(theirs):
        return [[name] for name in ours]
    if list(base) == list(ours):
        return [[name] for name in theirs]
    places = [{name: i for i, name in enumerate(side)} for side in (base, ours, theirs)]
    before = {name: sum(_first(other, name, *places) for other in ours) for name in ours}
    ranked = sorted(ours, key=before.__getitem__)  # as stable as ours
    made: list[list[str]] = []
    begin = beaten = 0
    for end, name in enumerate(ranked, 1):
        beaten += before[name]
        if beaten == end * (end - 1) // 2:
            made.append(sorted(ranked[begin:end], key=places[1].__getitem__))
            begin = end
    return made


def _first(one: str, other: str, base: Place, ours: Place, theirs: Place) -> bool:
    """True if `one` comes before `other`: as on the side that turned the pair round, if one did."""
    was, here, there = (side[one] < side[other] for side in (base, ours, theirs))
    return one != other and (there if here == was else here)


Place = dict[str, int]


def _insert(
    order: list[str], side: Names, skipped: set[str], group_of: dict[str, list[str]]
) -> None:
    """Put the names that only `side` has behind their neighbours there, and behind those skipped."""
    placed = set(order)
    for i, name in enumerate(side):
        if name in placed:
            continue
        at = 0
        if i:
            group = group_of.get(side[i - 1], [side[i - 1]])
            at = order.index(group[-1]) + 1
        while at < len(order) and order[at] in skipped:
            at += 1
        order.insert(at, name)
        placed.add(name)
