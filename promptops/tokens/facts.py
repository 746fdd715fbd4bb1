"""Published facts: dated rows of `data/facts.json`, found by model. Never constants in code."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from promptops.tokens.models import Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Row = Mapping[str, Any]
else:
    Row = Mapping

FACTS = ("framing", "tools", "caching", "images")  # of `facts.json`, in its order
_TABLES = (*FACTS, "models", "vocabularies")
OLD_AFTER = 180  # days after which facts are called old
_FOLDER = os.path.join(os.path.dirname(__file__), "data")


@cache
def rows(name: str) -> Sequence[Row]:
    """The rows of one table; each has `source` and `as_of`."""
    found: Sequence[Row] = _file("facts" if name in FACTS else name)[name]
    return found


@cache
def _file(name: str) -> Mapping[str, Any]:
    import json

    with open(os.path.join(_FOLDER, f"{name}.json"), encoding="utf-8") as file:
        found: Mapping[str, Any] = json.load(file)
    return found


def by_family(name: str, family: str) -> Row | None:
    """The row of a model family, or None."""
    return next((row for row in rows(name) if row["family"] == family), None)


def by_model(name: str, model: Model) -> Row | None:
    """The row whose model name is the longest beginning of the model's id, or None.

    A beginning ends at a hyphen, a colon or the whole name. A name that the model table does not
    cover has no row: what it begins like says nothing of it.
    """
    if not model.family:
        return None
    best: tuple[int, Row] | None = None
    for row in rows(name):
        for known in row["models"]:
            rest = model.id[len(known) :]
            whole = model.id.startswith(known) and (not rest or rest[0] in "-:@")
            if whole and (best is None or len(known) > best[0]):
                best = (len(known), row)
    return best[1] if best else None


def as_of(row: Row) -> date:
    """When the row was last checked."""
    return date.fromisoformat(row["as_of"])


def oldest() -> date:
    """The date of the oldest fact that we ship beside prices."""
    return min(as_of(row) for name in _TABLES for row in rows(name))
