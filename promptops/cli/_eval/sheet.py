"""An evaluation for spreadsheets, a row a figure, and for CI servers, a case a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptops.cli._eval.blocks import percent, word
from promptops.report import Table, Verdict

COLUMNS = (
    "what",
    "rule",
    "slice",
    "count",
    "n",
    "rate",
    "low",
    "high",
    "verdict",
    "cases_needed",
    "change_pp",
    "change_low_pp",
    "change_high_pp",
    "change_verdict",
    "change_cases_needed",
    "note",
)
MOST_PARTS = 5  # failing answers that one case of JUnit quotes


def sheet(result: Mapping[str, Any]) -> Table:
    """A row for each rule, where it must fire and where it must not, the task, and each slice.

    count: answers that kept it, or misfired. Rates are fractions, count / n; an empty cell is a figure that there is none of.
    """
    rows = [*_rules(result), *_slices(result)]
    return Table(COLUMNS, tuple(tuple(_cell(row.get(name)) for name in COLUMNS) for row in rows))


def _rules(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    note = remark(result)
    compared = result["against"] or {"rules": {}}
    for rule, data in result["rules"].items():
        change = _change(compared["rules"].get(rule))
        yield {"what": "kept", "rule": rule, **_figures(data), **change, "note": note}
        if over := data.get("over_triggered"):
            turned = {**over, "passed": over["n"] - over["passed"]}
            yield {"what": "misfired", "rule": rule, **_figures(turned), "note": note}
    if result["task"]:
        yield {"what": "task", **_figures(result["task"]), "note": note}
    if result["against"]:
        yield {"what": "all", **_change(compared), "note": note}


def _slices(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, data in result["slices"].items():
        note = "" if data["enough"] else f"too small: {data['cases_needed']} more cases"
        yield {"what": "slice", "slice": name, **_figures(data), "note": note}
        for rule, one in data["rules"].items():
            yield {"what": "kept", "rule": rule, "slice": name, **_figures(one), "note": note}


def _figures(data: Mapping[str, Any]) -> dict[str, Any]:
    low, high = data["interval"] or (None, None)
    named = {name: data.get(name) for name in ("n", "rate", "verdict", "cases_needed")}
    return {"count": data["passed"], **named, "low": low, "high": high}


def _change(one: Mapping[str, Any] | None) -> dict[str, Any]:
    if one is None:
        return {}
    low, high = one["interval_pp"] or (None, None)
    return {
        "change_pp": one["difference_pp"],
        "change_low_pp": low,
        "change_high_pp": high,
        "change_verdict": one["verdict"],
        "change_cases_needed": one["cases_needed"],
    }


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def remark(result: Mapping[str, Any]) -> str:
    """What must be said beside every figure: that it is simulated, incomplete, or by a judge that
    nobody calibrated."""
    said = ["simulated"] if result["simulated"] else []
    said += [] if result["complete"] else ["incomplete"]
    judge = result["judge"]
    return "; ".join([*said, *([judge["said"]] if judge and judge["said"] else [])])


def verdicts(result: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """A verdict a rule: "cannot tell" is skipped, never passed."""
    found = []
    name = f"{result['prompt']} on {result['model']}"
    compared = (result["against"] or {"rules": {}})["rules"]
    for rule, data in result["rules"].items():
        change = compared.get(rule)
        deciding = data["verdict"] if change is None else change["verdict"]
        passed = None if deciding == "cannot_tell" else deciding not in ("no", "worse")
        passed = False if data["verdict"] == "no" else passed
        said = [_said(data, result["at_least"])]
        said += [_compared(change, result["against"]["revision"])] if change else []
        said += [remark(result)] if remark(result) else []
        parts = [one for one in result["failures"] if one["rule"] == rule]
        found.append(Verdict(rule, name, passed, "; ".join(said), tuple(_parts(parts))))
    return tuple(found)


def _compared(change: Mapping[str, Any], revision: str) -> str:
    verdict, more = change["verdict"], change["cases_needed"]
    if verdict == "cannot_tell":
        tail = f", {more} more cases would" if more else ""
        return f"against {revision}: cannot tell{tail}"
    return f"{verdict} {'as' if verdict == 'same' else 'than'} {revision}"


def _said(data: Mapping[str, Any], least: float) -> str:
    if data["rate"] is None:
        return "nothing was judged"
    low, high = data["interval"]
    said = f"kept in {data['passed']} of {data['n']}, {percent(low)} to {percent(high)}"
    over = data.get("over_triggered")
    if over and over["n"]:
        said += f"; misfired in {over['n'] - over['passed']} of {over['n']}"
    more = f", {data['cases_needed']} more cases would" if data["cases_needed"] else ""
    return f"{said}; wanted at least {percent(least)}: {word(data['verdict'])}{more}"


def _parts(failures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in failures[:MOST_PARTS]:
        yield f"{one['case']}: {one['reason'] or one['assertion']}: {one['part']}"
    if len(failures) > MOST_PARTS:
        yield f"and {len(failures) - MOST_PARTS} more"
