"""Requests in, answers out: every call accounted for, nothing paid twice.

A call is claimed in the store, waits for its turn and its money, goes out, and is kept before
anybody hears of it. Planned = answered + no answer + failed + unknown + not run, always.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from promptops.errors import PromptopsError, ProviderError
from promptops.evals import Answer, Request, State
from promptops.evals.keys import key_of, request_text
from promptops.evals.money import Purse, Tariff
from promptops.evals.patience import Limits, Patience
from promptops.evals.providers import Provider, Retry, Stop
from promptops.evals.store import Claimed

CANARIES = 5  # calls that go out alone before the run is given up
POLL_SECONDS = 0.1  # between looks at calls that another run has in flight
BUDGET = "budget"


class Kept(Protocol):
    """Where answers are kept (`promptops.evals.store.Store`; a shared one can come later)."""

    def known(self, keys: Sequence[str]) -> Mapping[str, Answer]: ...
    async def claim(self, rows: Sequence[tuple[str, str]]) -> list[Claimed]: ...
    async def keep(self, key: str, request: str, answer: Answer) -> None: ...
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

    answers: tuple[Answer, ...]
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


@dataclass(eq=False, slots=True)
class _Item:
    key: str
    text: str
    request: Request
    answer: Answer | None = None
    claimed: bool = False


@dataclass
class Runner:
    """Runs requests once. `stop` and `interrupt` may be called at any time, in the loop's thread."""

    means: Means
    stopped: str = ""
    interrupts: int = 0
    error: PromptopsError | None = None
    _items: dict[str, _Item] = field(default_factory=dict)
    _kept: int = 0
    _done: int = 0
    _failed: int = 0
    _got_through: bool = False
    _connected: bool = False
    _over: bool = False

    async def run(self, requests: Sequence[Request]) -> Run:
        """Answer all requests; equal ones are asked once. ProviderError where none can succeed."""
        means = self.means
        self._purse = Purse(means.limits.max_usd, means.limits.max_calls)
        self._patience = Patience(means.limits)
        self._queue: asyncio.Queue[_Item | None] = asyncio.Queue(means.limits.concurrency)
        keys = [self._add(request) for request in requests]
        for key, answer in means.store.known(list(self._items)).items():
            self._finish(self._items[key], answer, kept=True)
        if self.stopped:
            self._patience.stop()
        await self._everything()
        await self._release()
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

    def _add(self, request: Request) -> str:
        text = request_text(request, self.means.provider.version)
        key = key_of(text)
        self._items.setdefault(key, _Item(key, text, request))
        return key

    async def _everything(self) -> None:
        todo = [item for item in self._items.values() if item.answer is None]
        if not todo:
            return
        claiming = asyncio.create_task(self._claim_all(todo))
        working = [asyncio.create_task(self._work(canary=True))]
        try:
            await self._until_stopped(working)
            if not self.stopped or self._got_through:
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
                if not self.stopped:
                    theirs += await self._claim(todo[start : start + many])
            todo = theirs
            if todo:
                await self._patience.pause(POLL_SECONDS)
        for _ in range(many + 1):
            await self._queue.put(None)

    async def _claim(self, items: Sequence[_Item]) -> list[_Item]:
        try:
            claims = await self.means.store.claim([(item.key, item.text) for item in items])
        except PromptopsError as error:
            self._give_up(error)
            return []
        theirs = []
        for item, claim in zip(items, claims, strict=True):
            if claim.answer is not None:
                self._finish(item, claim.answer, kept=True)
            elif claim.mine:
                item.claimed = True
                await self._queue.put(item)
            else:
                theirs.append(item)
        return theirs

    async def _work(self, *, canary: bool = False) -> None:
        """One worker. The canary goes alone, and ends as soon as a call has got through."""
        tried = 0
        while (item := await self._queue.get()) is not None:
            if not self.stopped:
                await self._one(item)
            tried += 1
            if self._over:
                return
            if canary and (self._got_through or self.stopped):
                return
            if canary and (tried == CANARIES or not self._connected):
                if self._kept:  # it has answered before: what is left may be what never gets one
                    self._got_through = True
                    return
                reason = item.answer.reason if item.answer else "no answer"
                self._give_up(ProviderError(f"the provider does not answer: {reason}", _CHECK))
                return

    async def _one(self, item: _Item) -> None:
        answer = await self._call(item.request)
        if answer is None:
            return
        if answer.state is State.ANSWER:
            try:
                await self.means.store.keep(item.key, item.text, answer)
                item.claimed = False
            except PromptopsError as error:
                self._give_up(error)
            finally:
                self._finish(item, answer)
        else:
            self._finish(item, answer)

    async def _call(self, request: Request) -> Answer | None:
        """One call with its retries; None where nothing went out because the run stops."""
        counted = tried = 0
        waited = 0.0
        last: Retry | None = None
        while True:
            said = await self._attempt(request)
            if said is None:
                return self._unfinished(last, tried) if last else None
            tried += 1
            if isinstance(said, Answer):
                return said if tried == 1 else replace(said, attempts=tried)
            last = said
            turned_away = said.after is not None and not said.sent
            counted += not turned_away
            wait = self._patience.wait_after(counted or 1, said)
            waited += wait
            limits = self.means.limits
            over = counted >= limits.attempts or waited > limits.patience
            if over or wait > limits.longest_wait * 1.2 or self._patience.given_up():
                if self._patience.given_up():
                    self.stop("the provider does not answer")
                return self._unfinished(said, tried)
            if not await self._patience.pause(wait):
                return self._unfinished(said, tried)

    def _unfinished(self, retry: Retry, tried: int) -> Answer:
        state = State.UNKNOWN if retry.broken else State.FAILED
        return Answer(state, reason=self.means.hide(retry.reason), attempts=tried)

    async def _attempt(self, request: Request) -> Answer | Retry | None:
        """One attempt, paid for; None where it may not go out any more."""
        if not await self._patience.turn():
            return None
        bound = self.means.tariff.bound(request)
        if not await self._purse.reserve(bound):
            self._patience.left()
            self.stop(BUDGET)
            return None
        if self.stopped:  # while waiting for money
            self._purse.calls -= 1
            self._purse.settle(bound, 0.0)
            self._patience.left()
            return None
        return await self._ask(request, bound)

    async def _ask(self, request: Request, bound: float | None) -> Answer | Retry | None:
        usd, assumed = bound, True  # what counts as spent, unless we learn better
        try:
            answer = await self.means.provider.ask(request, self.means.limits.seconds)
        except Retry as retry:
            usd, assumed = (bound, True) if retry.sent else (0.0, False)
            self._patience.failed(retry)
            self._connected = self._connected or retry.sent or retry.crowded
            return retry
        except Stop as stop:
            usd, assumed = 0.0, False
            self._patience.left()
            reason = self.means.hide(str(stop))
            self._give_up(ProviderError(f"no call can succeed: {reason}", _CHECK))
            return Answer(State.FAILED, reason=reason)
        except asyncio.CancelledError:
            self._patience.left()
            return Answer(State.UNKNOWN, reason="interrupted")
        else:
            usd, assumed = self.means.tariff.settled(request, answer.usage)
            if answer.state is State.FAILED:
                usd, assumed = 0.0, False
            self._got_through = self._got_through or answer.state is not State.FAILED
            self._connected = True
            self._patience.answered()
            return self._clean(answer, usd)
        finally:
            self._purse.settle(bound, usd, assumed=assumed)

    def _clean(self, answer: Answer, usd: float | None) -> Answer:
        hide = self.means.hide
        text, reason = hide(answer.text), hide(answer.reason)
        return replace(
            answer,
            text=text,
            reason=reason,
            model=hide(answer.model),
            usd=usd,
            seconds=round(answer.seconds, 6),
        )

    def _finish(self, item: _Item, answer: Answer, *, kept: bool = False) -> None:
        item.answer = answer
        self._done += 1
        self._kept += kept
        self._failed += answer.state is not State.ANSWER
        if self.means.progress is not None:
            usd = self._purse.spent if self.means.tariff.price else None
            planned = len(self._items)
            spent = (self._purse.calls, usd)
            self.means.progress(Progress(planned, self._done, self._kept, *spent, self._failed))

    def _give_up(self, error: PromptopsError) -> None:
        self.error = self.error or error
        self.stop(error.message)

    async def _release(self) -> None:
        claimed = [item.key for item in self._items.values() if item.claimed]
        if claimed:
            try:
                await self.means.store.release(claimed)
            except PromptopsError as error:
                self.error = self.error or error


_CHECK = "check the key, the model's name, the address and what the provider's status page says"
