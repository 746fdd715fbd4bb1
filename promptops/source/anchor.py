"""Where the rule of a sidecar's entry stands in its instruction file."""

from __future__ import annotations

from promptops.model import Rule
from promptops.values import dataclass

HERE = "sidecar"  # what a place in the sidecar begins with, where its file is spoken of


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where an entry's rule stands today.

    index: of the entry in its file. rule: index of its rule in the instruction file, None where it
    is not found. nearest: the line of the rule that is most like it, 0 for none. likeness: 0-100,
    of the two wordings. sure: nobody has to look. effect: what the rewording did to its meaning.
    about: the instruction file.
    """

    entry: Rule
    index: int
    rule: int | None
    nearest: int
    likeness: float
    sure: bool
    effect: tuple[str, ...] = ()
    about: str = ""
