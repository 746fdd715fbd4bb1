"""What evidence says of each rule, model by model, and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from promptops.errors import PromptopsError
from promptops.model import Prompt
from promptops.source.evidence import Evidence, all_evidence, digests_of
from promptops.source.tree import Tree


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often a rule was kept; interval as the evidence states it, None where it states none."""

    passed: int
    n: int
    interval: tuple[float, float] | None
    verdict: str

    @property
    def rate(self) -> float | None:
        """A fraction; None where nothing was judged."""
        return self.passed / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Measured:
    """One file of evidence. stale: which of prompt, cases and assertions are others now.

    rules: outcomes by rule id; over: how often it kept silent where it must not fire.
    """

    path: str
    model: str
    when: str
    version: str
    sealed: bool
    stale: tuple[str, ...]
    rules: Mapping[str, Outcome]
    over: Mapping[str, Outcome]
    data: Mapping[str, Any]


def measured_of(tree: Tree, prompt: Prompt) -> tuple[Measured, ...]:
    """All evidence of a prompt, by path."""
    found = all_evidence(tree, prompt)
    if not found:
        return ()
    try:
        now = digests_of(prompt)
    except PromptopsError:
        now = {}
    return tuple(_measured(one, now) for one in found)


def _measured(one: Evidence, now: Mapping[str, str]) -> Measured:
    rules = {rule: outcome for rule, data in one.data["rules"].items() if (outcome := _of(data))}
    nested = {r: d["over_triggered"] for r, d in one.data["rules"].items() if "over_triggered" in d}
    return Measured(
        one.path,
        one.data["model"],
        one.data["measured"],
        one.data["version"],
        one.sealed,
        one.stale(now) if now else ("prompt",),
        rules,
        {rule: _silent(data) for rule, data in nested.items()},
        one.data,
    )


def _silent(data: Mapping[str, Any]) -> Outcome:
    """Evidence gives the rate at which it fired; the page shows all rates as those of success."""
    found = _of(data)
    if found.interval is None:
        return found
    return replace(found, interval=(1 - found.interval[1], 1 - found.interval[0]))


def _of(data: Mapping[str, Any]) -> Outcome:
    interval: list[float] = data.get("interval") or []
    pair = (float(interval[0]), float(interval[1])) if len(interval) == 2 else None
    return Outcome(int(data["passed"]), int(data["n"]), pair, data.get("verdict", ""))
