"""`--engine batch`: calls ordered at half the price, and fetched by the same command later."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from promptops.cli import _out
from promptops.cli._call import Call
from promptops.cli._eval.blocks import money
from promptops.cli._eval.got import Got
from promptops.cli._eval.options import Wanted
from promptops.cli._eval.progress import Line
from promptops.cli._eval.session import Session
from promptops.cli._eval.signals import Signals
from promptops.cli._state import store_place
from promptops.errors import EXIT_LATER, UsageError
from promptops.evals import Request, State
from promptops.evals.batches.night import Means, Night
from promptops.evals.batches.tables import tables
from promptops.evals.keys import hider
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.plan import Plan, Target
from promptops.evals.providers import Link
from promptops.evals.run import Run
from promptops.evals.store import Store
from promptops.report import Block, Heading, Report, Table, Text

SERVED = ("litellm", "openai_compatible")


def run_night(
    call: Call,
    wanted: Wanted,
    target: Target,
    link: Link,
    tariff: Tariff,
    requests: Sequence[Request],
) -> tuple[Run, int, Night]:
    """Fetch and order: (the run so far, 0 or the exit code of a signal, what is not done)."""
    desk = service(target, link, wanted.limits)
    line, place = Line(call), store_place(call)
    store = Store(place)
    stack = ExitStack()
    means = Means(
        desk=desk,
        store=store,
        noted=stack.enter_context(tables(place)),
        name=os.urandom(6).hex(),
        service=(target.provider, target.model, target.base_url),
        limits=wanted.limits,
        tariff=tariff,
        hide=hider(call.environ, _out.named),
        answers_as=link.answers_as,
        progress=line.show if line.shown else None,
    )
    night = Night(means)

    async def go() -> Run:
        try:
            return await until_signal(signals, night, requests, wanted.wait or 0.0)
        finally:
            await desk.close()

    try:
        with Signals(lambda: None) as signals:
            return asyncio.run(go()), signals.code, night
    finally:
        line.clear()
        stack.close()
        store.close()


class BatchSession(Session):
    """Batches of calls, each one a batch of the provider's; a call that waits in one is NOT_RUN."""

    def __init__(self, *means: Any, target: Target, seconds: float) -> None:
        super().__init__(*means)
        self._target, self._seconds = target, seconds

    def _open(self) -> None:
        self._desk = service(self._target, self._link, self._limits)
        self._stack = ExitStack()
        self._store = Store(self._place)
        self._stack.callback(self._store.close)
        self._loop = asyncio.Runner()
        self._stack.callback(self._loop.close)
        target = self._target
        means = Means(
            desk=self._desk,
            store=self._store,
            noted=self._stack.enter_context(tables(self._place)),
            name=os.urandom(6).hex(),
            service=(target.provider, target.model, target.base_url),
            tariff=self._tariff,
            hide=hider(self._call.environ, _out.named),
            answers_as=self._link.answers_as,
            progress=self._shown,
        )
        self.night = Night(means)

    def _close(self) -> None:
        with self._stack:
            self._loop.run(self._desk.close())

    def _run(self, requests: Sequence[Request]) -> Run:
        self.night.means = replace(self.night.means, limits=self._left())
        asked = until_signal(self._signals, self.night, requests, self._seconds)
        run = self._loop.run(asked)
        if self._signals.code:
            self._arrived()
        elif waits := self.night.waiting:
            self.later = True
            said = f"{waits[0].batch or 'a batch'} is not done ({waits[0].state})"
            run = replace(run, stopped=f"{said}: ask again with the same command")
        elif lost := [one for one in run.answers if one.state is State.NOT_RUN]:
            run = replace(run, stopped=lost[0].reason)
        return run


def service(target: Target, link: Link, limits: Limits) -> Any:
    """The batch interface of who is asked; UsageError where there is none."""
    if target.provider not in SERVED:
        hint = "leave --engine batch out, or name a model that a provider serves"
        raise UsageError(f"`{target.model}` has no batch interface", hint)
    from promptops.evals.batches.litellm import Service

    return Service(target.provider, target.model, link, limits)


async def until_signal(
    signals: Signals, night: Night, requests: Sequence[Request], seconds: float
) -> Run:
    """The run; cut short by the first signal, when what was ordered is in the store."""
    task = asyncio.create_task(night.run(requests, seconds))
    loop, before = asyncio.get_running_loop(), signals.first
    signals.first = lambda: _cancel(loop, task)
    if signals.code:
        task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return night.so_far(requests, "interrupted")
    finally:
        signals.first = before


def _cancel(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Run]) -> None:
    with suppress(RuntimeError):  # the loop has just ended
        loop.call_soon_threadsafe(task.cancel)


def later_report(plan: Plan, got: Got) -> Report:
    """What is not done yet, and the command that asks again."""
    night, run = got.night, got.run
    assert night is not None
    waiting = sum(one.calls for one in night.waiting)
    usd = night.reserved if night.means.tariff.price else None
    data: dict[str, Any] = {
        "prompt": plan.prompt.id,
        "version": plan.prompt.version,
        "model": plan.target.model,
        "digests": plan.digests(),
        "calls": {
            "planned": len(run.answers),
            "answered": run.count(State.ANSWER),
            "no_answer": run.count(State.NO_ANSWER),
            "failed": run.count(State.FAILED),
            "unknown": run.count(State.UNKNOWN),
            "not_run": run.count(State.NOT_RUN),
        },
        "waiting": waiting,
        "batches": [
            {
                "name": one.name,
                "batch": one.batch or None,
                "state": one.state,
                "calls": one.calls,
                "done": one.done,
                "total": one.total,
            }
            for one in night.waiting
        ],
        "usd_reserved": usd if usd is None else round(usd, 9),
        "complete": False,
        "stopped": run.stopped,
        "notes": night.notes,
    }
    return Report("eval", data, tuple(_blocks(data)), got.signal or EXIT_LATER)


def _blocks(data: dict[str, Any]) -> list[Block]:
    answered, planned = data["calls"]["answered"], data["calls"]["planned"]
    said = f"not done yet: {answered} of {planned} calls are answered, {data['waiting']} in batches"
    rows = tuple(
        (one["batch"] or "-", one["state"], f"{one['done']} of {one['total'] or one['calls']}")
        for one in data["batches"]
    )
    blocks: list[Block] = [
        Heading(f"{data['prompt']} on {data['model']}", 1),
        Text(said, "warn"),
        Table(("batch", "state", "done"), rows, "llr"),
    ]
    if data["usd_reserved"]:
        blocks.append(
            Text(f"ordered now, at most {money(data['usd_reserved'])} at the batch price")
        )
    if data["stopped"]:
        blocks.append(Text(f"stopped: {data['stopped']}", "warn"))
    blocks += [Text(note, "warn") for note in data["notes"]]
    again = f"promptops eval {data['prompt']} --engine batch"
    blocks.append(Text(f"ask again with the same options: `{again} …`; what came is kept"))
    return blocks
