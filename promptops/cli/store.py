"""`promptops store`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._state import store_place
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError
from promptops.evals import salvage
from promptops.evals.store import NAME, is_url
from promptops.report import Report, Text

WORK = ("verify", "salvage", "gc", "export", "batches", "forget")


@define(examples=("promptops store verify", "promptops store export --to answers.jsonl"))
@click.argument("work", type=click.Choice(WORK))
@click.argument("name", metavar="[BATCH]", required=False)
@click.option("--to", metavar="FILE", help="Where `export` writes its JSON lines.")
def command(call: Call, work: str, name: str | None, to: str | None) -> Report:
    """Look after the answers that were paid for.

    verify: read every row and its digest. salvage: move a damaged file aside and keep what holds.
    gc: drop what ended runs left behind. export: the answers as JSON lines, for --replay.
    batches: what `eval --engine batch` ordered and has not fetched. forget: let go of one of them,
    so that its calls may be asked again; what the provider was told it does, and charges.
    """
    place = store_place(call)
    if name and work != "forget":
        raise UsageError(f"`promptops store {work}` takes no name", "leave it out")
    if work in ("batches", "forget"):
        from promptops.cli._store_batches import forgotten, listed

        return listed(place) if work == "batches" else forgotten(place, name or "")
    if is_url(place):
        from promptops.evals import postgres, shared

        care = Care(shared, place, postgres.shown(place))
    else:
        path = os.path.join(place, NAME)
        care = Care(salvage, path, path)
    match work:
        case "verify":
            return _verified(care)
        case "salvage":
            return _salvaged(care)
        case "gc":
            return _tidied(care)
        case _:
            return _exported(call, care, to)


@dataclass(frozen=True, slots=True)
class Care:
    """What looks after the store, where the store is, and what it is called in reports."""

    of: ModuleType
    place: str
    path: str


def _verified(care: Care) -> Report:
    found = care.of.verify(care.place)
    data: dict[str, Any] = {
        "path": care.path,
        "answers": found.answers,
        "in_flight": found.leases,
        "damaged": list(found.bad),
        "problem": found.problem,
        "whole": found.whole,
    }
    calls = f"{found.leases} calls in flight or cut off"
    blocks = [Text(f"{found.answers} answers, {calls} in {care.path}")]
    if found.whole:
        blocks.append(Text("every digest holds", "good"))
    else:
        what = found.problem or f"{len(found.bad)} rows whose digest does not hold"
        blocks.append(Text(f"{what}; `promptops store salvage` keeps the rest", "bad"))
    return Report("store", data, tuple(blocks), EXIT_CLEAN if found.whole else EXIT_FINDINGS)


def _salvaged(care: Care) -> Report:
    found = care.of.salvage(care.place)
    data = {"path": care.path, "kept": found.kept, "lost": found.lost, "aside": found.aside}
    words = f"{found.kept} answers kept, {found.lost} rows lost; what was lost is in {found.aside}"
    return Report("store", data, (Text(words),))


def _tidied(care: Care) -> Report:
    dropped = care.of.tidy(care.place) if care.of.exists(care.place) else 0
    data = {"path": care.path, "dropped": dropped}
    return Report("store", data, (Text(f"{dropped} leases dropped"),))


def _exported(call: Call, care: Care, to: str | None) -> Report:
    if to is None:
        for _ in care.of.exported(care.place):
            pass  # a damaged row is told before anything is out, not in the middle of it
        return Report("store", {}, lines=lambda format: _lines(care, format))
    from promptops.evals.keys import canonical
    from promptops.source.write import write_lines

    many = write_lines(call.place(to), map(canonical, care.of.exported(care.place)))
    return Report("store", {"path": to, "answers": many}, (Text(f"{many} answers in {to}"),))


def _lines(care: Care, format: str) -> Iterator[str]:
    """The answers as they are read."""
    from promptops.report.json import dumped, listed

    rows = care.of.exported(care.place)
    if format == "json":
        return listed("store", "answers", rows)
    return (dumped(row, None).rstrip("\n") for row in rows)
