"""A text with no structure, and errors that stopped its reading."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.diagnostic import Edit, Finding, Place
from promptops.errors import InputError
from promptops.source.document import Document, Lines
from promptops.source.shape import Problem


class PlainDocument:
    """A text with no structure: every place is its beginning, and `within` counts from there."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = Lines(text)

    def locate(
        self,
        place: Place,  # noqa: ARG002
        within: tuple[int, int] | None = None,
        *,
        key: bool = False,  # noqa: ARG002
    ) -> tuple[int, int]:
        return within or (0, 0)

    def edit(
        self,
        place: Place,  # noqa: ARG002
        within: tuple[int, int] | None,
        replacement: str,
    ) -> Sequence[Edit]:
        return [] if within is None else [Edit(*within, replacement)]


def problem_of(kind: str, error: InputError, document: Document) -> Problem:
    """An error that stopped the reading, as a finding at its line and column."""
    starts = document.lines.starts
    line = min(max(error.line - 1, 0), len(starts) - 1)
    offset = min(starts[line] + max(error.column - 1, 0), len(document.text))
    end = offset + (document.text[offset : offset + 1] not in ("", "\n", "\r"))
    return Problem(kind, Finding((), error.message, error.hint, within=(offset, end)))
