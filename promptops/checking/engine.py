"""Checks run over a file that was read: findings become diagnostics.

What a person asked not to hear is left out here: codes not selected, files excused by the
settings, lines with an ignore comment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from promptops.checks import (
    ON_ANCHORS,
    ON_DECISION,
    ON_FORM,
    ON_IGNORES,
    ON_INSTRUCTIONS,
    ON_PROMPT,
    ON_SIDECAR,
    ON_TEXT,
    Around,
    Check,
    registry,
)
from promptops.checks.form import REFUSED
from promptops.checks.secrets import keys_in, without_keys
from promptops.diagnostic import Diagnostic, Edit, Finding, Place
from promptops.source.document import Document
from promptops.source.ignores import Ignores
from promptops.source.reading import Reading
from promptops.values import replace

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

HOSTILE = "PO6"  # what hides is reported whatever else is wrong there


@cache
def selected(select: tuple[str, ...], ignore: tuple[str, ...]) -> Mapping[str, tuple[Check, ...]]:
    """The checks to run, by what they look at. A longer prefix beats a shorter one.

    Whether a file could be used at all is told in any case: nobody takes what was not read for clean.
    """
    by_subject: dict[str, list[Check]] = {}
    for code, check in registry().items():
        if code.startswith(REFUSED) or _length(code, select) > _length(code, ignore):
            for subject in check.on:
                by_subject.setdefault(subject, []).append(check)
    return {subject: tuple(checks) for subject, checks in by_subject.items()}


def _length(code: str, prefixes: Iterable[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)


def examine(
    reading: Reading, around: Around, checks: Mapping[str, tuple[Check, ...]]
) -> list[Diagnostic]:
    """Every diagnostic of one file and the cases file beside it, in the order of their lines."""
    enabled = frozenset(check.code for group in checks.values() for check in group)
    ignores = {path: Ignores(doc, enabled) for path, doc in reading.documents.items()}
    kept = []
    seen = set()  # what hides is looked for in the values and in the raw text, and reported once
    for check, finding, document in _findings(reading, around, checks):
        diagnostic = _concrete(reading, check, finding, document)
        same = (check.code, document.path, diagnostic.span, finding.message)
        if same in seen:
            continue
        seen.add(same)
        line = _rule_line(reading, finding)
        covered = ignores[document.path].covers(diagnostic, line)
        if check.code.startswith(REFUSED) or not covered:
            kept.append(diagnostic)
    for path, comments in ignores.items():
        for check in checks.get(ON_IGNORES, ()) if comments.found else ():
            kept += [
                _concrete(reading, check, finding, reading.documents[path])
                for finding in check.run(comments, around)
            ]
    return sorted(
        _keyless(kept, reading),
        key=lambda d: (d.path, d.span.line, d.span.column, d.code, d.message),
    )


def _keyless(found: list[Diagnostic], reading: Reading) -> list[Diagnostic]:
    """The diagnostics with no key in their words, whatever they quote of the file."""
    if not found:
        return found
    texts = [document.text for document in reading.documents.values()]
    keys = {text[start:end] for text in texts for _, start, end in keys_in(text)}
    if not keys:
        return found
    longest_first = sorted(keys, key=len, reverse=True)
    return [
        replace(
            d,
            message=without_keys(d.message, longest_first),
            help=without_keys(d.help, longest_first),
        )
        for d in found
    ]


def _findings(
    reading: Reading, around: Around, checks: Mapping[str, tuple[Check, ...]]
) -> Iterator[tuple[Check, Finding, Document]]:
    broken = [problem.finding.path for problem in reading.problems]
    for subject, kind in _subjects(reading):
        for check in checks.get(kind, ()):
            for finding in check.run(subject, around):
                if kind != ON_FORM:  # a check counts the entries that could be read
                    finding = replace(finding, path=reading.written(finding.path))
                    if not check.code.startswith(HOSTILE) and _follows(finding.path, broken):
                        continue
                yield check, finding, reading.document_of(finding)
    for document in reading.documents.values():
        for check in checks.get(ON_TEXT, ()):
            for finding in check.run(document.text, around):
                yield check, finding, document


def _follows(place: Place, broken: Iterable[Place]) -> bool:
    """True where what a check misses may be what could not be read, and has been reported so.

    That is anywhere around a place that is broken; and whole cases, where a test is broken that
    may have selected them.
    """
    whole_case = len(place) == 2 and place[0] == "cases"
    return any(
        (place and wrong[: len(place)] == place)
        or (whole_case and wrong[:1] == ("rules",) and wrong[2:3] == ("tests",))
        for wrong in broken
    )


def _subjects(reading: Reading) -> Iterator[tuple[Any, str]]:
    if reading.problems:
        yield reading, ON_FORM
    if reading.prompt is not None:
        yield reading.prompt, ON_PROMPT if reading.prompt.governed else ON_INSTRUCTIONS
    if reading.sidecar is not None:
        yield reading.prompt, ON_SIDECAR
        yield reading.anchors, ON_ANCHORS
    if reading.decision is not None:
        yield reading.decision, ON_DECISION


def _concrete(reading: Reading, check: Check, finding: Finding, document: Document) -> Diagnostic:
    start, end = document.locate(finding.path, finding.within, key=finding.key)
    edits: tuple[Edit, ...] = ()
    if finding.replacement is not None:
        edits = tuple(document.edit(finding.path, finding.within, finding.replacement))
    prompt = reading.prompt
    return Diagnostic(
        check.code,
        check.name,
        finding.severity or check.severity,
        finding.message,
        finding.help,
        document.path,
        document.lines.span(start, end),
        prompt.id if prompt is not None and prompt.governed else "",
        _rule_id(reading, finding),
        edits,
    )


def _rule_id(reading: Reading, finding: Finding) -> str:
    rule = reading.rule_at(finding.path)
    return rule.id if rule is not None else ""


def _rule_line(reading: Reading, finding: Finding) -> int:
    """The first line of the rule a finding is about, 0 where it is about none."""
    if reading.rule_at(finding.path) is None:
        return 0
    start, _ = reading.document.locate(finding.path[:2])
    return reading.document.lines.position(start)[0]
