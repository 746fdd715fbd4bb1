"""A prompt's life: its size at each version, and what came and went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from promptops.report._page import Markup
from promptops.report.charts import WIDEST, Scale, chart, down, line, path, point, text, ticks

HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 260.0, 64.0, 24.0, 24.0, 56.0
ROOM = 24.0  # pixels that a number of rules needs


@dataclass(frozen=True, slots=True)
class Step:
    """One commit. time: epoch seconds; value: None where it is not known; said: on the dot.

    added, removed: how many rules came and went.
    """

    time: int
    value: float | None
    said: str
    added: int = 0
    removed: int = 0


def timeline(
    title: str,
    steps: Sequence[Step],
    limit: float | None,
    limit_name: str,
    width: float = WIDEST,
) -> Markup:
    """The chart: oldest first; a value holds until the next one. Steps without one leave a gap."""
    values = [step.value for step in steps if step.value is not None]
    values += [limit] if limit is not None else []
    marks = ticks(0.0, max([*values, 1.0]), 4)
    up = Scale(0.0, marks[-1], HEIGHT - BOTTOM, TOP)
    along = _along(steps, width)
    parts = [down(LEFT, up, [(mark, f"{mark:,.0f}") for mark in marks], width - RIGHT)]
    if limit is not None:
        y = up(limit)
        parts += [
            line((LEFT, y), (width - RIGHT, y), "limit"),
            text(width - RIGHT, y - 5, limit_name, "small end bad"),
        ]
    parts += [path(piece, "line") for piece in _pieces(steps, along, up)]
    parts += [
        point(along(step.time), up(step.value), step.said)
        for step in steps
        if step.value is not None
    ]
    return chart(width, HEIGHT, title, *parts, *_turnover(steps, along), *_dates(steps, along))


def _along(steps: Sequence[Step], width: float) -> Scale:
    times = [step.time for step in steps]
    return Scale(min(times), max(times), LEFT + 14, width - RIGHT - 14)


def _pieces(steps: Sequence[Step], along: Scale, up: Scale) -> list[list[tuple[float, float]]]:
    """Lines in steps, broken where a value is not known."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for step in steps:
        x, piece = along(step.time), pieces[-1]
        if piece:
            piece.append((x, piece[-1][1]))
        if step.value is None:
            pieces.append([])
        else:
            pieces[-1].append((x, up(step.value)))
    return [piece for piece in pieces if len(piece) > 1]


def _turnover(steps: Sequence[Step], along: Scale) -> Iterator[Markup]:
    """How many rules came and went, added up where there is no room for each number."""
    groups: list[list[Step]] = []
    for step in steps:
        if not step.added and not step.removed:
            continue
        if groups and along(step.time) - along(groups[-1][0].time) < ROOM:
            groups[-1].append(step)
        else:
            groups.append([step])
    for group in groups:
        x = along(group[0].time)
        came, went = sum(step.added for step in group), sum(step.removed for step in group)
        if came:
            yield text(x, HEIGHT - BOTTOM + 18, f"+{came}", "small middle good")
        if went:
            yield text(x, HEIGHT - BOTTOM + 31, f"−{went}", "small middle bad")


def _dates(steps: Sequence[Step], along: Scale) -> list[Markup]:
    """The first and the last day."""
    ends = [(steps[0].time, ""), (steps[-1].time, " end")]
    if _day(ends[0][0]) == _day(ends[1][0]):
        ends = ends[:1]
    y = HEIGHT - 8
    return [text(along(time), y, _day(time), f"quiet small{end}") for time, end in ends]


def _day(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
