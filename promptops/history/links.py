"""A link between a unit of one version and one of the version before, and how sure it is."""

from __future__ import annotations

from enum import IntEnum

from promptops.values import NamedTuple

SURE = 75.0  # likeness of texts that are one rule without further evidence


class Grade(IntEnum):
    """How sure a link is; they compare, and a chain is as sure as its weakest link."""

    WEAK = 0
    PROBABLE = 1
    CERTAIN = 2

    @property
    def word(self) -> str:
        """`weak`, `probable` or `certain`."""
        return self.name.lower()


class Link(NamedTuple):
    """Unit `new` of the newer version grew out of unit `old` of the older one (indices).

    how: same, format (decoration only), reworded, rewritten, replaced, merged, split.
    score: likeness, 0-100.
    """

    old: int
    new: int
    how: str
    score: float
    grade: Grade

    def beats(self, other: Link) -> bool:
        """True if it is surer than the other, or as sure and more alike."""
        return (self.grade, self.score) > (other.grade, other.score)
