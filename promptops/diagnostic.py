"""What a check yields and what a person sees of it.

A check points at a place in the document (`Finding.path`); the document makes the place concrete
(`Span`), and the two together are a `Diagnostic`. The split follows zizmor, whose audits name a
symbolic location that is made concrete late.
"""

from __future__ import annotations

from enum import StrEnum

from promptops.values import dataclass

Place = tuple[str | int, ...]
"""A place in a document: keys and indices from its root, `("rules", 0, "rationale")`."""


class Severity(StrEnum):
    """How much a diagnostic matters. Errors and warnings fail a run (exit 1), info never does."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of a text: 1-based lines and columns, counted in characters."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters [start, end) of a file's text with `text`; offsets are 0-based."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, at a symbolic place.

    path: place in the document; where nothing stands there (a missing key), the nearest existing
        ancestor is shown. `()` is the file.
    message: what is wrong, lower case, no full stop.
    help: what to do about it, in one sentence.
    within: half-open character range inside the text at `path` (inside the whole file's text
        where `path` is `()`), or None for all of it.
    replacement: a fix that is always safe: what `within` becomes. None where there is none.
    key: True if the key of `path` is meant, not its value.
    severity: milder than the check's own, where less is certain; None for the check's own.
    """

    path: Place
    message: str
    help: str = ""
    within: tuple[int, int] | None = None
    replacement: str | None = None
    key: bool = False
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding made concrete: who says it, in which file, where.

    `path` is relative to the repository root with `/`; `rule` and `prompt` are ids or "".
    `edits` is what `--fix` would do, empty where there is no safe fix.
    """

    code: str
    name: str
    severity: Severity
    message: str
    help: str
    path: str
    span: Span
    prompt: str = ""
    rule: str = ""
    edits: tuple[Edit, ...] = ()

    @property
    def fixable(self) -> bool:
        """True if `--fix` mends it."""
        return bool(self.edits)
