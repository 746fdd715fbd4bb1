"""`promptops cliff --records FILE`: shape, break point and traps of recorded results; asks nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from promptops.cli._call import Call
from promptops.cli._cliff.capacity import capacity_picture
from promptops.cli._cliff.options import Measured
from promptops.cli._cliff.work import DIGITS
from promptops.cliff.records import Recorded, analyse
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, InputError, unreadable
from promptops.report import Block, Heading, Report, Table, Text
from promptops.source.text import decode

MOST_BYTES = 64 << 20
FELL = ("threshold", "linear", "exponential")


def records_report(call: Call, measured: Measured) -> Report:
    """Every model of the table, with what in the table would have misled.

    Exit code 1 where compliance falls for any model, 3 where it cannot be told for any, else 0.
    """
    name = measured.records or ""
    models = [_data(one) for one in analyse(_text(call, name), name)]
    data: dict[str, Any] = {
        "prompt": None,
        "model": models[0]["model"] if len(models) == 1 else None,
        "kind": "records",
        "plan": None,
        "calls": 0,
        "usd": 0.0,
        "interference": [],
        "harmful_rules": [],
        "capacity": models[0]["capacity"] if len(models) == 1 else None,
        "add": None,
        "models": models,
        "complete": all(one["capacity"]["shape"] != "cannot_tell" for one in models),
        "notes": [],
    }
    return Report("cliff", data, tuple(_blocks(name, models, call)), _exit_code(data))


def _text(call: Call, name: str) -> str:
    path = os.path.join(call.folder, name)
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise InputError("the file is over 64 MiB", "split it by model", path=name)
        with open(path, "rb") as file:
            return decode(file.read(), name)
    except OSError as error:
        raise unreadable(error, name) from None


def _exit_code(data: Mapping[str, Any]) -> int:
    if any(one["capacity"]["shape"] in FELL for one in data["models"]):
        return EXIT_FINDINGS
    return EXIT_CLEAN if data["complete"] else EXIT_INCOMPLETE


def _data(one: Recorded) -> dict[str, Any]:
    passed = {size: (whole, chance) for size, whole, chance in one.all_passed}
    shape = one.shape
    return {
        "model": one.model,
        "calls": one.calls,
        "capacity": {
            "curve": [_point(point, passed.get(point[0])) for point in one.curve],
            "shape": shape.shape,
            "break_point": None if shape.break_point is None else round(shape.break_point, 1),
            "interval": shape.interval
            and [round(shape.interval.low, 1), round(shape.interval.high, 1)],
            "cause": "cannot_tell",  # a table has no filler: count and length grew together
            "decay": None if shape.decay is None else round(shape.decay, 1),
            "explained": None if shape.explained is None else round(shape.explained, DIGITS),
            "recorded": True,
            "rules": one.curve[-1][0] if one.curve else 0,
            "loss_pp": round(100 * (one.curve[0][1] - one.curve[-1][1]), 2) if one.curve else None,
            "loss_interval": None,
            "p_middle": None,
        },
        "traps": [
            {"name": trap.name, "rows": trap.rows, "message": trap.message} for trap in one.traps
        ],
    }


def _point(
    point: tuple[int, float, float, float, int], passed: tuple[float, float] | None
) -> dict[str, Any]:
    """A size of the curve. interval: the lowest and highest call, which is no confidence interval."""
    size, middle, low, high, calls = point
    whole, chance = passed or (None, None)
    return {
        "rules": size,
        "tokens": None,
        "rate": round(middle, DIGITS),
        "interval": [round(low, DIGITS), round(high, DIGITS)],
        "n": calls,
        "all_kept": None if whole is None else round(whole, DIGITS),
        "all_kept_by_chance": None if chance is None else round(chance, DIGITS),
    }


def _blocks(name: str, models: list[dict[str, Any]], call: Call) -> Iterator[Block]:
    yield Heading(f"Recorded results: {name}", 1)
    rows = tuple(_row(one["model"], one["capacity"], one["calls"]) for one in models)
    yield Table(("model", "shape", "breaks at", "first", "last", "calls"), rows, "llrrrr")
    for one in models:
        if one["traps"]:
            yield Heading(f"{one['model']}: look out")
            for trap in one["traps"]:
                yield Text(f"{trap['name']}, {trap['rows']} rows: {trap['message']}", "warn")
    if len(models) == 1:
        yield from capacity_picture(
            {**models[0], "prompt": models[0]["model"], "kind": "records"}, call.screen
        )
    yield Text(
        "rules and length grew together in such a table: only --capacity on a model tells them apart",
        "quiet",
    )


def _row(model: str, capacity: Mapping[str, Any], calls: int) -> tuple[str, ...]:
    at = "-"
    if capacity["break_point"] is not None:
        low, high = capacity["interval"]
        at = f"{capacity['break_point']:.0f} ({low:.0f} to {high:.0f})"
    first, last = (
        f"{100 * p['rate']:.0f} %" for p in (capacity["curve"][0], capacity["curve"][-1])
    )
    said = capacity["shape"].replace("_", " ")
    return model, said, at, first, last, str(calls)
