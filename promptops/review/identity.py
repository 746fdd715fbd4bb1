"""Which rule of one state is which rule of the other: the identity that `why` follows, in one step."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.values import dataclass

TYPE_CHECKING = False  # `typing` and the matcher cost more than most comparisons
if TYPE_CHECKING:
    from promptops.history.units import Unit

ALIKE, SURE = 72.0, 90.0  # likeness of texts in two files that are one rule: probably, surely
MOST = 20_000  # pairs beyond which only equal texts count
LEAST = 16  # characters below which two texts are alike by chance
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


def linked(old: Sequence[Piece], new: Sequence[Piece]) -> list[Link]:
    """Every link: by id, then by equal texts, then by likeness; by the new pieces, then the old.

    A new piece with several links is merged, an old one with several is split. Two that merely
    stand in each other's place are no link: a reviewer is better served by a rule that went and one
    that came.
    """
    certain = _by_id(old, new)
    if certain is not None:
        return certain
    from promptops.history.align import Grade, align

    units = [[_unit(piece) for piece in side] for side in (old, new)]
    links = align(units[0], units[1])
    return [
        Link(link.old, link.new, link.how in _SAME, link.score, link.grade is Grade.CERTAIN)
        for link in links
        if link.grade is not Grade.WEAK
    ]


def _by_id(old: Sequence[Piece], new: Sequence[Piece]) -> list[Link] | None:
    """The links where ids say it all: none came or went on one side at least."""
    places = {piece.id: i for i, piece in enumerate(old) if piece.id}
    known = [places.get(piece.id) for piece in new]
    kept = [(i, j) for j, i in enumerate(known) if i is not None]
    if len(kept) != len(new) and len(kept) != len(old):
        return None
    if len(kept) != max(len(old), len(new)) and any(
        old[i].text != new[j].text for i, j in kept
    ):  # what came or went may be a part of what was reworded
        return None
    return [Link(i, j, old[i].text.split() == new[j].text.split(), 100.0, True) for i, j in kept]


def _unit(piece: Piece) -> Unit:
    from promptops.history.units import CODE, HEADING, PROSE, Unit, normalised

    kinds = {"heading": HEADING, "code": CODE, "html": CODE, "front-matter": CODE}
    kind = kinds.get(piece.kind, PROSE)
    text = piece.text if kind == CODE else " ".join(piece.text.split())
    return Unit(kind, text, normalised(text), 0, 0, normalised(piece.section), piece.id)


def elsewhere(gone: Sequence[Piece], come: Sequence[Piece]) -> list[Link]:
    """What vanished in one file and came in another, one to one, the most alike first.

    There are too few of them to tell common words from telling ones, so only edits count.
    """
    from promptops.history.similarity import ratio
    from promptops.history.units import normalised

    norms = [[normalised(piece.text) for piece in side] for side in (gone, come)]
    like = ratio if len(gone) * len(come) <= MOST else (lambda *_: 0.0)
    pairs = [
        (100.0 if one == other else like(one, other), i, j)
        for i, one in enumerate(norms[0])
        for j, other in enumerate(norms[1])
        if min(len(one), len(other)) >= LEAST
    ]
    left: tuple[set[int], set[int]] = (set(range(len(gone))), set(range(len(come))))
    links = []
    for score, i, j in sorted((p for p in pairs if p[0] >= ALIKE), key=lambda p: -p[0]):
        if i in left[0] and j in left[1]:
            left[0].discard(i)
            left[1].discard(j)
            links.append(Link(i, j, norms[0][i] == norms[1][j], score, score >= SURE))
    return links
