"""One self-contained page: light and dark, on paper, by keyboard and screen reader.

It loads nothing and runs nothing, which its own policy enforces; all text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import isfinite

from promptops.diagnostic import Diagnostic
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
from promptops.report._collect import in_order, shown_lines
from promptops.report._page import Markup, markup, page, tag
from promptops.report._snippet import parts_of
from promptops.report._table import amount, over, scale_of
from promptops.report.safe import one_line
from promptops.report.text import TONES, summarize
from promptops.values import replace

CONTEXT = 240  # columns of a source line that are shown; the page wraps them
LONG = 40  # characters from which on a cell needs room
NARROW = 32  # characters of a row that fit a telephone
SHORT = 12  # characters up to which a cell is never broken: a date, a commit
NEWLINE = Markup("\n")
_QUOTED = re.compile(r"`([^`\n]+)`")


def render(report: Report, _screen: Screen) -> str:
    """The blocks as a page; its title is the first heading's."""
    headings = (block.text for block in report.blocks if isinstance(block, Heading))
    title = one_line(next(headings, "")) or f"promptops {report.command}"
    if not report.long:
        blocks = _from_one(report.blocks)
        return page(title, *_blocks(blocks), style=_style(blocks))
    from promptops.report._long import SCRIPT, STYLE, contents

    body = contents(list(_blocks(report.blocks)), report.blocks)
    return page(title, *body, style=_style(report.blocks) + STYLE, script=SCRIPT)


def _from_one(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks with headings from level 1 on: a comment begins lower, a page has a title."""
    highest = min((block.level for block in blocks if isinstance(block, Heading)), default=1)
    if highest == 1:
        return blocks
    return [_lifted(block, highest - 1) for block in blocks]


def _lifted(block: Block, by: int) -> Block:
    match block:
        case Heading():
            return replace(block, level=block.level - by)
        case Fold():
            return replace(block, blocks=tuple(_lifted(one, by) for one in block.blocks))
        case _:
            return block


def _style(blocks: Iterable[Block]) -> str:
    """The charts' own style, where there are charts."""
    for block in blocks:
        if isinstance(block, Picture):
            from promptops.report.charts import ON_PAGE, STYLE

            return STYLE + ON_PAGE
        if isinstance(block, Fold) and (style := _style(block.blocks)):
            return style
    return ""


def _blocks(blocks: Iterable[Block]) -> Iterable[Markup]:
    for block in blocks:
        yield _block(block)
        yield NEWLINE


def _block(block: Block) -> Markup:
    match block:
        case Heading():
            return tag(f"h{min(max(block.level, 1), 6)}", one_line(block.text))
        case Text():
            return _text(block)
        case Items():
            return tag("ul", *(tag("li", *_said(item)) for item in block.items))
        case Table():
            return _table(block)
        case Words():
            elements = {"-": "del", "+": "ins"}
            runs = (
                tag(elements[sign], text) if sign in elements else text for sign, text in block.runs
            )
            return tag("div", *runs, class_="words")
        case Fold():
            summary = tag("summary", one_line(block.summary))
            shown = {"open": ""} if block.open else {}
            return tag("details", summary, NEWLINE, *_blocks(block.blocks), **shown)
        case Diagnostics():
            return _diagnostics(block)
        case Bars():
            return _bars(block)
        case Picture():
            return _picture(block)


def _text(block: Text) -> Markup:
    if block.verbatim:
        return tag("pre", block.text)
    mark = TONES.get(block.tone, ("",))[0]
    lines = block.text.split("\n")
    broken = (part for line in lines for part in (tag("br"), *_said(line)))
    said = (mark, *list(broken)[1:])
    known = block.tone in TONES or block.tone == "quiet"
    return tag("p", *said, class_=block.tone) if known else tag("p", *said)


def _said(text: str) -> Iterable[str]:
    """Our sentences with what stands between backticks as code."""
    for index, part in enumerate(_QUOTED.split(text)):
        if part:
            yield tag("code", part) if index % 2 else part


def _table(block: Table) -> Markup:
    kinds = _kinds(block)
    # On a narrow screen a row of much text is a card of lines: the roles keep it a table there.
    cards = len(kinds) > 2 and _width(block) > NARROW
    table, group, line, cell, title = _ROLES if cards else ({},) * 5
    head = (
        tag("th", name, scope="col", class_=kind, **title)
        for name, kind in zip(block.columns, kinds, strict=True)
    )
    body: list[str] = [NEWLINE]
    for row in block.rows:
        cells = (
            tag("td", said, class_=kind, **cell, **({"data_label": name} if cards else {}))
            for said, kind, name in zip(row, kinds, block.columns, strict=False)
        )
        body += [tag("tr", *cells, **line), NEWLINE]
    rows = tag("thead", tag("tr", *head, **line), **group), tag("tbody", *body, **group)
    # It scrolls by itself where it is too wide, and so must be reached by keyboard.
    label = "table: " + ", ".join(map(one_line, block.columns))
    drawn = tag("table", *rows, **table)
    return tag("div", drawn, class_="scroll", role="group", aria_label=label, tabindex="0")


_ROLES: tuple[dict[str, str], ...] = (
    {"class_": "cards", "role": "table"},
    {"role": "rowgroup"},
    {"role": "row"},
    {"role": "cell"},
    {"role": "columnheader"},
)


def _width(block: Table) -> int:
    """Characters of the widest row that the table could have."""
    columns = zip(block.columns, *block.rows, strict=False)
    return sum(max(map(len, cells)) for cells in columns)


def _kinds(block: Table) -> list[str]:
    """What each column holds: `number`, `long` text, `short` words, or `text`."""
    kinds = []
    for index, side in enumerate(block.align.ljust(len(block.columns), "l")[: len(block.columns)]):
        longest = max((len(row[index]) for row in block.rows if index < len(row)), default=0)
        kind = "long" if longest > LONG else "short" if longest <= SHORT else "text"
        kinds.append("number" if side == "r" else kind)
    return kinds


def _bars(block: Bars) -> Markup:
    scale = scale_of(block)
    rows: list[str] = [NEWLINE]
    for label, value, note in block.rows:
        said = "over the limit " if over(value, block.limit) else ""
        row = (
            tag("span", label),
            " ",
            tag("span", amount(value, block.unit), class_="number"),
            " ",
            _bar(value, scale, block.limit),
            tag("span", said + note, class_="note"),
        )
        rows += [tag("li", *row), NEWLINE]
    drawn = tag("ul", *rows, class_="bars", role="list")
    if block.limit is None:
        return drawn
    return markup(drawn, tag("p", f"limit {amount(block.limit, block.unit)}", class_="quiet"))


def _bar(value: float, scale: float, limit: float | None) -> Markup:
    parts = [tag("span", style=f"width:{_percent(value, scale)}")]
    if limit is not None and isfinite(limit) and 0 <= limit <= scale:
        parts.append(tag("i", style=f"left:calc({_percent(limit, scale)} - 2px)"))
    kind = "bar over" if over(value, limit) else "bar"
    return tag("span", *parts, class_=kind, aria_hidden="true")


def _picture(block: Picture) -> Markup:
    caption = tag("figcaption", tag("strong", one_line(block.title)), " ", block.summary)
    label = f"chart: {one_line(block.title)}"
    kind = "scroll wide" if block.narrow else "scroll"
    seen = tag("div", Markup(block.svg), class_=kind, role="group", aria_label=label, tabindex="0")
    if block.narrow:
        seen = markup(seen, NEWLINE, tag("div", Markup(block.narrow), class_="narrow"))
    figures = tag("details", tag("summary", "the figures"), _table(block.figures))
    return tag("figure", caption, NEWLINE, seen, NEWLINE, figures)


def _percent(value: float, scale: float) -> str:
    share = value / scale if isfinite(value) and scale > 0 else 0.0
    return f"{min(max(share, 0.0), 1.0) * 100:.4g}%"


def _diagnostics(block: Diagnostics) -> Markup:
    parts = [tag("p", summary)] if (summary := summarize(block)) else []
    lines: dict[str, list[str]] = {}
    for diagnostic in in_order(block.diagnostics):
        path = diagnostic.path
        if path not in lines:
            lines[path] = shown_lines(block.sources.get(path, ""))
        parts += [_diagnostic(diagnostic, lines[path]), NEWLINE]
    return markup(*parts)


def _diagnostic(diagnostic: Diagnostic, source: list[str]) -> Markup:
    span = diagnostic.span
    level = tag("span", diagnostic.severity, class_=f"level {diagnostic.severity}")
    title = tag("p", level, f" {diagnostic.code}: ", *_said(one_line(diagnostic.message)))
    at = f"{one_line(diagnostic.path)}:{span.line}:{span.column}"
    parts = [title, tag("p", tag("code", at), class_="place")]
    if 1 <= span.line <= len(source) and source[span.line - 1]:
        before, marked, after = parts_of(source[span.line - 1], span, CONTEXT, "…")
        mark = tag("mark", marked) if marked else tag("mark", class_="point")
        number = tag("span", f"{span.line} ", class_="line", aria_hidden="true")
        parts.append(tag("pre", number, before, mark, after))
    if diagnostic.help:
        fix = " (--fix does it)" if diagnostic.fixable else ""
        parts.append(tag("p", "help: ", *_said(one_line(diagnostic.help)), fix))
    return tag("article", *parts, class_=f"diagnostic {diagnostic.severity}")
