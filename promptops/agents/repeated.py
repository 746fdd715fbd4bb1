"""What several files of one load say twice: the same rule in other files, or the same file again."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.agents.load import Part
from promptops.source.markdown import read_instructions
from promptops.values import NamedTuple

SHORTEST = 20  # characters: what is shorter is said often, and costs little


class Repeated(NamedTuple):
    """A text that stands in several of the files: `path:line` of each place, the first one first.

    whole: all of the files, not one rule of them.
    """

    text: str
    places: tuple[str, ...]
    whole: bool = False


def repeated(parts: Sequence[Part]) -> tuple[Repeated, ...]:
    """Every text that the parts bring in more than once, the longest first."""
    same: dict[str, list[Part]] = {}
    for part in parts:
        same.setdefault(part.text.strip(), []).append(part)
    files = [
        Repeated(text, tuple(part.path for part in twins), True)
        for text, twins in same.items()
        if len(twins) > 1 and text
    ]
    places: dict[str, list[tuple[str, str, int]]] = {}
    for part in (twins[0] for twins in same.values()):
        for rule in read_instructions(part.text, part.path)[0].rules:
            words = " ".join(rule.text.replace("*", "").replace("`", "").split()).casefold()
            line = int(rule.id.removeprefix("line-")) + part.skipped
            places.setdefault(words, []).append((rule.text, part.path, line))
    rules = [
        Repeated(found[0][0], tuple(f"{path}:{line}" for _, path, line in found))
        for words, found in places.items()
        if len(words) >= SHORTEST and len({path for _, path, _ in found}) > 1
    ]
    return tuple(sorted((*files, *rules), key=lambda one: (-len(one.text), one.places)))
