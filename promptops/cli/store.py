"""`promptops store`."""

from __future__ import annotations

import os
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._state import state_folder
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS
from promptops.evals import salvage
from promptops.evals.store import NAME
from promptops.report import Report, Text

WORK = ("verify", "salvage", "gc", "export")


@define(examples=("promptops store verify", "promptops store export --to answers.jsonl"))
@click.argument("work", type=click.Choice(WORK))
@click.option("--to", metavar="FILE", help="Where `export` writes its JSON lines.")
def command(call: Call, work: str, to: str | None) -> Report:
    """Look after the answers that were paid for.

    verify: read every row and its digest. salvage: move a damaged file aside and keep what holds.
    gc: drop what ended runs left behind. export: the answers as JSON lines, for --replay.
    """
    path = os.path.join(state_folder(call), NAME)
    match work:
        case "verify":
            return _verified(path)
        case "salvage":
            return _salvaged(path)
        case "gc":
            return _tidied(path)
        case _:
            return _exported(call, path, to)


def _verified(path: str) -> Report:
    found = salvage.verify(path)
    data: dict[str, Any] = {
        "path": path,
        "answers": found.answers,
        "in_flight": found.leases,
        "damaged": list(found.bad),
        "problem": found.problem,
        "whole": found.whole,
    }
    blocks = [Text(f"{found.answers} answers, {found.leases} calls in flight or cut off in {path}")]
    if found.whole:
        blocks.append(Text("every digest holds", "good"))
    else:
        what = found.problem or f"{len(found.bad)} rows whose digest does not hold"
        blocks.append(Text(f"{what}; `promptops store salvage` keeps the rest", "bad"))
    return Report("store", data, tuple(blocks), EXIT_CLEAN if found.whole else EXIT_FINDINGS)


def _salvaged(path: str) -> Report:
    found = salvage.salvage(path)
    data = {"path": path, "kept": found.kept, "lost": found.lost, "aside": found.aside}
    words = f"{found.kept} answers kept, {found.lost} rows lost; the old file is {found.aside}"
    return Report("store", data, (Text(words),))


def _tidied(path: str) -> Report:
    dropped = salvage.tidy(path) if salvage.exists(path) else 0
    return Report("store", {"path": path, "dropped": dropped}, (Text(f"{dropped} leases dropped"),))


def _exported(call: Call, path: str, to: str | None) -> Report:
    from promptops.report.json import dumped

    rows = list(salvage.exported(path))
    if to is None:
        text = "".join(dumped(row, None) for row in rows).rstrip("\n")
        return Report("store", {"answers": rows}, (Text(text, verbatim=True),) if rows else ())
    from promptops.evals.keys import canonical
    from promptops.source.write import replace_file

    where = os.path.realpath(os.path.join(call.folder, to))
    before = None
    if os.path.exists(where):
        with open(where, "rb") as file:
            before = file.read()
    folder, name = os.path.split(where)
    replace_file(folder, name, "".join(canonical(row) + "\n" for row in rows), before)
    return Report(
        "store", {"path": to, "answers": len(rows)}, (Text(f"{len(rows)} answers in {to}"),)
    )
