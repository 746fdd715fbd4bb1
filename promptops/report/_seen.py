"""Paths as somebody types them who stands in a folder of the repository."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from promptops.report import Block, Fold, Items, Screen, Table, Text
from promptops.values import replace

Told = Callable[[str], str]


def seen(blocks: Iterable[Block], paths: Iterable[str], screen: Screen) -> Iterator[Block]:
    """The blocks with the `paths` as `screen` shows them.

    In sentences wherever they stand; cells and items may quote, so there only at the beginning.
    """
    longest = sorted(filter(None, paths), key=len, reverse=True)
    if not longest:
        return iter(blocks)
    names = "|".join(map(re.escape, longest))
    anywhere = re.compile(rf"(?<![\w/.-])(?:{names})(?![\w/-]|\.\w)")
    at_first = re.compile(rf"(?:{names})(?=[: ]|$)")

    def first(text: str) -> str:
        found = at_first.match(text)
        return screen.shown(found[0]) + text[found.end() :] if found else text

    def told(text: str) -> str:
        return anywhere.sub(lambda found: screen.shown(found[0]), text)

    return (_seen(block, told, first) for block in blocks)


def _seen(block: Block, told: Told, first: Told) -> Block:
    match block:
        case Text():
            return replace(block, text=told(block.text))
        case Items():
            return replace(block, items=tuple(map(first, block.items)))
        case Table():
            return replace(block, rows=tuple(tuple(map(first, row)) for row in block.rows))
        case Fold():
            return replace(block, blocks=tuple(_seen(one, told, first) for one in block.blocks))
        case _:
            return block
