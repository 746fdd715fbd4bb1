"""Recorded results: shape and break point from tables others made, with their traps reported.

A table is CSV or JSONL, one row a call (`model`, `num_rules`, `accuracy`) or one row a rule
(`model`, `num_rules` or `rules`, `case`, `repeat`, `rule`, `passed`). The accuracy of one call is
one observation, however many rules it had: they pass and fail together.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean, median, pstdev

from promptops.cliff.shape import CANNOT_TELL, Shape, fit_shape
from promptops.errors import InputError

ABOVE = 0.15  # how far below its right neighbours a first point must lie to be called noisy
UNSCORED = ("refusal", "refused", "question", "clarification", "truncated", "error", "timeout")
REPEATS = ("repeat", "seed", "run")
HINT = "give one row a call (model, num_rules, accuracy) or a rule (model, num_rules, case, rule, passed)"


@dataclass(frozen=True, slots=True)
class Row:
    """One call: its rules, the share kept (a fraction), and the rules' outcomes where recorded."""

    model: str
    size: int
    rate: float
    key: str
    passed: Mapping[str, bool]
    line: int


@dataclass(frozen=True, slots=True)
class Trap:
    """Something in the table that would mislead: name, how many rows, and what was done about it."""

    name: str
    rows: int
    message: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """One model: its curve as (rules, median, lowest, highest, calls), shape, and its traps.

    all_passed: (rules, share of calls with every rule kept, p^n), where rules were recorded.
    """

    model: str
    calls: int
    curve: tuple[tuple[int, float, float, float, int], ...]
    shape: Shape
    traps: tuple[Trap, ...]
    all_passed: tuple[tuple[int, float, float], ...]


def analyse(text: str, path: str = "") -> tuple[Recorded, ...]:
    """Every model of a table, by name; InputError with the line for a row that can't be read."""
    rows, unscored = _calls(list(_table(text, path)), path)
    by_model: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_model[row.model].append(row)
    return tuple(_model(name, by_model[name], unscored.get(name, 0)) for name in sorted(by_model))


def _table(text: str, path: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """(line, fields) of CSV with a header, or of JSONL."""
    if not text.lstrip().startswith("{"):
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
        last = 1
        try:
            for fields in reader:
                last = reader.line_num
                yield reader.line_num, {str(k): v for k, v in fields.items()}
        except csv.Error as error:
            raise InputError(f"not CSV: {error}", HINT, path=path, line=last + 1) from None
        return
    for line, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        try:
            loaded = json.loads(raw)
        except (ValueError, RecursionError):
            raise InputError("not JSON", HINT, path=path, line=line) from None
        if not isinstance(loaded, dict):
            raise InputError("not an object", HINT, path=path, line=line)
        yield line, loaded


def _calls(
    table: list[tuple[int, Mapping[str, object]]], path: str
) -> tuple[list[Row], dict[str, int]]:
    """Rows of calls; rows a rule are put together by call. And how many were no answers, by model."""
    if not table:
        raise InputError("no rows", HINT, path=path)
    unscored: dict[str, int] = defaultdict(int)
    calls: dict[tuple[str, int, str], Row] = {}
    singles: list[Row] = []
    for line, fields in table:
        model = str(fields.get("model") or "model")
        if _is_unscored(fields):
            unscored[model] += 1
            continue
        size, key = _size(fields, path, line), _key(fields)
        if "accuracy" in fields and fields.get("passed") in (None, ""):
            rate = _number(fields.get("accuracy"), "accuracy", path, line)
            singles.append(Row(model, size, rate, key, {}, line))
            continue
        rule, passed = str(fields.get("rule") or ""), _truth(fields.get("passed"), path, line)
        call = calls.setdefault((model, size, key), Row(model, size, 0.0, key, {}, line))
        if passed is not None and isinstance(call.passed, dict):
            call.passed.setdefault(rule, passed)
    whole = [
        Row(r.model, r.size, sum(r.passed.values()) / len(r.passed), r.key, r.passed, r.line)
        for r in calls.values()
        if r.passed
    ]
    return _percent(singles, path) + whole, unscored


def _is_unscored(fields: Mapping[str, object]) -> bool:
    """A refusal, a question back, a failed call: no answer, so no broken rule."""
    words = [str(fields.get(name) or "").lower() for name in ("state", "status", "kind", "error")]
    return bool(words[3]) or any(word in UNSCORED for word in words[:3])


def _key(fields: Mapping[str, object]) -> str:
    names = ("case", *REPEATS)
    return "/".join(str(fields[name]) for name in names if fields.get(name) not in (None, ""))


def _size(fields: Mapping[str, object], path: str, line: int) -> int:
    rules = fields.get("rules")
    if isinstance(rules, list) and fields.get("num_rules") in (None, ""):
        return len(set(map(str, rules)))
    size = _number(fields.get("num_rules"), "num_rules", path, line)
    if size < 1 or size != int(size):
        raise InputError("num_rules is no number of rules", HINT, path=path, line=line)
    return int(size)


def _number(value: object, name: str, path: str, line: int) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise InputError(f"{name} is {value!r}, not a number", HINT, path=path, line=line)
    return number


def _truth(value: object, path: str, line: int) -> bool | None:
    match str(value).strip().lower():
        case "true" | "1" | "yes" | "passed":
            return True
        case "false" | "0" | "no" | "failed":
            return False
        case "none" | "null" | "":
            return None
    raise InputError(f"passed is {value!r}, neither true nor false", HINT, path=path, line=line)


def _percent(rows: list[Row], path: str) -> list[Row]:
    """Accuracies as fractions: the whole table is per cent if any of it is above 1."""
    scale = 100.0 if any(row.rate > 1 for row in rows) else 1.0
    for row in rows:
        if row.rate > scale:
            raise InputError("accuracy above 100 %", HINT, path=path, line=row.line)
    return [Row(r.model, r.size, r.rate / scale, r.key, r.passed, r.line) for r in rows]


def _model(name: str, rows: list[Row], unscored: int) -> Recorded:
    import numpy as np

    traps = [Trap("not-answered", unscored, "refusals, questions and failures were left out")]
    rows, again = _distinct(rows)
    traps.append(Trap("duplicate", again, "the same call recorded again counts once"))
    rows, wrong = _labelled(rows)
    traps.append(
        Trap("wrong-count", wrong, "more rules judged than the label says: the rules count")
    )
    by_size: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_size[row.size].append(row)
    curve = tuple(
        (size, median(rates), min(rates), max(rates), len(rates))
        for size, rates in ((s, [r.rate for r in by_size[s]]) for s in sorted(by_size))
    )
    traps += _look(curve, by_size)
    points = curve[1:] if any(t.name == "noisy-first-point" and t.rows for t in traps) else curve
    if len(points) < 2:
        shape = Shape(CANNOT_TELL)
    else:
        shape = fit_shape(
            np.asarray([float(p[0]) for p in points]), np.asarray([p[1] for p in points])
        )
    passed = _all_passed(by_size)
    traps += _product(passed, shape)
    return Recorded(name, len(rows), curve, shape, tuple(t for t in traps if t.rows), passed)


def _distinct(rows: list[Row]) -> tuple[list[Row], int]:
    """Without calls recorded twice; calls that don't say which repeat they are stay."""
    kept: dict[object, Row] = {}
    for row in rows:
        kept.setdefault((row.size, row.key) if row.key else row.line, row)
    return list(kept.values()), len(rows) - len(kept)


def _labelled(rows: list[Row]) -> tuple[list[Row], int]:
    """With the rules counted where more were judged than the label says."""
    wrong = [row for row in rows if len(row.passed) > row.size]
    right = [
        Row(r.model, max(r.size, len(r.passed)), r.rate, r.key, r.passed, r.line) for r in rows
    ]
    return right, len(wrong)


def _look(
    curve: tuple[tuple[int, float, float, float, int], ...], by_size: Mapping[int, list[Row]]
) -> list[Trap]:
    traps = []
    if len(curve) >= 4 and curve[0][1] < fmean(p[1] for p in curve[1:4]) - ABOVE:
        message = "the fewest rules do worse than the next sizes: noise, left out of the shape"
        traps.append(Trap("noisy-first-point", curve[0][4], message))
    spread = [pstdev([r.rate for r in rows]) for rows in by_size.values() if len(rows) > 2]
    own = [math.sqrt(rate * (1 - rate) / size) for size, rate, _, _, n in curve if n > 2]
    if spread and fmean(spread) > 2 * fmean(own) + 0.01:
        message = "rules of one call fail together: every call is one observation"
        traps.append(Trap("fail-together", sum(len(rows) for rows in by_size.values()), message))
    zeros = sum(row.rate == 0 for size, rows in by_size.items() for row in rows if size > 1)
    usual = median(r.rate for rows in by_size.values() for r in rows)
    if zeros and usual > 0.3:
        message = (
            "calls with nothing kept at all: look for questions and refusals scored as failures"
        )
        traps.append(Trap("nothing-kept", zeros, message))
    return traps


def _all_passed(by_size: Mapping[int, list[Row]]) -> tuple[tuple[int, float, float], ...]:
    """(rules, share of calls with every rule kept, p^n) where rules were recorded."""
    result = []
    for size in sorted(by_size):
        rows = [row for row in by_size[size] if row.passed]
        if not rows:
            continue
        rate = fmean(row.rate for row in rows)
        whole = fmean(all(row.passed.values()) for row in rows)
        result.append((size, whole, fmean(rate ** len(row.passed) for row in rows)))
    return tuple(result)


def _product(passed: tuple[tuple[int, float, float], ...], shape: Shape) -> list[Trap]:
    """All-pass rates that fall as p^n, with no cliff in any rule."""
    if len(passed) < 2 or shape.shape not in {"none", CANNOT_TELL}:
        return []
    if passed[0][1] - passed[-1][1] < 0.1:
        return []
    message = (
        "the share with every rule kept falls, but only as p^n does: no rule falls off a cliff"
    )
    return [Trap("only-p-to-the-n", len(passed), message)]
