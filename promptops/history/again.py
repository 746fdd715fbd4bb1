"""A text that comes back to a file that had lost it."""

from __future__ import annotations

from promptops.history.elsewhere import mentions
from promptops.history.pieces import said_in
from promptops.history.provenance import Spot
from promptops.history.stream import Commit, Rewindable
from promptops.history.units import Unit
from promptops.history.versions import Versions


def stood_before(
    versions: Versions, spot: Spot, wanted: Unit, blob: str, older: Rewindable
) -> tuple[Commit, str, Unit] | None:
    """The commit that had taken the text out of the file, the version before it, the unit there.

    blob: the version just before the text came (back). None where it had not stood there, and where
    that version holds it too: a short text that stands there twice now. `older` is rewound then.
    """
    if said_in(versions.units(blob, spot.path), wanted, spot.part):
        return None
    seen: list[Commit] = []
    for earlier in older:
        seen.append(earlier)
        step = next((t for t in earlier.touches if t.new == blob), None)
        if step is None:
            continue
        blob = step.olds[0]
        if not blob.strip("0"):
            break
        if not mentions(versions.text(blob), wanted):
            continue
        there = said_in(versions.units(blob, spot.path), wanted, spot.part)
        if there is not None:
            return earlier, blob, there
    older.rewind(seen)
    return None
