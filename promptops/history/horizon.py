"""Where a clone ends history before its roots: the edge of a shallow one, what a partial one lacks."""

from __future__ import annotations

import os
from collections.abc import Set

from promptops.digest import digest

EDGE = "already there at the edge of this shallow clone: git fetch --unshallow"
COMPLETE = "git fetch --refetch --no-filter"  # brings what a partial clone left out
LACKING = f"older versions that it may come from are not in this clone: {COMPLETE}"


def edges(common_dir: str, unknown: str) -> frozenset[str]:
    """Ids of the commits at the edge of a shallow clone; `unknown` alone where it does not say."""
    try:
        with open(os.path.join(common_dir, "shallow"), encoding="ascii") as file:
            return frozenset(line.strip() for line in file if line.strip())
    except (OSError, ValueError):
        return frozenset({unknown})  # unreadable: still known to be incomplete


def horizon(shallow: Set[str]) -> str:
    """Names where history ends here before its roots, "" where it does not.

    What a walk over commits has found is true as long as this stays the same.
    """
    return digest("".join(sorted(shallow)).encode()) if shallow else ""
