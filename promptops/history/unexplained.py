"""What a file lost in the very commit that brought a text: it may have been an earlier wording."""

from __future__ import annotations

from promptops.history.likeness import resembles
from promptops.history.links import Link
from promptops.history.pieces import unit_of, units_around
from promptops.history.provenance import Spot
from promptops.history.stream import Touch
from promptops.history.units import PROSE, Unit
from promptops.history.versions import Versions

UNEXPLAINED = 25  # characters of a lost text that make it worth a doubt


def lost_alike(versions: Versions, spot: Spot, touch: Touch) -> bool:
    """True if the file lost a text in that commit that what is at `spot` may have grown out of."""
    new = units_around(versions, spot)
    for blob in touch.olds:
        if blob.strip("0"):
            old = versions.units(blob, spot.path)
            heirs = {k.old for k in _links(versions, blob, spot, new)}
            lost = [
                u for i, u in enumerate(old)
                if i not in heirs and u.kind == PROSE and len(u.norm) >= UNEXPLAINED
            ]  # fmt: skip
            if resembles(unit_of(versions, spot), lost, (*old, *new)):
                return True
    return False


def _links(versions: Versions, blob: str, spot: Spot, new: list[Unit]) -> list[Link]:
    """From an older version to this one, in which a piece stands for its whole."""
    if spot.part:
        return versions.linked(versions.units(blob, spot.path), new)
    return versions.links(blob, spot.blob, spot.path)
