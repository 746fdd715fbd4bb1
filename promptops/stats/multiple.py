"""Many questions at once: Holm 1979 (any one false claim), Benjamini & Hochberg 1995 (their share)."""

from __future__ import annotations

from collections.abc import Sequence


def holm(ps: Sequence[float], shares: Sequence[float] | None = None) -> list[float]:
    """Adjusted p values in the order given; each is below alpha if its claim holds at alpha.

    shares: how the error is divided among them, evenly where that is left out (Holm 1979, section 4).
    """
    shares = shares or [1.0] * len(ps)
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for i, left in _steps(ps, shares):
        highest = max(highest, min(1.0, ps[i] * left / shares[i]))
        adjusted[i] = highest
    return adjusted


def holm_levels(ps: Sequence[float], shares: Sequence[float], alpha: float) -> list[float]:
    """The level at which Holm's procedure tests each, in the order given.

    Those it does not reject are all tested at its last step; intervals at these levels hold for
    them together (Guilbaud 2008, Biometrical Journal 50:678).
    """
    levels, last = [0.0] * len(ps), 0.0
    for i, left in _steps(ps, shares):
        last = last or (left if ps[i] > alpha * shares[i] / left else 0.0)
        levels[i] = alpha * shares[i] / (last or left)
    return levels


def _steps(ps: Sequence[float], shares: Sequence[float]) -> list[tuple[int, float]]:
    """(which, the shares of it and of all after it), the most certain first."""
    order = sorted(range(len(ps)), key=lambda i: ps[i] / shares[i])
    steps, left = [], sum(shares)
    for i in order:
        steps.append((i, left))
        left -= shares[i]
    return steps


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """Adjusted p values in the order given, for a false discovery rate."""
    order = sorted(range(len(ps)), key=lambda i: ps[i], reverse=True)
    adjusted = [0.0] * len(ps)
    lowest = 1.0
    for rank, i in zip(range(len(ps), 0, -1), order, strict=True):
        lowest = min(lowest, ps[i] * len(ps) / rank)
        adjusted[i] = lowest
    return adjusted
