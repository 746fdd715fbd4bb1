"""Whether a text with some edits made still says the same: all but what was edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptops.diagnostic import Edit
from promptops.errors import InputError
from promptops.source.cases import read_cases
from promptops.source.decision import front_matter
from promptops.source.shape import Log
from promptops.source.text import BOM
from promptops.source.yaml import compose


def says_the_same(path: str, before: str, after: str, edits: Sequence[Edit]) -> bool:
    """True if `after` reads as `before` does, but for the scalars that the edits touch.

    YAML, front matter included, is compared node by node; of rows (JSON lines, CSV) the number of
    cases and errors must stay; any other text may say what it likes.
    """
    try:
        if path.endswith((".jsonl", ".csv")):
            return _rows(before, path) == _rows(after, path)
        then, shift = _root(before, path)
        now, _ = _root(after, path)
    except InputError:  # what could not be read before cannot be compared
        return False
    return _same(then, now, [(edit.start - shift, edit.end - shift) for edit in edits])


def _rows(text: str, path: str) -> tuple[int, int]:
    log = Log()
    cases, _ = read_cases(text, path, log)
    return len(cases), len(log.problems)


def _root(text: str, path: str) -> tuple[Any, int]:
    """The root node, and where its offsets count from; None for a text without YAML."""
    if path.endswith((".yaml", ".yml")):
        return compose(text, path), int(text.startswith(BOM))
    front, _ = front_matter(text, path)
    return (None, 0) if front is None else (front.root, front.shift)


def _same(then: Any, now: Any, edits: list[tuple[int, int]]) -> bool:
    if then is None or now is None:
        return then is now
    if then.id != now.id:
        return False
    if isinstance(then.value, str):
        start, end = then.start_mark.index, then.end_mark.index
        plain = not then.style and not now.style
        same = then.value == now.value and (plain or bool(then.style and now.style))
        return same or any(begin <= end and start <= until for begin, until in edits)
    if len(then.value) != len(now.value):
        return False
    if then.id == "sequence":
        return all(_same(a, b, edits) for a, b in zip(then.value, now.value, strict=True))
    return all(
        _same(key, other, edits) and _same(value, another, edits)
        for (key, value), (other, another) in zip(then.value, now.value, strict=True)
    )
