"""A rule followed back through history to where it came from. Records, never inventions."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.history.links import Grade
from promptops.history.stream import Commit
from promptops.history.units import Unit
from promptops.values import NamedTuple


class Event(NamedTuple):
    """One thing that happened to the rule, in one commit.

    kind: introduced, reworded, replaced, reformatted, copied, moved, renamed, imported, merged,
    split, removed, restored. before and after: its texts, "" where there is none.
    score: likeness 0-100 of an inexact link. path: where it stood after it; from_path: before.
    """

    kind: str
    commit: Commit
    path: str
    before: str
    after: str
    grade: Grade
    score: float = 100.0
    from_path: str = ""


class Trace(NamedTuple):
    """What following a rule back found; events newest first.

    complete: False where this clone does not hold all that would have been read.
    """

    events: tuple[Event, ...]
    complete: bool = True
    notes: tuple[str, ...] = ()


class Spot(NamedTuple):
    """A unit of a version (blob) of the file at `path`, by its first line (1-based).

    nth: which one, where several stand on that line (JSON), from 0.
    part: the text that is followed where it is only a part of that unit, else "".
    last: its last line where that is known without a parser, else 0.
    """

    path: str
    blob: str
    line: int
    nth: int = 0
    part: str = ""
    last: int = 0


def spot_of(path: str, blob: str, units: Sequence[Unit], unit: Unit, part: str = "") -> Spot:
    """Where `unit`, one of the `units` of that version, stands."""
    beside = [other for other in units if other.line <= unit.line <= other.end_line]
    nth = next(n for n, u in enumerate(beside) if u is unit)
    return Spot(path, blob, unit.line, nth, part, unit.end_line)
