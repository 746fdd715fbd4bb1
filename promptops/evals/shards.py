"""One run as shards on several workers, which share the store and one budget.

A worker runs its shard as a run of its own, so what it answered is in the store before anybody
hears of it. A shard whose worker died is handed out again, and only calls that were in flight are
repeated. Money is set aside for a whole shard before it is handed out, and settled by what the
shard says it spent; a dead worker's stays spent, since nobody knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from promptops.errors import PromptopsError
from promptops.evals import Answer, Request, State
from promptops.evals.calling import BUDGET
from promptops.evals.keys import request_text
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link
from promptops.evals.run import Progress, Run

T = TypeVar("T")
ROUNDS = 12  # calls that each of a worker's places makes in one shard
MOST_DEATHS = 10  # of workers with the same shard, before it is given up


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is told. It holds no key and no password: a worker has its own environment.

    place: the folder of the store, "" where the worker's environment names a shared one. run: the name under which the run can be stopped.
    """

    run: str
    place: str
    provider: str
    link: Link
    limits: Limits
    tariff: Tariff
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a shard; `Run` as plain values. error: (message, hint, path, exit code)."""

    answers: tuple[Answer, ...]
    calls: int
    kept: int
    usd: float | None
    assumed: float
    stopped: str
    error: tuple[str, str, str, int] | None


class Pool(Protocol):
    """Workers. An Outcome of None says that the worker died."""

    workers: int

    def submit(self, number: int, job: Job, requests: tuple[Request, ...]) -> None: ...
    def wait(self, seconds: float) -> list[tuple[int, Outcome | None]]: ...
    def stop(self) -> None: ...
    def everywhere(self, ask: Callable[[str], T], about: str) -> Mapping[str, T | Exception]:
        """What each worker answers, by its address."""
        ...


def outcome_of(run: Run) -> Outcome:
    """What a worker sends back."""
    error = None
    if run.error is not None:
        error = (run.error.message, run.error.hint, run.error.path, run.error.exit_code)
    spent = (run.calls, run.kept, run.usd, run.assumed)
    return Outcome(run.answers, *spent, run.stopped, error)


@dataclass
class _Shard:
    requests: tuple[Request, ...]
    calls: int = 0  # set aside
    usd: float = 0.0
    deaths: int = 0


@dataclass
class Coordinator:
    """Hands out shards and adds up what comes back. `interrupt` may be called from a signal."""

    pool: Pool
    job: Job
    progress: Callable[[Progress], None] | None = None
    interrupts: int = 0
    stopped: str = ""
    error: PromptopsError | None = None
    _answers: dict[str, Answer] = field(default_factory=dict)
    _shards: dict[int, _Shard] = field(default_factory=dict)
    _waiting: deque[int] = field(default_factory=deque)
    _out: set[int] = field(default_factory=set)
    _calls: int = 0
    _kept: int = 0
    _usd: float = 0.0
    _assumed: float = 0.0
    _told: bool = False

    def run(self, requests: Sequence[Request]) -> Run:
        """Answer all requests, equal ones once; the first shard is one call that goes alone."""
        different = {request_text(one, 0): one for one in requests}
        self._planned = len(different)
        for number, shard in enumerate(self._cut(list(different.values()))):
            self._shards[number] = shard
            self._waiting.append(number)
        while self._out or (self._waiting and not self.stopped):
            self._hand_out()
            for number, outcome in self.pool.wait(0.1) if self._out else ():
                self._out.discard(number)
                self._returned(number, outcome)
            if self.stopped and not self._told:
                self._told = True
                self.pool.stop()
            if self.interrupts > 1:
                break
        not_run = Answer(State.NOT_RUN, reason=self.stopped or "not run")
        answers = tuple(self._answers.get(request_text(one, 0), not_run) for one in requests)
        usd = self._usd if self.job.tariff.price else None
        return Run(answers, self._calls, self._kept, usd, self._assumed, self.stopped, self.error)

    def interrupt(self) -> None:
        """Hand out nothing more; the second time, wait for nobody."""
        self.interrupts += 1
        self.stopped = self.stopped or "interrupted"

    def _cut(self, requests: list[Request]) -> list[_Shard]:
        first = 0 if self.job.proven else 1
        each = max(1, self.job.limits.concurrency // self.pool.workers) * ROUNDS
        each = max(1, min(each, -(-(len(requests) - first) // self.pool.workers)))  # none is idle
        parts = [requests[i : i + each] for i in range(first, len(requests), each)]
        return [_Shard(tuple(part)) for part in (requests[:first], *parts) if part]

    def _hand_out(self) -> None:
        """As many shards as there are workers, and money; one alone until it is known who answers."""
        proven = self.job.proven or bool(self._answers)
        many = self.pool.workers if proven else 1
        while self._waiting and not self.stopped and len(self._out) < many:
            shard = self._shards[self._waiting[0]]
            limits = self._granted(shard)
            if limits is None:
                if not self._out:
                    self.stopped = BUDGET
                return
            number = self._waiting.popleft()
            self._out.add(number)
            self.pool.submit(
                number, replace(self.job, limits=limits, proven=proven), shard.requests
            )

    def _granted(self, shard: _Shard) -> Limits | None:
        """The limits of one shard, its share of the budget set aside; None while there is none."""
        limits, many = self.job.limits, self.pool.workers
        out = [self._shards[number] for number in self._out]
        wanted = len(shard.requests)
        granted = replace(
            limits,
            concurrency=max(1, limits.concurrency // many),
            per_minute=limits.per_minute and limits.per_minute / many,
        )
        if limits.max_calls is not None:
            left = limits.max_calls - self._calls - sum(one.calls for one in out)
            if left < wanted and (out or left <= 0):
                return None
            shard.calls = left if left < wanted else max(wanted, left // (many + 1))
            granted = replace(granted, max_calls=shard.calls)
        if limits.max_usd is not None:
            free = limits.max_usd - self._usd - sum(one.usd for one in out)
            need = sum(self.job.tariff.bound(one) or 0.0 for one in shard.requests)
            if free < need and (out or free <= 0):
                return None
            shard.usd = free if free < need else max(need, free / (many + 1))
            granted = replace(granted, max_usd=shard.usd)
        return granted

    def _returned(self, number: int, outcome: Outcome | None) -> None:
        shard = self._shards[number]
        if outcome is None:
            self._died(number, shard)
            return
        self._calls += outcome.calls
        self._usd += outcome.usd or 0.0
        self._assumed += outcome.assumed
        if outcome.error is not None and self.error is None:
            message, hint, path, code = outcome.error
            self.error = PromptopsError(message, hint, path=path)
            self.error.exit_code = code
        if outcome.stopped == BUDGET and not self.stopped and (outcome.calls or self._out):
            self._waiting.append(
                number
            )  # its share was too small: what it answered is in the store
            self._kept -= sum(a.state is State.ANSWER for a in outcome.answers) - outcome.kept
        elif outcome.stopped:
            self.stopped = self.stopped or outcome.stopped
        self._kept += outcome.kept
        for request, answer in zip(shard.requests, outcome.answers, strict=True):
            if answer.state is not State.NOT_RUN:
                self._answers[request_text(request, 0)] = answer
        self._show()

    def _died(self, number: int, shard: _Shard) -> None:
        self._calls += shard.calls
        self._usd += shard.usd
        self._assumed += shard.usd
        shard.deaths += 1
        self._waiting.appendleft(number)
        if shard.deaths >= MOST_DEATHS:
            self.stopped = self.stopped or "the workers die"

    def _show(self) -> None:
        if self.progress is not None:
            usd = self._usd if self.job.tariff.price else None
            done = len(self._answers)
            failed = sum(a.state is not State.ANSWER for a in self._answers.values())
            self.progress(Progress(self._planned, done, self._kept, self._calls, usd, failed))
