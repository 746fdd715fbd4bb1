"""Diagnostics as plain JSON data."""

from __future__ import annotations

from promptops.diagnostic import Diagnostic

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any


def diagnostic_data(found: Diagnostic) -> dict[str, Any]:
    """The fields that `check` promises, and every command that shows diagnostics."""
    return {
        "code": found.code,
        "name": found.name,
        "severity": str(found.severity),
        "message": found.message,
        "help": found.help,
        "path": found.path,
        "line": found.span.line,
        "column": found.span.column,
        "end_line": found.span.end_line,
        "end_column": found.span.end_column,
        "prompt": found.prompt,
        "rule": found.rule,
        "fixable": found.fixable,
    }
