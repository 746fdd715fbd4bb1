"""The cheap question first: do the very same lines stand under the same heading in both versions?

Most commits that touch a file leave most rules alone; this spares them the parser.
"""

from __future__ import annotations


def line_before(old: str, new: str, first: int, last: int) -> int:
    """The 1-based line in `old` where lines `first` to `last` of `new` start; 0: ask a parser.

    Told only where its lines stand exactly once in both, between the same lines (or blank ones),
    under the same heading.
    """
    lines = new.split("\n")
    block = "\n".join(lines[first - 1 : last])
    start = _only_place(old, block)
    if start < 0 or _only_place(new, block) < 0:
        return 0
    line = old.count("\n", 0, start) + 1
    before = old.split("\n")
    shift = line - first
    for neighbour in (first - 2, last):
        if _at(lines, neighbour).strip() != _at(before, neighbour + shift).strip():
            return 0
    same = _heading(lines, first - 1) == _heading(before, line - 1)
    return line if same else 0


def _only_place(text: str, block: str) -> int:
    """Offset of whole lines that stand in the text exactly once, -1 otherwise."""
    padded = f"\n{text}\n"
    start = padded.find(f"\n{block}\n")
    if not block.strip() or start < 0 or padded.find(f"\n{block}\n", start + 1) >= 0:
        return -1
    return start


def _at(lines: list[str], index: int) -> str:
    return lines[index] if 0 <= index < len(lines) else ""


def _heading(lines: list[str], before: int) -> str:
    return next((s.strip() for s in reversed(lines[:before]) if s.lstrip().startswith("#")), "")
