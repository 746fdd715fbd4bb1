"""An evaluation for spreadsheets, a row a figure, and for CI servers, a case a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptops.cli._eval.blocks import percent, word
from promptops.cli._eval.compared import compared_word
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
    compared = (result["against"] or {"slices": {}})["slices"]
    for name, data in result["slices"].items():
        note = "" if data["enough"] else f"too small: {data['cases_needed']} more cases"
        note = "; ".join(filter(None, (note, remark(result))))
        old = compared.get(name, {"rules": {}})
        row = {"slice": name, "note": note}
        yield {"what": "slice", **row, **_figures(data), **_change(old if compared else None)}
        for rule in sorted(data["rules"].keys() | old["rules"].keys()):
            one = data["rules"].get(rule)
            figures = _figures(one) if one else {}
            change = _change(old["rules"].get(rule))
            yield {"what": "kept", "rule": rule, **row, **figures, **change}


def _figures(data: Mapping[str, Any]) -> dict[str, Any]:
    low, high = data["interval"] or (None, None)
    named = {name: data.get(name) for name in ("n", "rate", "verdict", "cases_needed")}
    return {"count": data["passed"], **named, "low": low, "high": high}


def _change(one: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of the comparison; empty where there is none."""
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
    """A verdict a rule, and a slice that was compared: "cannot tell" is skipped, never passed."""
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
    return (*found, *_by_slice(result, name))


def _by_slice(result: Mapping[str, Any], name: str) -> Iterator[Verdict]:
    """A verdict a slice that was compared: failed where it, or a rule within it, got worse."""
    against = result["against"]
    for part, one in (against or {"slices": {}})["slices"].items():
        each = {"all rules": one, **one["rules"]}
        told = {rule: it for rule, it in each.items() if it["verdict"] in ("better", "worse")}
        passed = None if one["verdict"] == "cannot_tell" and not told else True
        passed = False if any(it["verdict"] == "worse" for it in told.values()) else passed
        said = [f"{rule}: {_compared(it, against['revision'])}" for rule, it in told.items()]
        said = said or [_compared(one, against["revision"])]
        said += [remark(result)] if remark(result) else []
        yield Verdict(f"slice {part}", name, passed, "; ".join(said), ())


def _compared(change: Mapping[str, Any], revision: str) -> str:
    verdict = change["verdict"]
    if verdict == "cannot_tell":
        return f"against {revision}: {compared_word(change)}"
    return f"{verdict} {'as' if verdict == 'same' else 'than'} {revision}{_points(change)}"


def _points(change: Mapping[str, Any]) -> str:
    low, high = change["interval_pp"]
    return f" by {change['difference_pp']:+.1f} pp, {low:+.0f} to {high:+.0f}"


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
