"""A text cut into rules and what stands around them, as a template that renders it to the byte."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptops.importing.escape import Live, template_of
from promptops.importing.interface import Piece
from promptops.importing.names import Names, slug
from promptops.model import Origin, Rule
from promptops.source.labels import RULE, Label, label_units
from promptops.source.unit import Unit
from promptops.source.units import read_units

UNDECIDED = 0.6  # a rule less certain than this stays prose
MOST_TAGS = 80_000  # characters of placements; the renderer refuses templates that hold much more
MANY = 1_000  # rules beyond this are named by line, and beyond what MOST_TAGS holds stay prose
_NONE: Mapping[str, str] = {}
_KEPT = frozenset({"item", "prose", "quote"})


@dataclass(frozen=True, slots=True)
class Cut:
    """template renders the text once `rules` are placed; pieces name what each stretch is."""

    template: str
    rules: tuple[Rule, ...]
    pieces: tuple[Piece, ...]


def cut(
    text: str,
    path: str,
    names: Names,
    live: Sequence[Live] = (),
    first_line: int = 1,
    foreign: Sequence[tuple[int, int]] | None = (),
    known: Mapping[str, str] = _NONE,
) -> Cut:
    """The rules of `text`, each in its place; `live` parts are templates and in no rule.

    first_line: of `text` in the file at `path`, for `imported_from`. foreign: further
    parts that are in no rule; None where no rule is looked for, as in what a user says. known: ids of
    texts that are rules whatever they look like.
    """
    units = () if foreign is None else read_units(text)
    labels = label_units(units)
    spans = sorted([*(part[:2] for part in live), *(foreign or ())])
    chosen = _chosen(units, labels, spans, known)
    placed: list[Live] = []
    rules: dict[int, Rule] = {}
    used = sum(len(part.template) for part in live)
    for i in chosen:
        unit = units[i]
        line = first_line + unit.line - 1
        wanted = f"line-{line}" if len(chosen) > MANY else slug(unit.text) or f"line-{line}"
        wanted = known.get(unit.text, wanted)
        if used + len(wanted) + 25 > MOST_TAGS:
            break
        rules[i] = _rule(unit, labels[i], names.give(wanted), Origin(path, line))
        placed.append(Live(unit.start, unit.end, f'{{{{ rule("{rules[i].id}") }}}}'))
        used += len(placed[-1].template)
    template = template_of(text, sorted([*live, *placed]))
    pieces = [
        Piece(
            first_line + unit.line - 1,
            "table" if unit.kind == "table" else label.label,
            label.confidence,
            unit.text,
            rules[i].id if i in rules else "",
        )
        for i, (unit, label) in enumerate(zip(units, labels, strict=True))
    ]
    return Cut(template, tuple(rules.values()), tuple(pieces))


def _chosen(
    units: Sequence[Unit],
    labels: Sequence[Label],
    spans: Sequence[tuple[int, int]],
    known: Mapping[str, str],
) -> list[int]:
    """Which units become rules: sure ones that nothing of a template stands in."""
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    return [
        i
        for i, (unit, label) in enumerate(zip(units, labels, strict=True))
        if (unit.text in known or (label.label == RULE and label.confidence >= UNDECIDED))
        and unit.kind in _KEPT
        and unit.text.strip()
        and unit.text == unit.text.rstrip("\r\n")
        and not _touches(unit, starts, ends)
    ]


def _touches(unit: Unit, starts: Sequence[int], ends: Sequence[int]) -> bool:
    """True if a live part overlaps the unit's lines (parts do not overlap each other)."""
    at = bisect_left(ends, unit.start + 1)
    return at < len(starts) and starts[at] < unit.end


def _rule(unit: Unit, label: Label, name: str, origin: Origin) -> Rule:
    section = " > ".join(filter(None, (*unit.section, label.under)))
    return Rule(id=name, text=unit.text, section=section, imported_from=origin)
