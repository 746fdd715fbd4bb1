"""A run on several workers: what this process and each of them do."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.session import Session
from promptops.cli._state import SHARED
from promptops.cli._workers import hello, welcome
from promptops.errors import UsageError
from promptops.evals import Request, State, engines
from promptops.evals.batches.ledger import refuse_held
from promptops.evals.batches.tables import any_noted
from promptops.evals.keys import hider, key_in
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, provider
from promptops.evals.runner import Means, Run, Runner
from promptops.evals.shards import Coordinator, Job, Outcome, outcome_of
from promptops.evals.store import Store

CLUSTER = "PROMPTOPS_DASK"
LOOK_SECONDS = 0.2


def run_sharded(
    call: Call,
    engine: tuple[str, int],
    provider_name: str,
    link: Link,
    limits: Limits,
    tariff: Tariff,
    requests: Sequence[Request],
) -> tuple[Run, int]:
    """Answer the requests on `engine` (its name, how many workers): (the run, 0 or the exit code of
    a signal)."""
    with ShardedSession(call, provider_name, link, limits, tariff, engine=engine) as session:
        run = session.run_all(requests)
        return run, session.exit_code


class ShardedSession(Session):
    """Batches of calls on workers, which are started once."""

    def __init__(self, *means: Any, engine: tuple[str, int]) -> None:
        super().__init__(*means)
        self._engine = engine

    def run_all(self, requests: Sequence[Request]) -> Run:
        """One run of these calls."""
        return self._run(requests)

    def _open(self) -> None:
        name, workers = self._engine
        address = self._call.environ.get(CLUSTER, "")
        shared = bool(self._call.environ.get(SHARED)) and not self._folder
        if address and not shared:
            hint = f"set {SHARED} for this process and for the workers"
            raise UsageError("workers on other machines need a shared answer store", hint)
        self._noted = any_noted(self._place)
        self._version = provider(self._name, self._link).version
        told = replace(self._link, key="", environ={})
        run = os.urandom(8).hex()
        place = "" if shared else self._place
        self._job = Job(run, place, self._name, told, self._limits, self._tariff)
        self._stack = ExitStack()
        with _ignored():
            pool = engines.pool(name, work, run, workers, address)
            self._pool = self._stack.enter_context(pool)
        if address:
            with self._stack.pop_all() as opened:
                there = self._pool.everywhere(hello, self._link.key_env)
                welcome(there, hello(""), keyed=bool(self._link.key))
                self._stack = opened.pop_all()

    def _close(self) -> None:
        self._stack.close()

    def _run(self, requests: Sequence[Request]) -> Run:
        if self._noted:
            refuse_held(self._place, requests, self._version)
        job = replace(self._job, limits=self._left(), proven=bool(self.spent.states[State.ANSWER]))
        coordinator = Coordinator(self._pool, job, self._shown, stopped=self.stopped)
        self._signals.first = lambda: self._interrupt(coordinator)
        try:
            return coordinator.run(requests)
        finally:
            self._signals.first = self._arrived

    def _interrupt(self, coordinator: Coordinator) -> None:
        self._arrived()
        coordinator.interrupt()


def work(job: Job, requests: tuple[Request, ...], stopped: Callable[[], bool]) -> Outcome:
    """In a worker: one shard, as a run of its own; keys and passwords are the worker's."""
    link = replace(job.link, key=key_in(os.environ, job.link.key_env), environ=dict(os.environ))
    store = Store(job.place or _shared_here())
    try:
        return asyncio.run(_shard(job, link, store, requests, stopped))
    finally:
        store.close()


def _shared_here() -> str:
    place = os.environ.get(SHARED, "")
    if not place:
        raise UsageError(f"a worker has no {SHARED}", "set it where the workers are started")
    return place


async def _shard(
    job: Job, link: Link, store: Store, requests: tuple[Request, ...], stopped: Callable[[], bool]
) -> Outcome:
    asks = provider(job.provider, link)
    means = Means(asks, store, job.limits, job.tariff, hider(os.environ, (job.link.key_env,)))
    runner = Runner(means, proven=job.proven)
    looking = asyncio.create_task(_look(runner, stopped))
    try:
        return outcome_of(await runner.run(requests))
    finally:
        looking.cancel()
        await asks.close()


async def _look(runner: Runner, stopped: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(stopped):
        await asyncio.sleep(LOOK_SECONDS)
    runner.interrupt()


@contextmanager
def _ignored() -> Iterator[None]:
    """Ctrl-C reaches every process of the terminal; what starts in here leaves it to us."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
