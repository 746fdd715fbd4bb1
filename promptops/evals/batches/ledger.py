"""What is known of batches: who was asked for what, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from promptops.errors import UsageError
from promptops.evals import Answer, Request, State
from promptops.evals.batches import Record, record_of
from promptops.evals.batches.tables import Tables, any_noted, tables
from promptops.evals.keys import key_of, request_text
from promptops.evals.store import Store


def refuse_held(place: str, requests: Iterable[Request], version: int) -> None:
    """UsageError for calls that are in a batch: asked now, they would be paid twice."""
    if not any_noted(place):
        return
    with tables(place) as noted:
        held = held_in(noted)
    names = [held[key] for one in requests if (key := key_of(request_text(one, version))) in held]
    if names:
        hint = f"fetch them with --engine batch, or `promptops store forget {names[0]}`"
        raise UsageError(f"{len(names)} of the calls are in a batch", hint)


def records(noted: Tables) -> Iterator[tuple[Record, str]]:
    """Every batch, and who is ordering it."""
    for _, owner, text in noted.notes():
        yield record_of(text), owner


def held_in(noted: Tables) -> dict[str, str]:
    """By key, the name of the batch that a call is in."""
    return {key: record.name for record, _ in records(noted) for key in record.keys}


class Ledger:
    """The batches and the answers of one run. Every change is durable once it returns."""

    def __init__(self, store: Store, noted: Tables) -> None:
        self._store, self._noted = store, noted

    def records(self) -> Iterator[tuple[Record, bool]]:
        """Every batch, and whether another run is ordering it just now."""
        for record, owner in records(self._noted):
            yield record, not record.batch and self._noted.alive(owner)

    def held(self) -> dict[str, str]:
        """By key, the name of the batch that a call is in."""
        return held_in(self._noted)

    async def open(self, record: Record, texts: Mapping[str, str]) -> None:
        """Note a batch that is going to be ordered, and the requests in it."""
        self._noted.note(record.name, self._noted.owner, record.text(), list(texts.items()))
        await self._store.release(list(texts))

    def keep(self, record: Record) -> None:
        """Note what is new of a batch."""
        self._noted.note(record.name, self._noted.owner, record.text())

    def forget(self, record: Record) -> None:
        """Let go of a batch: its calls may be asked again."""
        self._noted.drop(record.keys, record.name)

    def texts(self, keys: Sequence[str], own: Callable[[str], str]) -> dict[str, str]:
        """The requests of these calls, those that are not answered yet; `own` knows those of this
        run."""
        known = self._store.known(keys)
        texts = {key: text for key in keys if (text := own(key))} | self._noted.requests(keys)
        return {key: text for key, text in texts.items() if key not in known}

    async def settle(self, texts: Mapping[str, str], settled: Mapping[str, Answer]) -> None:
        """Keep the answers; the other calls may be asked again."""
        good = [key for key, one in settled.items() if one.state is State.ANSWER]
        await asyncio.gather(*(self._store.keep(key, texts[key], settled[key]) for key in good))
        await self._store.durable()  # before the note of what was ordered goes
        self._noted.drop(list(settled))

    async def claim(self, keys: Sequence[str]) -> tuple[list[str], dict[str, Answer], int]:
        """(those that nobody else asks or has ordered, those answered meanwhile, how many are left)."""
        claims = dict(zip(keys, await self._store.claim(keys), strict=True)) if keys else {}
        known = {key: one.answer for key, one in claims.items() if one.answer is not None}
        ours = [key for key, one in claims.items() if one.mine]
        held = self.held()  # ordered since we looked
        await self._store.release([key for key in ours if key in held])
        free = [key for key in ours if key not in held]
        return free, known, len(keys) - len(known) - len(free)
