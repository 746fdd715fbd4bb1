"""Diagnostics for people: what is wrong, the user's own line with the place underlined, the help.

The layout is that of rustc.
"""

from __future__ import annotations

from promptops.diagnostic import Diagnostic, Span
from promptops.report import Diagnostics, Screen
from promptops.report._collect import in_order, shown_lines
from promptops.report._lines import hung
from promptops.report._width import cut, tail, width
from promptops.report.safe import one_line, safe

TAB = "    "
NARROW = 20  # columns a line of source always gets, however narrow the screen is


def snippets(block: Diagnostics, screen: Screen) -> list[str]:
    """The lines of all diagnostics, an empty one after each."""
    drawn: list[str] = []
    path, source = "", [""]
    for diagnostic in in_order(block.diagnostics):
        if diagnostic.path != path or not drawn:
            path = diagnostic.path
            source = shown_lines(block.sources.get(path, ""))
        drawn += _snippet(diagnostic, source, screen)
        drawn.append("")
    return drawn


def _snippet(diagnostic: Diagnostic, source: list[str], screen: Screen) -> list[str]:
    span = diagnostic.span
    number = str(span.line)
    gutter = " " * len(number)
    lead = f"{diagnostic.severity}[{one_line(diagnostic.code)}]: "
    first, *more = hung(lead, one_line(diagnostic.message), screen)
    first = screen.paint(lead[:-2], diagnostic.severity) + screen.paint(
        first[len(lead) - 2 :], "strong"
    )
    more = [screen.paint(line, "strong") for line in more]
    place = f"{one_line(screen.shown(diagnostic.path))}:{number}:{span.column}"
    arrow = screen.paint("-->", "frame")
    drawn = [first, *more, f"{gutter} {arrow} {screen.link(place, diagnostic.path)}"]
    bar = screen.paint("|", "frame")
    if 1 <= span.line <= len(source) and source[span.line - 1]:
        line, underline = _framed(source[span.line - 1], diagnostic, screen, len(number) + 3)
        drawn.append(f"{gutter} {bar}")
        drawn.append(f"{screen.paint(number, 'frame')} {bar} {line}".rstrip())
        indent = " " * (len(underline) - len(underline.lstrip()))
        painted = screen.paint(underline.lstrip(), diagnostic.severity)
        drawn.append(f"{gutter} {bar} {indent}{painted}")
    return drawn + _help(diagnostic, gutter, screen)


def _help(diagnostic: Diagnostic, gutter: str, screen: Screen) -> list[str]:
    text = one_line(diagnostic.help)
    if diagnostic.fixable:
        text = f"{text} (--fix does it)" if text else "--fix mends it"
    if not text:
        return []
    lead = f"{gutter} = help: "
    first, *more = hung(lead, text, screen)
    equals = screen.paint("=", "frame") + " " + screen.paint("help", "strong")
    return [f"{gutter} {equals}{first[len(lead) - 2 :]}", *more]


def _framed(line: str, diagnostic: Diagnostic, screen: Screen, margin: int) -> tuple[str, str]:
    """The line, trimmed around its marked part to the screen, and the carets under that part."""
    more = screen.mark("…", "...")
    room = max(screen.width - margin, NARROW)
    before, marked, after = parts_of(line, diagnostic.span, room, more)
    carets = "^" * (width(marked) or 1)
    if diagnostic.span.end_line != diagnostic.span.line:
        carets = carets[: max(room - width(before) - len(more), 1)] + more
    return before + marked + after, " " * width(before) + carets


def parts_of(line: str, span: Span, room: int, more: str) -> tuple[str, str, str]:
    """What stands before, in and after the part of a span's first line that it marks.

    All safe, tabs as four spaces, trimmed to `room` columns as `fit` does.
    """
    start = min(max(span.column - 1, 0), len(line))
    end = len(line)
    if span.end_line == span.line:
        end = min(max(span.end_column - 1, start), end)
    reach = 2 * room  # more characters than can be shown, so that a huge line costs nothing
    parts = (
        line[max(0, start - reach) : start],
        line[start : min(end, start + reach)],
        line[end : end + reach],
    )
    return fit([safe(part).replace("\t", TAB) for part in parts], room, more)


def fit(parts: list[str], room: int, more: str) -> tuple[str, str, str]:
    """The three parts of a line in `room` columns; `more` stands where something was left out.

    `room` is at least four times as wide as `more`. What is marked stays whole if it can.
    """
    before, marked, after = parts
    least = len(more)
    if width(before) + width(marked) + width(after) <= room:
        return before, marked, after
    if width(marked) > room - 2 * least:
        marked, after = cut(marked, room - least, more), ""
        marked = cut(marked, room - min(width(before), least), more)
    spare = room - width(marked)
    if width(before) + min(width(after), least) > spare:
        kept = spare - min(width(after), max(spare // 3, least))
        before = more + tail(before, kept - least)
    return before, marked, cut(after, spare - width(before), more)
