"""How likely two texts are one rule: what speaks for a pair, weighed."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log1p

from promptops.edits import most_alike
from promptops.history.similarity import Weights, ratio, tokens
from promptops.history.units import Unit
from promptops.values import NamedTuple


class Likeness(NamedTuple):
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

    def whole(self, one: Unit, other: Unit) -> Likeness:
        """With what takes longest to find, for the most that it can be."""
        return self._replace(s=ratio(one.norm, other.norm), topic=_topic(one, other))


def resembles(
    wanted: Unit,
    lost: Sequence[Unit],
    around: Sequence[Unit],
    foreign: bool = False,
    least: float = 0.1,
) -> bool:
    """True if a text that was lost might be what `wanted` grew out of: no reason to be certain.

    around: every unit of both files. least: how likely (0-1) it has to be.
    """
    if not lost:
        return False
    weights = Weights(unit.norm for unit in around)
    for unit in lost:
        like = at_most(unit, wanted, weights)
        if not like.weight or like.chance(foreign) < least:
            continue
        if closer(like, unit, wanted).chance(foreign) < least:
            continue
        if like.whole(unit, wanted).chance(foreign) >= least:
            return True
    return False


def likeness(one: Unit, other: Unit, weights: Weights) -> Likeness:
    """What the two texts and the headings over them say; their places say nothing yet."""
    like = at_most(one, other, weights)
    return like.whole(one, other) if like.weight else like


def at_most(one: Unit, other: Unit, weights: Weights) -> Likeness:
    """What their words say, and for the rest the most that it can be: that is quick to tell."""
    c, weight = weights.contained(one.norm, other.norm)
    lead = one.norm.split(None, 3)[:3] == other.norm.split(None, 3)[:3]
    if not weight:
        return Likeness(0.0, 0.0, 0.0, False, lead)
    shorter, longer = sorted((len(one.norm), len(other.norm)))
    return Likeness(200 * shorter / (shorter + longer), c, weight, True, lead)


def closer(like: Likeness, one: Unit, other: Unit) -> Likeness:
    """What `at_most` told, with less between it and the truth: the letters are counted."""
    return like._replace(s=100 * most_alike(one.norm, other.norm), topic=_topic(one, other))


def _topic(one: Unit, other: Unit) -> bool:
    if one.section == other.section:
        return False
    heads = ((tokens(one.section), other), (tokens(other.section), one))
    return any(head and head <= tokens(unit.norm) for head, unit in heads)
