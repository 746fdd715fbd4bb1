"""Harm as diagnostics, where the rules stand in the file: for JUnit, and for machines that read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.diagnostic import Diagnostic, Finding, Severity, Span
from promptops.report import Diagnostics
from promptops.source.reading import Reading

CODE = "CLIFF"
HARM = "A rule that keeps the model from another one takes away what the other was written for."


def harmful_diagnostics(reading: Reading, result: Mapping[str, Any]) -> Diagnostics:
    """An error at every rule that breaks others."""
    found = []
    for rule in result["harmful_rules"]:
        pairs = [p for p in result["interference"] if p["confirmed"] and p["source"] == rule]
        said = ", ".join(f"`{p['target']}` by {p['effect_pp']:.0f} points" for p in pairs)
        message = f"rule `{rule}` breaks {said}"
        found.append(_at(reading, rule, "rule-breaks-rule", message, Severity.ERROR))
    return _block(reading, found)


def fall_diagnostics(reading: Reading, result: Mapping[str, Any]) -> Diagnostics:
    """An error at the prompt's id where compliance falls as rules pile up."""
    capacity = result["capacity"]
    if capacity["shape"] in ("none", "cannot_tell"):
        return _block(reading, [])
    at = capacity["break_point"]
    where = f" from about {at:.0f} rules on" if at is not None else ""
    message = f"compliance falls as rules pile up{where}: {capacity['shape']}"
    return _block(reading, [_at(reading, "", "past-capacity", message, Severity.ERROR)])


def addition_diagnostics(reading: Reading, result: Mapping[str, Any]) -> Diagnostics:
    """One for every rule that was looked at: harmed is an error, clean an info, open a warning."""
    return _block(reading, list(_touched(reading, result["add"])))


def _touched(reading: Reading, add: Mapping[str, Any]) -> Iterator[Diagnostic]:
    names = ", ".join(f"`{one}`" for one in add["candidates"])
    severities = {"harmed": Severity.ERROR, "clean": Severity.INFO, "open": Severity.WARNING}
    for row in add["rules"]:
        words = {
            "harmed": f"rule `{row['rule']}` is broken by {names}",
            "clean": f"rule `{row['rule']}` loses less than {add['margin_pp']:.0f} points to {names}",
            "open": f"rule `{row['rule']}`: not enough evidence on {names}",
        }
        if row["harm_pp"] is not None:
            low, high = row["interval"]
            harm = f": {row['harm_pp']:.0f} points ({low:.0f} to {high:.0f})"
            words = {word: said + harm for word, said in words.items()}
        verdict = row["verdict"]
        yield _at(reading, row["rule"], f"rule-{verdict}", words[verdict], severities[verdict])


def _at(reading: Reading, rule: str, name: str, message: str, severity: Severity) -> Diagnostic:
    prompt = reading.prompt
    ids = [one.id for one in prompt.rules] if prompt else []
    place = ("rules", ids.index(rule), "text") if rule in ids else ("id",)
    help = "`promptops cliff` says what to try, and measures whether it helped"
    span = reading.span(Finding(place, message)) if reading.documents else Span(1, 1, 1, 1)
    return Diagnostic(
        CODE, name, severity, message, help, reading.path, span, prompt.id if prompt else "", rule
    )


def _block(reading: Reading, found: list[Diagnostic]) -> Diagnostics:
    sources = {path: document.text for path, document in reading.documents.items()}
    return Diagnostics(tuple(found), sources, {CODE: ("rule-breaks-rule", HARM)})
