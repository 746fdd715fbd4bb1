"""What a run works with, how far it is, and what came of it: plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from promptops.errors import PromptopsError
from promptops.evals import Answer, State
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Provider
from promptops.evals.rows import Claimed


class Kept(Protocol):
    """Where answers are kept (`promptops.evals.store.Store`)."""

    def known(self, keys: Sequence[str]) -> Mapping[str, Answer]: ...
    async def claim(self, keys: Sequence[str]) -> list[Claimed]: ...
    async def keep(self, key: str, request: str, answer: Answer) -> None: ...
    async def durable(self) -> None: ...
    async def release(self, keys: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. done: of `planned`, of which `kept` were in the store before."""

    planned: int
    done: int
    kept: int
    calls: int
    usd: float | None
    failed: int


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation's calls. answers: aligned with the requests. calls: attempts that went out.

    usd: of the calls that went out in this run, None where the price is unknown; `assumed` of it
    is reservations that no usage settled. stopped: why not all were run, "" where all were.
    """

    answers: tuple[Answer, ...] = field(repr=False)  # asyncio shows a task's result, to nobody
    calls: int = 0
    kept: int = 0
    usd: float | None = None
    assumed: float = 0.0
    stopped: str = ""
    error: PromptopsError | None = None

    def count(self, state: State) -> int:
        """How many calls ended in that state."""
        return sum(answer.state is state for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Means:
    """What a run works with. hide: takes keys out of texts before anything keeps or shows them."""

    provider: Provider
    store: Kept
    limits: Limits = field(default_factory=Limits)
    tariff: Tariff = field(default_factory=Tariff)
    hide: Callable[[str], str] = str
    progress: Callable[[Progress], None] | None = None
