"""A run on several workers: what this process and each of them do."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.run import Line
from promptops.cli._state import SHARED, state_folder, store_place
from promptops.errors import UsageError
from promptops.evals import Request, engines
from promptops.evals.batches.ledger import refuse_held
from promptops.evals.keys import hider
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
    name, workers = engine
    address = call.environ.get(CLUSTER, "")
    shared = bool(call.environ.get(SHARED))
    if address and not shared:
        hint = f"set {SHARED} for this process and for the workers"
        raise UsageError("workers on other machines need a shared answer store", hint)
    refuse_held(store_place(call), requests, provider(provider_name, link).version)
    place = "" if shared else state_folder(call)
    told = replace(link, key="", environ={})
    job = Job(os.urandom(8).hex(), place, provider_name, told, limits, tariff)
    line = Line(call)
    show = line.show if call.verbosity >= 0 and sys.stderr.isatty() else None
    with _ignored(), engines.pool(name, work, job.run, workers, address) as pool:
        coordinator = Coordinator(pool, job, show)
        with _caught(coordinator) as caught:
            run = coordinator.run(requests)
        line.clear()
    return run, (128 + caught[0]) if caught else 0


def work(job: Job, requests: tuple[Request, ...], stopped: Callable[[], bool]) -> Outcome:
    """In a worker: one shard, as a run of its own; keys and passwords are the worker's."""
    link = replace(job.link, key=os.environ.get(job.link.key_env, ""), environ=dict(os.environ))
    store = Store(job.place or os.environ.get(SHARED, ""))
    try:
        return asyncio.run(_shard(job, link, store, requests, stopped))
    finally:
        store.close()


async def _shard(
    job: Job, link: Link, store: Store, requests: tuple[Request, ...], stopped: Callable[[], bool]
) -> Outcome:
    asks = provider(job.provider, link)
    means = Means(asks, store, job.limits, job.tariff, hider(os.environ))
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


@contextmanager
def _caught(coordinator: Coordinator) -> Iterator[list[int]]:
    caught: list[int] = []

    def arrived(number: int, _: FrameType | None) -> None:
        caught.append(number)
        coordinator.interrupt()

    before: dict[signal.Signals, Any] = {
        one: signal.signal(one, arrived) for one in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield caught
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
