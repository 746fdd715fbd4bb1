"""Workflow commands: GitHub shows each diagnostic at its line of the pull request.

docs.github.com: "Workflow commands for GitHub Actions". A step shows ten annotations of a level,
so the rest go into the log as plain lines.
"""

from __future__ import annotations

from promptops.diagnostic import Diagnostic
from promptops.report import Report, Screen
from promptops.report._collect import collected
from promptops.report.safe import one_line, powerless, safe
from promptops.report.text import summarize

LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
SHOWN = 10  # annotations of one level that a step shows


def render(report: Report, _screen: Screen) -> str:
    """A `::error file=…::…` line for each diagnostic that is shown, the others as plain lines.

    Every line starts with a word of ours, so that no foreign text can be read as a command.
    """
    block = collected(report)
    drawn, rest, shown = [], [], dict.fromkeys(LEVELS.values(), 0)
    for diagnostic in block.diagnostics:
        level = LEVELS[diagnostic.severity]
        if shown[level] < SHOWN:
            shown[level] += 1
            drawn.append(_annotation(diagnostic, level))
        else:
            rest.append(_plain(diagnostic))
    if rest:
        drawn.append(f"{len(rest):,} more, GitHub shows {SHOWN} of a level:")
    summary = summarize(block)
    lines = [*drawn, *rest, *([summary] if summary else [])]
    return powerless("".join(f"{line}\n" for line in lines), colon=":")  # those are ours


def _annotation(diagnostic: Diagnostic, level: str) -> str:
    span = diagnostic.span
    fields = {"file": diagnostic.path, "line": str(span.line), "endLine": str(span.end_line)}
    if span.line == span.end_line:  # columns are only taken together with a single line
        fields |= {"col": str(span.column), "endColumn": str(span.end_column)}
    fields["title"] = f"{diagnostic.code} {diagnostic.name}"
    properties = ",".join(f"{key}={_property(value)}" for key, value in fields.items())
    message = "\n".join(filter(None, (diagnostic.message, diagnostic.help)))
    return f"::{level} {properties}::{_data(safe(message))}"


def _plain(diagnostic: Diagnostic) -> str:
    place = f"{diagnostic.path}:{diagnostic.span.line}:{diagnostic.span.column}"
    said = one_line(f"[{diagnostic.code}] {place} {diagnostic.message}")
    return f"{diagnostic.severity}{said}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
