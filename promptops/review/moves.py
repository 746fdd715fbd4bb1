"""Rules that went from one prompt or instruction file to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.history.meaning import changed_meaning
from promptops.review.identity import Piece, elsewhere
from promptops.review.rules import ADDED, MOVED, REMOVED, RuleChange
from promptops.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of the rules of one prompt."""

    prompt: str
    changes: tuple[RuleChange, ...]


def moved_between(listed: Sequence[Listed]) -> list[tuple[RuleChange, ...]]:
    """The same changes, with a rule that went from one prompt to another told as moved on both sides."""
    gone = list(_places(listed, REMOVED))
    come = list(_places(listed, ADDED))
    changes = [list(one.changes) for one in listed]
    if gone and come:
        old = [Piece("", changes[p][c].before) for p, c in gone]
        new = [Piece("", changes[p][c].after) for p, c in come]
        for link in elsewhere(old, new):
            (p, c), (q, d) = gone[link.old], come[link.new]
            if p != q:
                was, now = changes[p][c], changes[q][d]
                target = f"{listed[q].prompt}/{now.id}"
                source = f"{listed[p].prompt}/{was.id}"
                same = was.before == now.after
                both = replace(
                    was,
                    change=MOVED,
                    after=now.after,
                    flags=() if same else changed_meaning(was.before, now.after),
                    score=None if same else link.score,
                    sure=link.sure,
                )
                changes[p][c] = replace(both, went_to=target)
                changes[q][d] = replace(both, id=now.id, came_from=source)
    return [tuple(one) for one in changes]


def _places(listed: Sequence[Listed], change: str) -> Iterator[tuple[int, int]]:
    for p, one in enumerate(listed):
        yield from ((p, c) for c, found in enumerate(one.changes) if found.change == change)
