"""What the formats that only speak of diagnostics have in common."""

from __future__ import annotations

from collections.abc import Iterable

from promptops.diagnostic import Diagnostic
from promptops.report import Block, Diagnostics, Fold, Report


def collected(report: Report) -> Diagnostics:
    """All diagnostics of a report in one block, by file and place."""
    found: list[Diagnostic] = []
    sources: dict[str, str] = {}
    rules: dict[str, tuple[str, str]] = {}
    files = 0
    for block in _blocks(report.blocks):
        found += block.diagnostics
        sources.update(block.sources)
        rules.update(block.rules)
        files += block.files
    return Diagnostics(tuple(in_order(found)), sources, rules, files)


def _blocks(blocks: Iterable[Block]) -> Iterable[Diagnostics]:
    for block in blocks:
        match block:
            case Diagnostics():
                yield block
            case Fold():
                yield from _blocks(block.blocks)
            case _:
                pass


def in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics by file and place."""
    return sorted(found, key=lambda d: (d.path, d.span.line, d.span.column, d.code, d.message))


def source_lines(text: str) -> list[str]:
    r"""Lines as a `Span` counts them: they end at `\n`, `\r\n` or `\r` and nowhere else."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def shown_lines(text: str) -> list[str]:
    """The lines of a source as they may be shown: of a key pasted into it, four characters."""
    from promptops.checks.secrets import SHOWN, keys_in

    parts, at = [], 0
    for start, end in sorted((start, end) for _, start, end in keys_in(text)):
        start = max(start + SHOWN, at)
        parts += [text[at:start], "*" * (end - start)]
        at = max(start, end)
    return source_lines("".join(parts) + text[at:])
