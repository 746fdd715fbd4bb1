"""Plain instruction files, of which every paragraph counts, whether or not it reads as a rule."""

from __future__ import annotations

from promptops.model import Rule
from promptops.source.text import decode
from promptops.source.tree import Tree


def read_plain(tree: Tree, path: str, there: bool = False) -> str | None:
    """The text of the file, None where it is not in the tree; InputError where it is no text.

    there: it is known to be there, so that a link which leads out is an error, no absence.
    """
    return decode(tree.read(path), path) if there or tree.exists(path) else None


def paragraphs(text: str) -> tuple[Rule, ...]:
    """Every unit of the text; `position` holds its kind, `section` the headings above."""
    from promptops.source.units import BREAK, read_units  # a dozen patterns, for Markdown alone

    return tuple(
        Rule(f"line-{unit.line}", unit.text, section=" > ".join(unit.section), position=unit.kind)
        for unit in read_units(text)
        if unit.kind != BREAK
    )
