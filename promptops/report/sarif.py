"""SARIF 2.1.0, which code scanning services and editors read.

OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from promptops import __version__
from promptops.diagnostic import Diagnostic, Edit
from promptops.distribution import address
from promptops.report import Diagnostics, Report, Screen
from promptops.report._collect import collected, source_lines
from promptops.report.json import dumped
from promptops.report.safe import percent, safe
from promptops.source.document import Lines

Json = dict[str, Any]
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
FINGERPRINT = "promptopsFinding/v1"
MOST = 25_000  # results in a run; GitHub refuses the whole file for one more, and shows 5,000


def render(report: Report, _screen: Screen) -> str:
    """One run with the rules that ran, and a result a diagnostic.

    Paths are relative to `%SRCROOT%`; columns count Unicode code points; fixes are those that
    `--fix` would make. A fingerprint holds while the line it stands in is the same and in the
    same file, wherever that line moves. Of more results than code scanning takes, the gravest are
    kept, and a notification says how many are left out.
    """
    whole = collected(report)
    block = replace(whole, diagnostics=_gravest(whole.diagnostics))
    rules = _rules(block)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "promptops", "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": _text("the root of the repository")}},
        "results": _results(block, index),
    }
    left = len(whole.diagnostics) - len(block.diagnostics)
    if left:
        said = f"{left:,} less severe results are left out: code scanning takes {MOST:,} of a run"
        note = {"level": "warning", "message": _text(said)}
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": [note]}]
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, None)


def _gravest(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Those there is room for, in the order they came in."""
    if len(diagnostics) <= MOST:
        return tuple(diagnostics)
    levels = list(LEVELS)
    ranked = sorted(enumerate(diagnostics), key=lambda pair: levels.index(pair[1].severity))
    return tuple(diagnostic for _, diagnostic in sorted(ranked[:MOST], key=lambda pair: pair[0]))


def _text(text: str) -> Json:
    return {"text": _inert(text)}


def _inert(text: str) -> str:
    """Safe text in which a viewer finds no `[embedded](link)`."""
    return safe(text).replace("](", "] (")


def _rules(block: Diagnostics) -> list[Json]:
    known = {code: (name, harm) for code, (name, harm) in block.rules.items()}
    levels: dict[str, str] = {}
    for diagnostic in block.diagnostics:
        known.setdefault(diagnostic.code, (diagnostic.name, ""))
        levels.setdefault(diagnostic.code, LEVELS[diagnostic.severity])
    docs = address("Documentation")
    return [_rule(code, *known[code], levels.get(code, ""), docs) for code in sorted(known)]


def _rule(code: str, name: str, harm: str, level: str, docs: str) -> Json:
    title = name.replace("-", " ") or code
    rule: Json = {
        "id": code,
        "name": name or code,
        "shortDescription": _text(title),
        "fullDescription": _text(harm or title),
        "help": _text(f"{harm or title}\n\nMore: promptops explain {code}"),
    }
    if level:
        rule["defaultConfiguration"] = {"level": level}
    if docs:
        rule["helpUri"] = f"{docs.rstrip('/')}/checks/{percent(code)}"
    return rule


def _results(block: Diagnostics, index: Mapping[str, int]) -> list[Json]:
    results = []
    lines = {path: source_lines(text) for path, text in block.sources.items()}
    positions = {path: Lines(text) for path, text in block.sources.items()}
    seen: Counter[str] = Counter()
    for diagnostic in block.diagnostics:
        mark = _fingerprint(diagnostic, lines.get(diagnostic.path, []))
        result = _result(diagnostic, index[diagnostic.code])
        result["partialFingerprints"] = {FINGERPRINT: f"{mark}:{seen[mark]}"}
        seen[mark] += 1
        if diagnostic.edits and diagnostic.path in positions:
            result["fixes"] = [_fix(diagnostic, positions[diagnostic.path])]
        results.append(result)
    return results


def _result(diagnostic: Diagnostic, rule: int) -> Json:
    span = diagnostic.span
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    place: Json = {
        "physicalLocation": {"artifactLocation": _artifact(diagnostic), "region": region}
    }
    member = "/".join(filter(None, (diagnostic.prompt, diagnostic.rule)))
    if member:
        place["logicalLocations"] = [{"fullyQualifiedName": safe(member), "kind": "member"}]
    message = "\n".join(filter(None, (diagnostic.message, diagnostic.help)))
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": LEVELS[diagnostic.severity],
        "message": _text(message),
        "locations": [place],
    }


def _artifact(diagnostic: Diagnostic) -> Json:
    return {"uri": percent(diagnostic.path), "uriBaseId": "%SRCROOT%"}


def _fingerprint(diagnostic: Diagnostic, lines: list[str]) -> str:
    number = diagnostic.span.line
    line = lines[number - 1] if 1 <= number <= len(lines) else ""
    parts = (diagnostic.code, diagnostic.path, diagnostic.prompt, diagnostic.rule, line.strip())
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _fix(diagnostic: Diagnostic, lines: Lines) -> Json:
    replacements = [_replacement(edit, lines) for edit in diagnostic.edits]
    change = {"artifactLocation": _artifact(diagnostic), "replacements": replacements}
    said = diagnostic.help or "what --fix does"
    return {"description": _text(said), "artifactChanges": [change]}


def _replacement(edit: Edit, lines: Lines) -> Json:
    span = lines.span(edit.start, edit.end)
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}
