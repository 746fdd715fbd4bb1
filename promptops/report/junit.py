"""JUnit XML, as Jenkins, GitLab and the like read it: a suite a file, a case a diagnostic."""

from __future__ import annotations

from itertools import groupby

from promptops.diagnostic import Diagnostic, Severity
from promptops.report import Diagnostics, Report, Screen
from promptops.report._collect import collected
from promptops.report.safe import one_line, safe


def render(report: Report, _screen: Screen) -> str:
    """Errors and warnings are failures, an info is a case that passed and says something.

    A report without diagnostics is one case that passed. There are no times: the same report
    gives the same bytes. Characters that XML forbids are made visible.
    """
    block = collected(report)
    name = _attribute(f"promptops {report.command}")
    suites = [
        _suite(path, list(found)) for path, found in groupby(block.diagnostics, lambda d: d.path)
    ] or [_clean(name, block)]
    failures = sum(map(_fails, block.diagnostics))
    tests = max(len(block.diagnostics), 1)
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="{name}" tests="{tests}" failures="{failures}" errors="0">',
            *suites,
            "</testsuites>\n",
        )
    )


def _fails(diagnostic: Diagnostic) -> bool:
    return diagnostic.severity != Severity.INFO


def _suite(path: str, found: list[Diagnostic]) -> str:
    name = _attribute(path)
    failures = sum(map(_fails, found))
    cases = [_case(diagnostic, name) for diagnostic in found]
    counts = f'tests="{len(found)}" failures="{failures}" errors="0" skipped="0"'
    return "\n".join((f'  <testsuite name="{name}" {counts}>', *cases, "  </testsuite>"))


def _clean(name: str, block: Diagnostics) -> str:
    case = f"{block.files} files" if block.files else "all"
    counts = 'tests="1" failures="0" errors="0" skipped="0"'
    return "\n".join(
        (
            f'  <testsuite name="{name}" {counts}>',
            f'    <testcase name="{case}" classname="{name}"/>',
            "  </testsuite>",
        )
    )


def _case(diagnostic: Diagnostic, classname: str) -> str:
    at = f"{diagnostic.span.line}:{diagnostic.span.column}"
    name = _attribute(f"{diagnostic.code} {diagnostic.name} at {at}")
    said = [f"{diagnostic.path}:{at}", diagnostic.message]
    said += [f"help: {diagnostic.help}"] if diagnostic.help else []
    text = _escape(safe("\n".join(map(one_line, said))))
    inner = f"<system-out>{text}</system-out>"
    if _fails(diagnostic):
        message = _attribute(diagnostic.message)
        inner = f'<failure type="{diagnostic.severity}" message="{message}">{text}</failure>'
    opened = f'    <testcase name="{name}" classname="{classname}">'
    return f"{opened}\n      {inner}\n    </testcase>"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return _escape(one_line(text)).replace('"', "&quot;")
