"""Numbers against what was wanted, where the number itself may be known within bounds only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops.evals import Judgement


def count(found: int, wanted: Mapping[str, Any], noun: str, cut: bool, slack: int = 0) -> Judgement:
    """`found` things, where a cut answer may have had more of them, and up to `slack` fewer."""
    if not cut:
        return within(found, found, wanted, f"{found} {_plural(noun, found)}")
    said = within(max(0, found - slack), None, wanted, f"{found} {_plural(noun, found)}")
    return Judgement(said.passed, said.reason + " in an answer that was cut")


def within(low: int, high: int | None, wanted: Mapping[str, Any], what: str) -> Judgement:
    """A number known to lie in [low, high] against {min, max, exactly}; high None: no bound.

    Where the bounds lie on both sides of what is wanted, nothing is judged.
    """
    exactly = wanted.get("exactly")
    least = wanted.get("min", 0) if exactly is None else exactly
    most = wanted.get("max") if exactly is None else exactly
    reason = f"{what}, wanted {words(wanted)}"
    if low >= least and (most is None or (high is not None and high <= most)):
        return Judgement(True, reason)
    if (high is not None and high < least) or (most is not None and low > most):
        return Judgement(False, reason)
    return Judgement(None, reason)


def words(wanted: Mapping[str, Any]) -> str:
    """A range in words: `at least 3`."""
    if "exactly" in wanted:
        return f"exactly {wanted['exactly']}"
    parts = [f"at least {wanted['min']}"] if "min" in wanted else []
    parts += [f"at most {wanted['max']}"] if "max" in wanted else []
    return " and ".join(parts) or "any number"


def _plural(noun: str, n: int) -> str:
    return noun if n == 1 else noun + "s"
