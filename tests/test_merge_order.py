"""Orders of three sides merged into one: what is kept of each, and what cannot be."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promptops.source.merge import Merged, Style, merge
from promptops.source.merge_order import merged_order


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("abc", "abc", "cab", "c a b"),
        ("abc", "bca", "abc", "b c a"),
        ("abc", "bca", "bca", "b c a"),
        (
            "abcd",
            "bcda",
            "dabc",
            "d b c a",
        ),
        ("abcde", "acdeb", "dabce", "d a c e b"),
        ("abcd", "bcda", "acdb", "c d b a"),  # both put another one at the end
        ("abcd", "bacd", "bcda", "b c d a"),  # one rule, further on one side
        ("abc", "bac", "acb", "bac"),  # one rule, in two directions
        ("abcde", "bacde", "abced", "b a c e d"),
        ("abcde", "bcade", "abedc", "b cade"),
        ("abcdef", "bcadef", "abcfde", "b c a f d e"),
        ("ab", "xab", "bay", "x b a y"),  # what is added goes where its neighbour goes
        ("abc", "xbac", "ycba", "x y c b a"),
        ("abc", "bacx", "acby", "bac x y"),
        ("abc", "cb", "ba", "b"),
        ("", "ab", "ba", "a b"),
    ],
)
def test_orders(base: str, ours: str, theirs: str, expected: str) -> None:
    kept = (set(ours) & set(theirs)) | (set(ours + theirs) - set(base))
    groups = merged_order(base, ours, theirs, sorted(kept))
    assert " ".join("".join(group) for group in groups) == expected


@st.composite
def moved(draw: Any) -> tuple[list[int], list[int], list[int]]:
    """A base of up to 8, and two orders of it with a few entries moved."""
    base = list(range(draw(st.integers(2, 8))))
    sides = []
    for _ in range(2):
        side = list(base)
        for _ in range(draw(st.integers(0, 3))):
            one = side.pop(draw(st.integers(0, len(side) - 1)))
            side.insert(draw(st.integers(0, len(side))), one)
        sides.append(side)
    return base, sides[0], sides[1]


def names(numbers: list[int]) -> list[str]:
    return [f"r{n}" for n in numbers]


@given(moved())
@example(([0, 1, 2], [1, 0, 2], [0, 2, 1]))
def test_any_orders(three: tuple[list[int], list[int], list[int]]) -> None:
    base, ours, theirs = map(names, three)
    groups = merged_order(base, ours, theirs, base)
    at = {name: i for i, group in enumerate(groups) for name in group}
    assert sorted(name for group in groups for name in group) == base
    for one, other in combinations(base, 2):
        turned = any(side.index(one) > side.index(other) for side in (ours, theirs))
        if at[one] != at[other]:
            assert (at[one] > at[other]) is turned
    for group in groups:
        assert len(group) != 2  # it takes three pairs to contradict each other
        assert group == [name for name in ours if name in group]
    mirrored = merged_order(base, theirs, ours, base)
    assert [set(group) for group in mirrored] == [set(group) for group in groups]
    if base in (ours, theirs) or ours == theirs:
        assert [name for (name,) in groups] == (theirs if ours == base else ours)


def test_keys_of_a_rule_take_turns_behind_its_dash() -> None:
    lines = ["id: x", "text: a", "owner: o"]

    def entry(*order: int) -> str:
        first, *others = (lines[i] for i in order)
        return f"rules:\n  - {first}\n" + "".join(f"    {line}\n" for line in others)

    for ours, theirs, expected in (
        ((1, 0, 2), (0, 2, 1), (1, 0, 2)),  # three pairs that contradict: ours, and no conflict
        ((2, 0, 1), (0, 2, 1), (2, 0, 1)),
        ((0, 2, 1), (2, 1, 0), (2, 1, 0)),
    ):
        sides = (entry(0, 1, 2), entry(*ours), entry(*theirs))
        made = merge(sides, "p.yaml", lambda *texts: (texts[1], True), Style())
        assert made == Merged(entry(*expected))
