"""One file's outcome, and the plain row it is kept as."""

from __future__ import annotations

from promptops.diagnostic import Diagnostic, Edit, Severity, Span
from promptops.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Row = list[Any]
else:
    Row = list


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """One file's outcome: its prompt's id (with the place of it), its diagnostics, its target file."""

    prompt_id: str
    id_span: Span | None
    diagnostics: tuple[Diagnostic, ...]
    target: str = ""


def to_row(outcome: FileOutcome) -> Row:
    """The outcome as plain JSON data."""
    return [
        outcome.prompt_id,
        _numbers(outcome.id_span),
        outcome.target,
        [
            [
                *(d.code, d.name, str(d.severity), d.message, d.help, d.path),
                *(_numbers(d.span), d.prompt, d.rule),
                [[e.start, e.end, e.text] for e in d.edits],
            ]
            for d in outcome.diagnostics
        ],
    ]


def _numbers(span: Span | None) -> list[int] | None:
    return None if span is None else [span.line, span.column, span.end_line, span.end_column]


def from_row(row: Row) -> FileOutcome:
    """The outcome that `to_row` made the row of."""
    prompt_id, span, target, diagnostics = row
    return FileOutcome(
        prompt_id,
        None if span is None else Span(*span),
        tuple(
            Diagnostic(
                code,
                name,
                Severity(severity),
                message,
                help,
                path,
                Span(*where),
                prompt,
                rule,
                tuple(Edit(*edit) for edit in edits),
            )
            for code, name, severity, message, help, path, where, prompt, rule, edits in diagnostics
        ),
        target,
    )
