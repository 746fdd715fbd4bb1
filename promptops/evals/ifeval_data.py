"""IFEval's data in, its scores out as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from promptops.edits import likeness
from promptops.errors import InputError
from promptops.evals.assertions import judge
from promptops.evals.ifeval import STRICT, Scores, assertions
from promptops.evals.result import assertion_name, interval_data, relevant
from promptops.stats.rates import clustered_rate

Row = Mapping[str, Any]
NEEDED = ("key", "prompt", "instruction_id_list", "kwargs")
LEVELS = ("strict", "loose")
ALIKE = 0.9  # above it two prompts are wordings of one
_DATA = "use IFEval's own data, unchanged: google-research, instruction_following_eval/data"


def read_rows(data: bytes, path: str) -> list[Row]:
    """IFEval's data, a row a line; InputError with the line where it is none."""
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", _DATA, path=path) from None
    rows = [_row(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise InputError("there are no prompts in it", _DATA, path=path)
    for name in ("key", "prompt"):
        if len({row[name] for row in rows}) < len(rows):
            raise InputError(f"two rows have the same {name}", _DATA, path=path)
    return rows


def _row(line: str, path: str, number: int) -> Row:
    try:
        row = json.loads(line)
        if not isinstance(row, dict) or not all(name in row for name in NEEDED):
            raise ValueError
        list(assertions(row))
        hash(row["key"])
        if not isinstance(row["prompt"], str):
            raise ValueError
    except InputError as error:
        raise InputError(error.message, error.hint, path=path, line=number) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InputError("not a prompt of IFEval", _DATA, path=path, line=number) from None
    return row


def scores_data(scores: Scores, rows: Sequence[Row]) -> dict[str, Any]:
    """Counts as published, with rates and intervals.

    Instructions of one prompt are not independent: a prompt is a cluster.
    """
    found: dict[str, Any] = {"prompts": scores.prompts, "instructions": scores.instructions}
    rates = {}
    for at, (name, level) in enumerate(zip(LEVELS, (scores.strict, scores.loose), strict=True)):
        found[name] = {"prompts": level.prompts, "instructions": level.instructions}
        kept = [both[at] for both in scores.followed.values()]
        rates[name] = {
            "prompts": _rate([(int(all(one)), 1) for one in kept]),
            "instructions": _rate([(sum(one), len(one)) for one in kept]),
        }
    found["rates"] = rates
    found["by_group"] = _by(scores, rows, lambda name: name.partition(":")[0])
    found["by_type"] = _by(scores, rows, str)
    return found


def _by(scores: Scores, rows: Sequence[Row], group: Callable[[str], str]) -> dict[str, Any]:
    names = {row["key"]: [group(name) for name in row["instruction_id_list"]] for row in rows}
    found: dict[str, Any] = {}
    for one in sorted({name for key in scores.followed for name in names[key]}):
        data: dict[str, Any] = {}
        for at, level in enumerate(LEVELS):
            held = []
            for key, both in scores.followed.items():
                kept = [yes for name, yes in zip(names[key], both[at], strict=True) if name == one]
                held.append((sum(kept), len(kept)))
            data["n"] = sum(n for _, n in held)
            data[level] = sum(passed for passed, _ in held)
            data[f"{level}_interval"] = _rate(held)["interval"]
        found[one] = data
    return found


def _rate(cases: Sequence[tuple[int, int]]) -> dict[str, Any]:
    rate = clustered_rate(cases)
    shown = None if rate.rate is None else round(rate.rate, 6)
    return {"rate": shown, "interval": interval_data(rate.interval)}


def failures(
    scores: Scores, rows: Sequence[Row], texts: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Every instruction that was not followed strictly, why, and whether it was loosely."""
    for row in rows:
        if row["key"] not in scores.followed:
            continue
        strict, loose = scores.followed[row["key"]]
        text = texts[row["prompt"]]
        for (name, asked), kept, loosely in zip(assertions(row), strict, loose, strict=True):
            if not kept:
                said = judge(text, asked, STRICT)
                yield {
                    "rule": name,
                    "case": str(row["key"]),
                    "repeat": 0,
                    "fires": True,
                    "assertion": assertion_name(asked),
                    "reason": said.reason,
                    "part": relevant(text, said.span),
                    "loose": loosely,
                }


def wording_of(prompt: str, rows: Sequence[Row]) -> Row | None:
    """The row whose prompt is nearly that one, None where none is: the two published versions of
    the data differ in a prompt's words."""
    scores = [likeness(prompt, row["prompt"], ALIKE) for row in rows]
    best = max(scores, default=0.0)
    return rows[scores.index(best)] if best else None
