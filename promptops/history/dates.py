"""Times of commits, as people and other tools read them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(time: int | None) -> str | None:
    """Epoch seconds as ISO 8601 UTC, None where the commit names no usable date."""
    if time is None:
        return None
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(time: int | None) -> str:
    """Epoch seconds as a UTC day, `unknown date` where there is none."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d") if time else "unknown date"
