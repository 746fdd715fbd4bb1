"""Markdown for a comment on a pull request, as GitHub and GitLab draw it.

Foreign text acts in no way there: no link, mention, reference, image or tag comes of it. Words
that Markdown could take for more than words stand in code; texts that were written as such (a
prompt, a difference) stand in a fence longer than any run of backticks in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

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
from promptops.report._collect import in_order
from promptops.report._width import wrap
from promptops.report.safe import powerless, safe
from promptops.report.text import TONES, summarize

LIMIT = 60_000  # characters; GitHub refuses a comment of more than 65,536
ROOM = 120  # characters kept free for the last line
OPEN, CLOSE = "<details><summary>", "\n</details>\n"


def render(report: Report, _screen: Screen) -> str:
    """The blocks as Markdown of at most 60,000 characters; what is left out is counted."""
    marker = f"<!-- {report.marker} -->\n" if report.marker else ""
    drawn: list[str] = []
    left, size, opened = 0, len(marker), 0
    for piece in _pieces(report.blocks):
        closing = piece == CLOSE
        if left or size + len(piece) + (opened + 1) * len(CLOSE) + ROOM > LIMIT:
            left += not closing
            continue
        opened += piece.lstrip("\n").startswith(OPEN) - closing
        drawn.append(piece)
        size += len(piece)
    drawn += [CLOSE] * opened
    if left:
        drawn.append(f"\n{left:,} more, see the artifact\n")
    return marker + powerless("".join(drawn).lstrip("\n"))


def _pieces(blocks: Iterable[Block]) -> Iterator[str]:
    """The parts that stand or fall whole, in order: a paragraph, a row of a table, a fence."""
    for block in blocks:
        match block:
            case Heading():
                yield f"\n{'#' * min(max(block.level, 1), 6)} {prose(safe(block.text))}\n"
            case Text():
                yield _text(block)
            case Items():
                yield "\n"
                yield from (f"- {prose(safe(item))}\n" for item in block.items)
            case Table():
                yield from _table(block.columns, block.rows, block.align)
            case Words():
                yield _words(block)
            case Fold():
                yield f"\n{OPEN}{_summary(block.summary)}</summary>\n"
                yield from _pieces(block.blocks)
                yield CLOSE
            case Diagnostics():
                yield from _diagnostics(block)
            case Bars():
                yield from _bars(block)
            case Picture():
                yield f"\n**{prose(safe(block.title))}** {prose(safe(block.summary))}\n"
                table = block.figures
                yield from _table(table.columns, table.rows, table.align)


def _text(block: Text) -> str:
    if block.verbatim:
        return "\n" + fence(block.text)
    mark = TONES.get(block.tone, ("",))[0]
    lines = (prose(line) for line in safe(block.text).split("\n"))
    return f"\n{mark}" + "\n".join(filter(None, lines)) + "\n"


def _table(
    columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], align: str = ""
) -> Iterator[str]:
    sides = align.ljust(len(columns), "l")
    rule = "|".join(" ---: " if side == "r" else " --- " for side in sides[: len(columns)])
    yield f"\n{_row(columns)}|{rule}|\n"
    for row in rows:
        yield _row((*row, *[""] * (len(columns) - len(row)))[: len(columns)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |\n"


def _diagnostics(block: Diagnostics) -> Iterator[str]:
    if block.diagnostics:
        rows = (
            (
                f"{d.severity} {d.code}",
                f"{d.path}:{d.span.line}:{d.span.column}",
                d.message,
                d.help,
            )
            for d in in_order(block.diagnostics)
        )
        yield from _table(("", "where", "what", "help"), rows)
    summary = summarize(block)
    if summary:
        yield f"\n{prose(summary)}\n"


def _words(block: Words) -> str:
    """The text before and after, each in the colour of its side."""
    lines: list[str] = []
    kinds = {kind for kind, _ in block.runs}
    for sign in "-+":
        if sign in kinds or ("=" in kinds and len(kinds) > 1):  # a word came in: show both
            text = "".join(text for kind, text in block.runs if kind in ("=", sign))
            lines += (f"{sign} {line}" for line in wrap(safe(text), 96))
    if not lines:
        lines += wrap(safe("".join(text for _, text in block.runs)), 96)
    return "\n" + fence("\n".join(lines), "diff")


def _bars(block: Bars) -> Iterator[str]:
    from promptops.report._table import amount, bar_of, over, scale_of

    scale, plain = scale_of(block), Screen()
    rows = [
        (
            label,
            amount(value, block.unit),
            bar_of(value, scale, 20, None, plain).rstrip(" "),
            f"over the limit {note}" if over(value, block.limit) else note,
        )
        for label, value, note in block.rows
    ]
    yield from _table(("", "", "", ""), rows, "lrll")
    if block.limit is not None:
        yield f"\nlimit {prose(amount(block.limit, block.unit))}\n"


def fence(text: str, info: str = "") -> str:
    """A fenced block of any text."""
    body = safe(text).removesuffix("\n")
    ticks = "`" * (_longest_run(body, 2) + 1)
    return f"{ticks}{info}\n{body}\n{ticks}\n"


def code(text: str) -> str:
    """A code span of one line without spaces at its ends."""
    ticks = "`" * (_longest_run(text, 0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _longest_run(text: str, least: int) -> int:
    return max(least, *map(len, re.findall("`+", text))) if "`" in text else least


def _cell(text: str) -> str:
    """One line of a table. A row is cut at each bar before anything else, even in code.

    A bar is escaped by one backslash; after a backslash of the text it cannot be, and is drawn as
    another character.
    """
    drawn = prose(safe(text))
    return drawn.replace("\\|", "\\¦").replace("|", "\\|")


def _summary(text: str) -> str:
    """One line between HTML tags, where Markdown is not read."""
    return prose(safe(text), _code_tag)


def _code_tag(text: str) -> str:
    return f"<code>{text.replace('&', '&amp;').replace('<', '&lt;')}</code>"


# A word is plain if it is made of these and is none of WILD. Markdown's own signs are all ASCII.
TAME = re.compile(r"""[A-Za-z0-9.,;:!?()'"%+\-=/$\u00a0-\U0010ffff]+""")
WILD = re.compile(
    r"""(?i)
      ://|www\.                      # addresses
    | \bgh-\d | \b[0-9a-f]{7,40}\b   # GitHub's references to pull requests and commits
    | :[\w+\-]+:                     # emoji
    | (?<!^)(?<!^[(+\-~])\$|\$(?!\d) # mathematics; an amount is none
    | ^[-=+:]{2,}$                   # lines and headings
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r"`([\w./:@-]+)`")  # becomes code of that name, without the marks
MARKER = re.compile(r"[-+=]|\d+[.)]")  # a list, where a line begins with it


def prose(text: str, as_code: Callable[[str], str] = code) -> str:
    """Words as they are, and those that could be taken for more than words as code."""
    drawn: list[str] = []
    wild: list[str] = []

    def as_named(text: str) -> str:
        name = _QUOTED.fullmatch(text)
        return as_code(name[1] if name else text)

    for word in text.split():
        if TAME.fullmatch(word) and not WILD.search(word) and (drawn or not MARKER.fullmatch(word)):
            drawn += [_marked(" ".join(wild), as_named)] if wild else []
            drawn.append(word)
            wild = []
        else:
            wild.append(word)
    drawn += [_marked(" ".join(wild), as_named)] if wild else []
    return " ".join(drawn)


def _marked(text: str, as_code: Callable[[str], str]) -> str:
    """As code, but for the brackets around it and the comma behind it: those are the sentence's."""
    core = text if MARKER.fullmatch(text) else text.rstrip(",.;:")
    tail = text[len(core) :]
    inner = core.removeprefix("(")
    if not inner or "(" in inner or inner.startswith(")"):
        return as_code(core) + tail if core else as_code(text)
    if inner != core and inner.endswith(")") and ")" not in inner[:-1]:
        return f"({as_code(inner[:-1])}){tail}"
    return (
        f"({as_code(inner)}{tail}" if inner != core and ")" not in inner else as_code(core) + tail
    )
