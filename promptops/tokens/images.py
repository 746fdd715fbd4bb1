"""What an image costs, by each provider's published formula (`data/facts.json`)."""

from __future__ import annotations

from math import ceil, floor, sqrt

from promptops.tokens.count import Count
from promptops.tokens.facts import Row, by_model
from promptops.tokens.models import ESTIMATED, UNKNOWN, Model


def image_tokens(width: int, height: int, model: Model, detail: str = "high") -> Count:
    """The tokens of one image of `width` x `height` pixels; unknown where no formula is published.

    Where two sources disagree on a cap, the interval holds both.
    """
    row = by_model("images", model)
    if row is None:
        note = "no image formula is known for this model"
        return Count(None, None, None, UNKNOWN, note)
    if row["rule"] == "tiles":
        low = high = _tiles(width, height, row, detail)
    elif row["rule"] == "gemini":
        low = high = _gemini(width, height, row)
    else:
        low = _patches(width, height, row, row["cap"])
        high = _patches(width, height, row, row.get("cap_high", row["cap"]))
    return Count(high, low, high, ESTIMATED, row["rule"], "", "", row["source"], row["as_of"])


def _tiles(width: int, height: int, row: Row, detail: str) -> int:
    """OpenAI: fit into 2,048 square, shortest side to 768, then tiles of 512."""
    base: int = row["base"]
    if detail == "low":
        return base
    fit = min(1.0, 2048 / max(width, height))
    fit *= min(1.0, 768 / (min(width, height) * fit))
    tiles = ceil(round(width * fit, 6) / 512) * ceil(round(height * fit, 6) / 512)
    tile: int = row["tile"]
    return base + tile * tiles


def _patches(width: int, height: int, row: Row, cap: int) -> int:
    """Patches of `side` pixels; an image with more than `cap` of them is shrunk to fit."""
    side: int = row["side"]
    edge: float = row.get("edge", max(width, height))
    fit = min(1.0, edge / max(width, height))
    wide, high = width * fit, height * fit
    patches = ceil(round(wide / side, 6)) * ceil(round(high / side, 6))
    if patches > cap:
        shrink = sqrt(cap * side * side / (wide * high))
        columns, lines = wide * shrink / side, high * shrink / side
        shrink *= min(floor(columns) / columns or 1, floor(lines) / lines or 1)
        patches = ceil(round(wide * shrink / side, 6)) * ceil(round(high * shrink / side, 6))
    factor: float = row["factor"]
    return ceil(round(min(patches, cap) * factor, 6))


def _gemini(width: int, height: int, row: Row) -> int:
    """258 up to 384 pixels a side, else 258 for each tile of 768."""
    if width <= 384 and height <= 384:
        return int(row["tile"])
    side: int = row["side"]
    return int(row["tile"]) * ceil(width / side) * ceil(height / side)
