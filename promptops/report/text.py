"""Text for people: a terminal of any width, or a pipe. Nothing is said by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptops.report import (
    Bars,
    Block,
    Diagnostics,
    Fold,
    Heading,
    Items,
    Picture,
    Report,
    Screen,
    Table,
    Text,
    Words,
)
from promptops.report._lines import hung, wrapped
from promptops.report.safe import one_line, powerless, safe
from promptops.values import replace

TONES = {"good": ("✓ ", "+ "), "bad": ("✗ ", "x "), "warn": ("! ", "! ")}


def render(report: Report, screen: Screen) -> str:
    """The report's blocks with an empty line between them."""
    blocks: Iterable[Block] = report.blocks
    if screen.below and report.paths:
        from promptops.report._seen import seen

        blocks = seen(blocks, report.paths, screen)
    return powerless("".join(f"{line}\n" for line in lines(blocks, screen)))


def lines(blocks: Iterable[Block], screen: Screen) -> list[str]:
    """The lines of some blocks, without line feeds, an empty one between two that are no list."""
    drawn: list[str] = []
    before: Block | None = None
    for block in blocks:
        new = block_lines(block, screen)
        if not new:
            continue
        if before is not None and not _together(before, block):
            drawn.append("")
        drawn += new
        before = block
    return drawn


def _together(before: Block, block: Block) -> bool:
    """True for small headings, for what was done one after the other, and for lists under their lead."""
    match before, block:
        case Heading(level=level), _:
            return level > 1
        case Text(tone="good", verbatim=False), Text(tone="good", verbatim=False):
            return True
        case Text(verbatim=False) as lead, Items() | Text(verbatim=True):
            return lead.tone == "good" or lead.text.endswith(":")
        case _:
            return False


def block_lines(block: Block, screen: Screen) -> list[str]:
    """The lines of one block."""
    match block:
        case Heading():
            return _heading(block, screen)
        case Text():
            return _text(block, screen)
        case Items():
            mark = screen.mark("• ", "- ")
            return [line for item in block.items for line in hung(mark, safe(item), screen)]
        case Words():
            from promptops.report._words import words

            return words(block, screen)
        case Fold():
            inner = replace(screen, width=screen.width - 2)
            drawn = [f"  {line}" if line else "" for line in lines(block.blocks, inner)]
            return [screen.paint(one_line(block.summary), "strong"), *drawn]
        case Diagnostics():
            return _diagnostics(block, screen)
        case Table():
            from promptops.report._table import table

            return table(block, screen)
        case Bars():
            from promptops.report._table import bars

            return bars(block, screen)
        case Picture():
            return _picture(block, screen)


def _heading(block: Heading, screen: Screen) -> list[str]:
    title = wrapped(one_line(block.text), screen.width)
    painted = [screen.paint(line, "strong") for line in title]
    if block.level > 2:
        return painted
    from promptops.report._width import width

    rule = screen.mark("═", "=") if block.level == 1 else screen.mark("─", "-")
    return [*painted, rule * max(map(width, title))]


def _text(block: Text, screen: Screen) -> list[str]:
    drawn: Sequence[str]
    if block.verbatim:
        drawn = safe(block.text).removesuffix("\n").split("\n")
    elif block.tone in TONES:
        drawn = hung(screen.mark(*TONES[block.tone]), safe(block.text), screen)
    else:
        drawn = [line for one in safe(block.text).split("\n") for line in _step(one, screen)]
    return [screen.paint(line, block.tone) if line else "" for line in drawn]


def _step(text: str, screen: Screen) -> Sequence[str]:
    """A line of text; what begins with a number, as steps do, is indented under its words."""
    number, point, words = text.partition(". ")
    if point and number.isascii() and number.strip().isdecimal():
        return hung(number + point, words, screen)
    return wrapped(text, screen.width)


def _picture(block: Picture, screen: Screen) -> list[str]:
    said = [*_heading(Heading(block.title, 3), screen), *wrapped(safe(block.summary), screen.width)]
    if block.drawn and screen.unicode and screen.width >= 80:
        return [*said, *map(safe, block.drawn)]
    from promptops.report._table import table

    return [*said, *table(block.figures, screen)]


def _diagnostics(block: Diagnostics, screen: Screen) -> list[str]:
    drawn: list[str] = []
    if block.diagnostics:
        from promptops.report._snippet import snippets

        drawn = snippets(block, screen)
    summary = summarize(block, screen.mark(" · ", ", "))
    if len(summary) > screen.width:
        drawn += wrapped(summary, screen.width)
    elif summary:
        drawn.append(summary)
    if block.diagnostics:
        levels = list(LEVELS)
        worst = min(
            block.diagnostics, key=lambda d: (levels.index(d.severity), d.path, d.span.line, d.code)
        )
        _, harm = block.rules.get(worst.code, ("", ""))
        explained = worst.code.startswith("PO")  # others are no checks that `explain` knows
        told = f"promptops explain {one_line(worst.code)}" if explained else one_line(harm)
        more = f"why it matters: {told}" if told else ""
        drawn += [screen.paint(line, "quiet") for line in wrapped(more, screen.width)]
    return drawn


def summarize(block: Diagnostics, point: str = " · ") -> str:
    """`2 errors, 3 warnings in 4 files · 1 fixable with --fix`; "" where there is no news."""
    found = block.diagnostics
    if not found:
        return f"{count(block.files, 'file')} checked{point}nothing found" if block.files else ""
    kinds = [(kind, sum(1 for d in found if d.severity == kind)) for kind in LEVELS]
    said = ", ".join(count(n, LEVELS[kind]) for kind, n in kinds if n)
    touched = len({d.path for d in found})
    files = count(touched, "file")
    if block.files >= touched:  # a prompt's cases may have findings though only it was asked for
        files = f"{touched:,} of {count(block.files, 'file')}"
    fixable = sum(1 for d in found if d.fixable)
    return f"{said} in {files}" + (f"{point}{fixable:,} fixable with --fix" if fixable else "")


LEVELS = {"error": "error", "warning": "warning", "info": "info"}


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`; an info has no plural."""
    return f"{number:,} {noun}{'s' if number != 1 and noun != 'info' else ''}"
