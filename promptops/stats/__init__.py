"""Pure functions on numbers: seed and confidence are arguments, nothing is read from anywhere.

Rates are fractions in [0, 1]. What cannot be estimated is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a quantity lies at the stated confidence; `low <= high`."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """high - low."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Rate:
    """Passed answers of `n`, over `cases` independent cases; None where nothing was judged."""

    passed: int
    n: int
    cases: int
    rate: float | None
    interval: Interval | None
