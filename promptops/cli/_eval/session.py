"""Batches of calls under one budget: signals, progress, the store opened once and closed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from promptops.cli import _out
from promptops.cli._call import Call
from promptops.cli._eval.progress import Line
from promptops.cli._eval.run import in_loop
from promptops.cli._eval.signals import Signals
from promptops.cli._state import store_place
from promptops.errors import EXIT_LATER, PromptopsError
from promptops.evals import Answer, Request, State
from promptops.evals.batches.ledger import refuse_held
from promptops.evals.batches.tables import any_noted
from promptops.evals.keys import hider
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, Provider, provider
from promptops.evals.run import Run
from promptops.evals.runner import Means, Progress, Runner
from promptops.evals.store import Store


@dataclass
class Spent:
    """What all batches took together. attempts: calls that went out; kept: answers of the store."""

    states: Counter[State] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    kept: int = 0
    usd: float | None = None
    assumed: float = 0.0


class Session:
    """`with Session(…) as session: answers = session.ask(requests)`, as often as is wanted.

    stopped: why nothing more goes out, "" while it may. error: what makes every call fail.
    folder: where the answers are kept, where `eval` keeps them if it is "".
    """

    def __init__(
        self, call: Call, name: str, link: Link, limits: Limits, tariff: Tariff, folder: str = ""
    ) -> None:
        self.spent = Spent(usd=0.0 if tariff.price else None)
        self.stopped = ""
        self.error: PromptopsError | None = None
        self.note: Callable[[], str] = str
        self.later = False  # a batch is not done
        self._call, self._name, self._link = call, name, link
        self._limits, self._tariff = limits, tariff
        self._folder = folder
        self._signals = Signals(self._arrived)
        self._line = Line(call)

    def __enter__(self) -> Self:
        self._place = self._folder or store_place(self._call)
        self._open()
        self._signals.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._close()
        finally:
            self._signals.__exit__()
            self._line.clear()

    def _open(self) -> None:
        """Get ready what answers; `_run` and `_close` are the other two that an engine has its own of."""
        self._provider: Provider = provider(self._name, self._link)
        self._noted = any_noted(self._place)
        self._store = Store(self._place)
        self._loop = asyncio.Runner()

    def _close(self) -> None:
        try:
            self._loop.run(self._provider.close())
        finally:
            self._loop.close()
            self._store.close()

    def _run(self, requests: Sequence[Request]) -> Run:
        if self._noted:
            refuse_held(self._place, requests, self._provider.version)
        return self._loop.run(self._batch(requests))

    @property
    def exit_code(self) -> int:
        """0, that of the signal which interrupted the calls, or that of a batch which is not done."""
        return self._signals.code or (EXIT_LATER if self.later else 0)

    def ask(self, requests: Sequence[Request]) -> tuple[Answer, ...]:
        """Answers in this order; those that may not go out any more are NOT_RUN."""
        if not requests:
            return ()
        run = self._run(requests)
        self._book(run.answers)
        self.spent.attempts += run.calls
        self.spent.kept += run.kept
        self.spent.assumed += run.assumed
        if run.usd is not None:
            self.spent.usd = (self.spent.usd or 0.0) + run.usd
        self.stopped = self.stopped or run.stopped
        self.error = self.error or run.error
        return run.answers

    async def _batch(self, requests: Sequence[Request]) -> Run:
        hide = hider(self._call.environ, _out.named)
        limits, show = self._left(), self._shown
        means = Means(self._provider, self._store, limits, self._tariff, hide, show)
        runner = Runner(means, stopped=self.stopped)
        self._signals.first = in_loop(runner, self._line)
        if self._signals.code:  # it came just before
            runner.interrupt()
        try:
            async with self._line.ticking():
                return await runner.run(requests)
        finally:
            self._signals.first = self._arrived

    def _book(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            self.spent.states[answer.state] += 1
            if answer.state not in (State.ANSWER, State.NOT_RUN) and answer.reason:
                self.spent.reasons[answer.reason] += 1

    def _left(self) -> Limits:
        """What is left of the budget: the batches share it."""
        usd, calls = self._limits.max_usd, self._limits.max_calls
        return replace(
            self._limits,
            max_usd=None if usd is None else max(0.0, usd - (self.spent.usd or 0.0)),
            max_calls=None if calls is None else max(0, calls - self.spent.attempts),
        )

    def _arrived(self) -> None:
        """A signal came between two batches."""
        self.stopped = self.stopped or "interrupted"

    @property
    def _shown(self) -> Callable[[Progress], None] | None:
        return self._progress if self._line.shown else None

    def _progress(self, progress: Progress) -> None:
        self._line.show(progress, self.note())
