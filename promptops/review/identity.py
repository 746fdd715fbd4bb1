"""Which rule of one state is which rule of the other: the identity that `why` follows, in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptops.history.align import Grade, align
from promptops.history.units import CODE, HEADING, PROSE, Unit, normalised

_KINDS = {"heading": HEADING, "code": CODE, "html": CODE, "front-matter": CODE}
_SAME = ("same", "format")


@dataclass(frozen=True, slots=True)
class Piece:
    """A rule, or a paragraph of a plain file, as far as comparing goes.

    id: "" where it has none. kind: of `promptops.source.units`, "rule" for a rule.
    """

    id: str
    text: str
    kind: str = "rule"
    section: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Piece `new` grew out of piece `old` (indices).

    same: the texts differ in decoration at most. score: likeness, 0-100. sure: False where it is
    only more likely than not that they are one rule.
    """

    old: int
    new: int
    same: bool
    score: float
    sure: bool


def linked(old: Sequence[Piece], new: Sequence[Piece], foreign: bool = False) -> list[Link]:
    """Every link: by id, then by equal texts, then by likeness; by the new pieces, then the old.

    A new piece with several links is merged, an old one with several is split. foreign: the two
    are not states of one file. Two that merely stand in each other's place are no link: a reviewer
    is better served by a rule that went and one that came.
    """
    units = [[_unit(piece) for piece in side] for side in (old, new)]
    links = align(units[0], units[1], foreign)
    return [
        Link(link.old, link.new, link.how in _SAME, link.score, link.grade is Grade.CERTAIN)
        for link in links
        if link.grade is not Grade.WEAK
    ]


def _unit(piece: Piece) -> Unit:
    kind = _KINDS.get(piece.kind, PROSE)
    text = piece.text if kind == CODE else " ".join(piece.text.split())
    return Unit(kind, text, normalised(text), 0, 0, normalised(piece.section), piece.id)
