"""Ignore comments: `# promptops: ignore[PO104] because …`, in Markdown inside `<!-- … -->`.

A comment at the end of a line covers that line; one on a line of its own covers the next line, and
the whole rule where a rule begins there. A reason is required.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptops.diagnostic import Diagnostic
from promptops.patterns import later
from promptops.source.document import Document
from promptops.values import dataclass, field

MARK = "promptops: ignore"
_COMMENT = later(r"(?:#|<!--)[ \t]*promptops: ignore(?:\[(?P<codes>[^\]\n]*)\])?(?P<rest>[^\n]*)")
_BECAUSE = later(r"\s*because\s+\S+\s+\S+")


@dataclass(slots=True)
class Ignore:
    """One comment: its range, the lines it covers, its codes, whether it gives a reason."""

    start: int
    end: int
    lines: tuple[int, ...]
    codes: tuple[str, ...]
    reasoned: bool
    used: set[str] = field(default_factory=set)


class Ignores:
    """The ignore comments of one document, and which of them were needed."""

    def __init__(self, document: Document, enabled: frozenset[str]) -> None:
        self.enabled = enabled
        self.found: list[Ignore] = []
        if MARK in document.text:
            self.found = [_ignore(document, match) for match in _COMMENT.finditer(document.text)]

    def covers(self, diagnostic: Diagnostic, rule_line: int) -> bool:
        """True if a comment with a reason covers the diagnostic; it is marked as used."""
        covered = False
        for ignore in self.found:
            if diagnostic.code in ignore.codes and (
                diagnostic.span.line in ignore.lines or rule_line in ignore.lines
            ):
                ignore.used.add(diagnostic.code)
                covered = covered or ignore.reasoned
        return covered

    def unneeded(self) -> Iterator[tuple[str, Ignore]]:
        """(code, comment) for codes that were run and that nothing here needed."""
        for ignore in self.found:
            for code in ignore.codes:
                if code not in ignore.used and code in self.enabled:
                    yield code, ignore


def _ignore(document: Document, found: re.Match[str]) -> Ignore:
    line, _ = document.lines.position(found.start())
    alone = not document.lines.line(line)[: found.start() - document.lines.starts[line - 1]].strip()
    codes = tuple(code.strip() for code in (found["codes"] or "").split(",") if code.strip())
    reasoned = _BECAUSE.match(found["rest"].replace("-->", "")) is not None
    lines = (line + 1,) if alone else (line,)
    return Ignore(found.start(), found.end(), lines, codes, reasoned)
