"""Rules that are certainly not kept, where they stand in the file: for JUnit and for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.cli._eval.blocks import percent
from promptops.diagnostic import Diagnostic, Finding, Severity
from promptops.report import Diagnostics
from promptops.source.reading import Reading

CODE = "EVAL"
HARM = "A rule that the model does not keep protects nobody, whatever its reason."


def findings(reading: Reading, result: dict[str, Any]) -> Diagnostics:
    """A diagnostic for every rule whose verdict is no, and for every one that got worse."""
    assert reading.prompt is not None
    found = []
    for index, rule in enumerate(reading.prompt.rules):
        for name, message in _messages(rule.id, result):
            finding = Finding(("rules", index, "text"), message)
            found.append(
                Diagnostic(
                    CODE,
                    name,
                    Severity.ERROR,
                    message,
                    "the failures below say where; reword it, or take out what stands against it",
                    reading.path,
                    reading.span(finding),
                    reading.prompt.id,
                    rule.id,
                )
            )
    sources = {reading.path: reading.document.text}
    return Diagnostics(tuple(found), sources, {CODE: ("rule-not-kept", HARM)})


def _messages(rule: str, result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    data = result["rules"].get(rule)
    if data and data["verdict"] == "no":
        over = data.get("over_triggered")
        said = f"rule `{rule}` is kept in {data['passed']} of {data['n']} answers"
        if over and over["n"]:
            wrong = over["n"] - over["passed"]
            said += f" and misfires in {wrong} of {over['n']}"
        yield "rule-not-kept", f"{said}, wanted {percent(result['at_least'])}"
    compared = result["against"] or {"rules": {}, "slices": {}}
    yield from _worse(rule, compared["rules"].get(rule), "")
    for name, one in compared["slices"].items():
        yield from _worse(rule, one["rules"].get(rule), f" in {name}")


def _worse(rule: str, change: Mapping[str, Any] | None, where: str) -> Iterator[tuple[str, str]]:
    if change and change["verdict"] == "worse":
        points = f"{change['difference_pp']:+.1f} pp"
        said = f"rule `{rule}` got worse{where}: {points} on {change['cases']} cases"
        yield "rule-got-worse", said
