"""Requests in, answers out: every call accounted for, nothing paid twice.

A call is claimed in the store, waits for its turn and its money, goes out, and is kept before
anybody hears of it. Planned = answered + no answer + failed + unknown + not run, always.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from promptops.errors import PromptopsError, ProviderError
from promptops.evals import Answer, Request, State, garbage
from promptops.evals.calling import CHECK, GONE, Caller
from promptops.evals.keys import key_of, request_text
from promptops.evals.money import Purse
from promptops.evals.patience import Patience
from promptops.evals.ready import Ready
from promptops.evals.run import Kept, Means, Progress, Run

__all__ = ["Kept", "Means", "Progress", "Run", "Runner"]

CANARIES = 5  # calls that go out alone before the run is given up
POLL_SECONDS = 0.1  # between looks at calls that another run has in flight


@dataclass(eq=False, slots=True)
class _Item:
    """claimed: by us in the store, from before its call until its answer is kept."""

    key: str
    request: Request
    claimed: bool = False
    answer: Answer | None = None


@dataclass
class Runner:
    """Runs requests once. `stop` and `interrupt` may be called at any time, in the loop's thread."""

    means: Means
    stopped: str = ""
    interrupts: int = 0
    error: PromptopsError | None = None
    proven: bool = False  # the provider is known to answer: no call goes out alone to find out
    _items: dict[str, _Item] = field(default_factory=dict)
    _kept: int = 0
    _done: int = 0
    _failed: int = 0
    _over: bool = False

    async def run(self, requests: Sequence[Request]) -> Run:
        """Answer all requests; equal ones are asked once. `Run.error` says why where none can be."""
        means = self.means
        self._purse = Purse(means.limits.max_usd, means.limits.max_calls)
        self._patience = Patience(means.limits)
        self._caller = Caller(means, self._purse, self._patience, self._end)
        self._caller.got_through = self.proven
        self._ready: Ready[_Item] = Ready(means.limits.concurrency // 2)
        keys = [self._add(request) for request in requests]
        for key, answer in means.store.known(list(self._items)).items():
            self._finish(self._items[key], answer, kept=True)
        self._tell()
        if self.stopped:
            self._patience.stop()
        with garbage.rarely():
            await self._everything()
        await self._settle()
        not_run = Answer(State.NOT_RUN, reason=self.stopped or "not run")
        answers = tuple(self._items[key].answer or not_run for key in keys)
        usd = self._purse.spent if means.tariff.price else None
        spent = (self._purse.calls, self._kept, usd, self._purse.assumed)
        return Run(answers, *spent, self.stopped, self.error)

    def interrupt(self) -> None:
        """Stop; calls in flight have `drain` seconds, and none after a second interrupt."""
        self.interrupts += 1
        self.stop("interrupted")

    def stop(self, reason: str) -> None:
        """Send nothing more; calls in flight may still end."""
        self.stopped = self.stopped or reason
        if hasattr(self, "_patience"):
            self._patience.stop()

    def _end(self, reason: str, error: PromptopsError | None) -> None:
        self.error = self.error or error
        self.stop(reason)

    def _text(self, request: Request) -> str:
        return request_text(request, self.means.provider.version)

    def _add(self, request: Request) -> str:
        key = key_of(self._text(request))
        self._items.setdefault(key, _Item(key, request))
        return key

    async def _everything(self) -> None:
        todo = [item for item in self._items.values() if item.answer is None]
        if not todo:
            return
        claiming = asyncio.create_task(self._claim_all(todo))
        working = [] if self.proven else [asyncio.create_task(self._work(canary=True))]
        try:
            await self._until_stopped(working)
            if not self.stopped or self._caller.got_through:
                many = self.means.limits.concurrency
                working = [asyncio.create_task(self._work()) for _ in range(many)]
                await self._until_stopped(working)
        finally:
            self._over = True
            claiming.cancel()
            for task in working:
                task.cancel()
            await asyncio.gather(claiming, *working, return_exceptions=True)
        for task in (claiming, *working):
            if not task.cancelled() and (error := task.exception()):
                raise error

    async def _until_stopped(self, working: Sequence[asyncio.Task[None]]) -> None:
        """Wait for the workers; once the run stops, no longer than their calls may take."""
        pending: Iterable[asyncio.Task[None]] = working
        clock = asyncio.get_running_loop().time
        since = None
        while pending:
            _, pending = await asyncio.wait(pending, timeout=0.1, return_when="FIRST_EXCEPTION")
            if any(task.done() and task.exception() for task in working):
                return
            if self.stopped:
                since = clock() if since is None else since
                limits = self.means.limits
                most = limits.drain if self.interrupts else limits.seconds + 1
                if self.interrupts > 1 or clock() - since > most:
                    return

    async def _claim_all(self, todo: list[_Item]) -> None:
        """Hand out what nobody else asks for; look again at what another run has in flight."""
        many = self.means.limits.concurrency
        while todo and not self.stopped:
            theirs: list[_Item] = []
            for start in range(0, len(todo), many):
                await self._ready.room()
                if not self.stopped:
                    theirs += await self._claim(todo[start : start + many])
            todo = theirs
            if todo:
                await self._patience.pause(POLL_SECONDS)
        self._ready.end()

    async def _claim(self, items: Sequence[_Item]) -> list[_Item]:
        """Claim the calls, and hand out those that are ours; those of others come back."""
        try:
            claims = await self.means.store.claim([item.key for item in items])
        except PromptopsError as error:
            self._end(_said(error), error)
            return []
        ours, theirs = [], []
        for item, claim in zip(items, claims, strict=True):
            if claim.answer is not None:
                self._finish(item, claim.answer, kept=True)
            elif claim.mine:
                item.claimed = True
                ours.append(item)
            else:
                theirs.append(item)
        self._ready.give(ours)
        return theirs

    async def _work(self, *, canary: bool = False) -> None:
        """One worker. The canary goes alone, and ends as soon as a call has got through."""
        tried = 0
        while (item := await self._ready.take()) is not None:
            if not self.stopped:
                await self._one(item)
            tried += 1
            if self._over or (canary and self._canary_over(item, tried)):
                return

    def _canary_over(self, item: _Item, tried: int) -> bool:
        """True once it is known whether the provider answers; the run ends where it does not."""
        if self._caller.got_through or self.stopped:
            return True
        if tried < CANARIES and self._caller.connected:
            return False
        if self._kept:  # it has answered before: what is left may be what never gets one
            self._caller.got_through = True
        else:
            reason = item.answer.reason if item.answer else "no answer"
            error = ProviderError(f"{GONE}: {reason}", CHECK)
            self._end(error.message, error)
        return True

    async def _one(self, item: _Item) -> None:
        answer = await self._caller.call(item.request)
        if answer is None:
            return
        if answer.state is State.ANSWER:
            try:
                await self.means.store.keep(item.key, self._text(item.request), answer)
                item.claimed = False
            except PromptopsError as error:
                self._end(_said(error), error)
        self._finish(item, answer)

    def _finish(self, item: _Item, answer: Answer, *, kept: bool = False) -> None:
        item.answer = answer
        self._done += 1
        self._kept += kept
        self._failed += answer.state is not State.ANSWER
        self._tell()

    def _tell(self) -> None:
        if self.means.progress is not None:
            usd = self._purse.spent if self.means.tariff.price else None
            planned = len(self._items)
            spent = (self._purse.calls, usd)
            self.means.progress(Progress(planned, self._done, self._kept, *spent, self._failed))

    async def _settle(self) -> None:
        """What was kept is durable, and what was claimed is anybody's, before anybody is told."""
        claimed = [item.key for item in self._items.values() if item.claimed]
        try:
            await self.means.store.durable()
            if claimed:
                await self.means.store.release(claimed)
        except PromptopsError as error:
            self.error = self.error or error


def _said(error: PromptopsError) -> str:
    return f"{error.message} ({error.path})" if error.path else error.message
