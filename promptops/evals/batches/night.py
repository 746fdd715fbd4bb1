"""A run by batches: what is ordered already is fetched, what is left is ordered, and that is it.

Nobody waits for a batch unless told to: run again later, it goes on from what the store says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from promptops.errors import ProviderError
from promptops.evals import Answer, Request, State
from promptops.evals.batches import Desk, Record, Status, UnlistedError, UnsureError
from promptops.evals.batches.ledger import Ledger
from promptops.evals.batches.lines import MOST_BYTES, MOST_REQUESTS, Found, line, parts, read
from promptops.evals.batches.tables import Tables
from promptops.evals.calling import BUDGET, LONGEST_REASON
from promptops.evals.keys import key_of, request_of, request_text
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.run import Progress, Run
from promptops.evals.store import Store

FIRST_LOOK, LONGEST_LOOK = 0.5, 60.0  # seconds between looks at a batch that is waited for
LOST = "ordered in a batch whose id never came back: perhaps paid"
MISSING = "no row of it in the batch's files: perhaps paid"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch that is not done. name: our own; batch: the provider's id, "" before there is one;
    calls: how many of it this run wants; done, total: of its requests."""

    name: str
    batch: str
    state: str
    calls: int
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Means:
    """What a night works with. name: of this run, like no other; hide: takes keys out of texts."""

    desk: Desk
    store: Store
    noted: Tables
    name: str
    service: tuple[str, str, str]
    limits: Limits = field(default_factory=Limits)
    tariff: Tariff = field(default_factory=Tariff)
    hide: Callable[[str], str] = str
    answers_as: tuple[str, ...] = ()
    progress: Callable[[Progress], None] | None = None
    requests: int = MOST_REQUESTS
    size: int = MOST_BYTES


class Night:
    """`run` as often as is wanted; `waiting` and `notes` say what is not in its answers."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self.waiting: list[Waiting] = []
        self.notes: list[str] = []
        self.reserved = 0.0
        self._orders = 0
        self._ledger = Ledger(means.store, means.noted)
        self._wanted: dict[str, Request] = {}
        self._answers: dict[str, Answer] = {}
        self._calls = self._kept = 0
        self._usd = self._assumed = 0.0
        self._stopped = ""

    async def run(self, requests: Sequence[Request], seconds: float = 0.0) -> Run:
        """Answer what can be answered within `seconds`; a call in `waiting` is NOT_RUN so far."""
        version = self.means.desk.version
        keys = [key_of(request_text(one, version)) for one in requests]
        self._wanted = dict(zip(keys, requests, strict=True))
        self._answers = dict(self.means.store.known(list(self._wanted)))
        self._calls, self._kept, self._stopped = 0, len(self._answers), ""
        self._usd = self._assumed = 0.0
        await self._gather()
        await self._order_rest()
        until, pause = _now() + seconds, FIRST_LOOK
        while self.waiting and (left := until - _now()) > 0:
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_LOOK)
            await self._gather()
        self._answers.update(self.means.store.known([k for k in keys if k not in self._answers]))
        return self.so_far(requests, self._stopped)

    def so_far(self, requests: Sequence[Request], stopped: str) -> Run:
        """The run as it stands."""
        version = self.means.desk.version
        keys = [key_of(request_text(one, version)) for one in requests]
        reason = stopped or ("in a batch" if self.waiting else "not run")
        missing = Answer(State.NOT_RUN, reason=reason)
        usd = self._usd if self.means.tariff.price else None
        answers = tuple(self._answers.get(key, missing) for key in keys)
        return Run(answers, self._calls, self._kept, usd, self._assumed, stopped)

    # -- what was ordered before -----------------------------------------------------------------

    async def _gather(self) -> None:
        """Look at every batch that holds a call we want, and fetch those that have ended."""
        self.waiting = []
        for record, ordering in self._ledger.records():
            wanted = [
                key for key in record.keys if key in self._wanted and key not in self._answers
            ]
            if not wanted:
                self._close(record)
                continue
            if ordering:
                self.waiting.append(Waiting(record.name, "", "ordered by another run", len(wanted)))
            elif status := await self._status(record, wanted):
                record = replace(record, batch=status.id)
                if status.ended:
                    await self._fetch(record, status)
                else:
                    counts = (len(wanted), status.done, status.total or len(record.keys))
                    self.waiting.append(Waiting(record.name, status.id, status.state, *counts))
        self._show()

    def _close(self, record: Record) -> None:
        """Its answers were all kept, by a run that did not come to say so."""
        done = (self._answers.get(key) for key in record.keys)
        if record.batch and all(one and one.state is State.ANSWER for one in done):
            self._ledger.forget(record)

    async def _status(self, record: Record, wanted: Sequence[str]) -> Status | None:
        """How far it is; None where it was never ordered, or where nobody can tell."""
        desk = self.means.desk
        if record.batch:
            return await desk.look(record.batch)
        try:
            found = await desk.find(record.file) if record.file else None
        except UnlistedError as error:
            self._unknown(wanted, LOST)
            self._note(f"{record.name}: {error}; if there is none, `promptops store forget` it")
            return None
        if found is None:
            self._ledger.forget(record)
        else:
            self._ledger.keep(replace(record, batch=found.id))
        return found

    async def _fetch(self, record: Record, status: Status) -> None:
        """Keep every answer of a batch that has ended; its record goes once each call is settled."""
        texts = self._ledger.texts(record.keys, self._own)
        requests = {key: request_of(text) for key, text in texts.items()}
        files = [await self.means.desk.read(one) for one in (status.output, status.errors) if one]
        found = read(files, requests, self.means.answers_as)
        if status.state != "completed":  # what it did not come to was not run, and costs nothing
            said = self.means.hide(status.problem) or f"the batch is {status.state}"
            never = Answer(State.NOT_RUN, reason=said[:LONGEST_REASON])
            found.answers = {key: found.answers.get(key, never) for key in requests}
            self._note(f"{status.id}: {status.state}{f', {said}' if status.problem else ''}")
        self._say(status, found)
        settled = {key: self._settled(requests[key], one) for key, one in found.answers.items()}
        await self._ledger.settle(texts, settled)
        self._answers.update((key, one) for key, one in settled.items() if key in self._wanted)
        missing = [key for key in record.keys if key not in settled and key in texts]
        self._unknown([key for key in missing if key in self._wanted], MISSING)
        if missing:
            self._ledger.keep(replace(record, keys=tuple(missing)))
        else:
            self._ledger.forget(record)

    def _settled(self, request: Request, answer: Answer) -> Answer:
        """The answer as it is kept: without keys, with what it cost."""
        hide, usd, assumed = self.means.hide, None, False
        if answer.state not in (State.FAILED, State.NOT_RUN):
            tariff = self.means.tariff
            usd, assumed = tariff.settled(request, answer.usage, tariff.bound(request))
        self._usd += usd or 0.0
        self._assumed += (usd or 0.0) if assumed else 0.0
        self._calls += answer.state is not State.NOT_RUN
        reason = hide(answer.reason)[:LONGEST_REASON]
        return replace(
            answer, text=hide(answer.text), model=hide(answer.model), reason=reason, usd=usd
        )

    def _own(self, key: str) -> str:
        """The text of a request that this run wants, "" of any other."""
        found = self._wanted.get(key)
        return request_text(found, self.means.desk.version) if found else ""

    def _say(self, status: Status, found: Found) -> None:
        if found.torn:
            self._note(f"{status.id}: {found.torn} rows cannot be read: cut off, or not JSON")
        if found.strange:
            self._note(f"{status.id}: {found.strange} rows for calls that were not in it")

    def _unknown(self, keys: Sequence[str], reason: str) -> None:
        for key in keys:
            bound = self.means.tariff.bound(self._wanted[key]) or 0.0
            self._usd, self._assumed = self._usd + bound, self._assumed + bound
            self._calls += 1
            self._answers[key] = Answer(State.UNKNOWN, reason=reason)

    # -- what is ordered now ---------------------------------------------------------------------

    async def _order_rest(self) -> None:
        """Order what nobody has answered or ordered yet, as far as the budget goes."""
        held = self._ledger.held()
        todo = [key for key in self._wanted if key not in self._answers and key not in held]
        todo = await self._claimed(self._afforded(todo))
        bodies = ((key, line(key, self.means.desk.body(self._wanted[key]))) for key in todo)
        for keys, data in parts(bodies, self.means.requests, self.means.size):
            await self._order(keys, data)
        self._show()

    def _afforded(self, keys: Sequence[str]) -> list[str]:
        """As many as the budget carries, at the most that each can cost."""
        limits, spent = self.means.limits, 0.0
        chosen: list[str] = []
        for key in keys:
            bound = self.means.tariff.bound(self._wanted[key])
            dear = limits.max_usd is not None and (
                bound is None or spent + bound > limits.max_usd + 1e-12
            )
            if dear or (limits.max_calls is not None and len(chosen) >= limits.max_calls):
                self._stopped = BUDGET
                break
            spent += bound or 0.0
            chosen.append(key)
        return chosen

    async def _claimed(self, keys: Sequence[str]) -> list[str]:
        """Those that nobody else asks, or has ordered meanwhile."""
        ours, known, theirs = await self._ledger.claim(keys)
        self._answers.update(known)
        self._kept += len(known)
        if theirs:
            self.waiting.append(Waiting("", "", "asked by another run", theirs))
        return ours

    async def _order(self, keys: Sequence[str], data: bytes) -> None:
        self._orders += 1
        name = f"batch-{self.means.name}-{self._orders}"
        record = Record(name, *self.means.service, tuple(keys))
        await self._ledger.open(record, {key: self._own(key) for key in keys})
        try:
            record = replace(record, file=await self.means.desk.upload(name, data))
            self._ledger.keep(record)
            status = await self._placed(record)
        except ProviderError:
            self._ledger.forget(record)
            raise
        if status is None:
            self._unknown(keys, LOST)
            return
        self._ledger.keep(replace(record, batch=status.id))
        self.reserved += sum(self.means.tariff.bound(self._wanted[key]) or 0.0 for key in keys)
        counts = (len(keys), status.done, status.total or len(keys))
        self.waiting.append(Waiting(name, status.id, status.state, *counts))

    async def _placed(self, record: Record) -> Status | None:
        """The order; None where nobody knows whether it was taken. It is never placed twice here:
        a provider's list may take a while to show a new batch."""
        desk = self.means.desk
        try:
            return await desk.order(record.file, record.name)
        except UnsureError as unsure:
            why = self.means.hide(str(unsure))[:LONGEST_REASON]
        try:
            found = await desk.find(record.file)
        except (UnlistedError, ProviderError):
            found = None
        if found is None:
            self._note(f"{record.name}: {why}; the same command looks for it again")
        return found

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _show(self) -> None:
        if self.means.progress is not None:
            done = len(self._answers) + sum(one.done for one in self.waiting)
            failed = sum(one.state is not State.ANSWER for one in self._answers.values())
            usd = self._usd if self.means.tariff.price else None
            planned = len(self._wanted)
            self.means.progress(
                Progress(planned, min(done, planned), self._kept, self._calls, usd, failed)
            )


def _now() -> float:
    return asyncio.get_running_loop().time()
