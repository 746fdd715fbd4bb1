"""JUnit XML, as Jenkins, GitLab and the like read it: a suite a file, a case a diagnostic.

Of what was measured, a suite is what the verdicts are of and a case a verdict.
"""

from __future__ import annotations

from itertools import groupby

from promptops.diagnostic import Diagnostic, Severity
from promptops.report import Diagnostics, Report, Screen, Verdict
from promptops.report._collect import collected
from promptops.report.safe import one_line, powerless, safe


def render(report: Report, _screen: Screen) -> str:
    """Errors and warnings are failures, an info is a case that passed and says something; a verdict
    that nobody can give is a case that was skipped.

    A report without diagnostics is one case that passed. There are no times: the same report
    gives the same bytes. Characters that XML forbids are made visible.
    """
    if report.verdicts:
        return _measured(report)
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


def _measured(report: Report) -> str:
    """A suite for each thing that the verdicts are of, in their order."""
    suites = []
    for of, each in groupby(report.verdicts, lambda verdict: verdict.of):
        found = list(each)
        failed = sum(one.passed is False for one in found)
        skipped = sum(one.passed is None for one in found)
        counts = f'tests="{len(found)}" failures="{failed}" errors="0" skipped="{skipped}"'
        cases = [_verdict(one) for one in found]
        opened = f'  <testsuite name="{_attribute(of)}" {counts}>'
        suites.append("\n".join((opened, *cases, "  </testsuite>")))
    failed = sum(one.passed is False for one in report.verdicts)
    counts = f'tests="{len(report.verdicts)}" failures="{failed}" errors="0"'
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="{_attribute(f"promptops {report.command}")}" {counts}>',
            *suites,
            "</testsuites>\n",
        )
    )


def _verdict(one: Verdict) -> str:
    text = _escape(safe("\n".join(map(one_line, (one.said, *one.parts)))))
    said = _attribute(one.said)
    inner = {
        True: f"<system-out>{text}</system-out>",
        False: f'<failure type="error" message="{said}">{text}</failure>',
        None: f'<skipped message="{said}"/>',
    }[one.passed]
    opened = f'    <testcase name="{_attribute(one.name)}" classname="{_attribute(one.of)}">'
    return f"{opened}\n      {inner}\n    </testcase>"


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
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return powerless(escaped, "&#58;", "&#91;")


def _attribute(text: str) -> str:
    return _escape(one_line(text)).replace('"', "&quot;")
