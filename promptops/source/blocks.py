"""The blocks of a Markdown file that are not paragraphs, headings or list items.

Each function is a block function of `units.Splitter`.
"""

from __future__ import annotations

from bisect import bisect_right

from promptops.source.markup import (
    ALERT,
    FENCE,
    INTERRUPT,
    ITEM_START,
    KEY,
    NUMBER,
    QUOTE,
    TAG,
    column_of,
    indent_of,
    interrupts,
    is_markup,
    is_template,
    leaf,
)

TYPE_CHECKING = False  # `typing` takes a while to load
if TYPE_CHECKING:
    from promptops.source.unit import Pieces

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"})
WRAPPERS = frozenset({"markdown", "md", "mdc", "prompt", "chatagent", "instructions", "skill"})
MAX_TAGS = 64  # deeper is no section; keeps the search for the opening tag short


def fence(splitter: Pieces, at: int, begin: int, body: str) -> int:
    """```` ``` ```` or `~~~` to its closing fence; without one to the end of the item or file.

    A fence of Markdown around all of the text (but front matter and titles) is no code: its two
    lines are markup and what stands between is read.
    """
    match = FENCE.match(body)
    if not match:
        return 0
    close, after = _closing_fence(splitter, at + 1, match[1] or match[2])
    if at == splitter.wrapper > 0 or _wraps(splitter, body, close, after):
        splitter.wrapper = close
        return splitter.emit("html", begin, begin + len(body), at, at + 1)
    start = splitter.starts[at + 1]
    end = max(start, splitter.end_of(close - 1)) if close > at + 1 else start
    return splitter.emit("code", start, end, at, after, body)


def _wraps(splitter: Pieces, body: str, close: int, after: int) -> bool:
    return (
        body.strip("`~").strip().lower() in WRAPPERS
        and close < after
        and not any(map(str.strip, splitter.lines[after:]))
        and all(unit.kind in {"front-matter", "heading"} for unit in splitter.units)
    )


def _closing_fence(splitter: Pieces, at: int, opening: str) -> tuple[int, int]:
    """The line after the last line of code, and the line after the block.

    In a list item code often stands further left than the item; CommonMark ends the block there,
    the author does not. So the closing fence is looked for first, unless another one opens before.
    """
    lines, mark, width, outside = splitter.lines, opening[0], len(opening), 0
    for number in range(at, len(lines)):
        body = lines[number].strip()
        if body and body[0] == mark and len(body) >= width and not body.strip(mark):
            return number, number + 1
        if outside and ("```" in body or "~~~" in body):
            return _last(splitter, at, outside)
        if body and not outside and _left_of_item(splitter, lines[number]):
            outside = number
    return _last(splitter, at, outside or len(lines))


def _left_of_item(splitter: Pieces, line: str) -> bool:
    around = splitter.open
    return bool(around) and column_of(line[: indent_of(line)]) < around[-1][0] + 2


def _last(splitter: Pieces, at: int, after: int) -> tuple[int, int]:
    """An unclosed block's end: blank lines at its end are left out."""
    while after > at and not splitter.lines[after - 1].strip():
        after -= 1
    return after, after


def indented_code(splitter: Pieces, at: int, column: int, body: str) -> int:
    """Code by indentation, which is no more than layout inside tags and before bullets."""
    base = (splitter.open[-1][1] if splitter.open else 0) + 4
    if column < base or splitter.tags or ITEM_START.match(body) or FENCE.match(body):
        return 0
    after = number = at + 1
    while number < len(splitter.lines):
        line = splitter.lines[number]
        number += 1
        if line.strip():
            if column_of(line[: indent_of(line)]) < base:
                break
            after = number
    return splitter.emit("code", splitter.starts[at], splitter.end_of(after - 1), at, after)


def table(splitter: Pieces, at: int, begin: int, _body: str) -> int:
    """Rows, one unit each; the first takes the delimiter row with it."""
    after = at + 2 if splitter.delimiter_follows(at) else at + 1
    while True:
        splitter.emit("table", begin, splitter.end_of(after - 1), at, after)
        at, after = after, after + 1
        line = splitter.lines[at] if at < len(splitter.lines) else ""
        body = line.strip()
        if "|" not in body or (body[0] != "|" and interrupts(body, False)):
            return at
        begin = splitter.starts[at] + indent_of(line)


def tags(splitter: Pieces, at: int, begin: int, body: str) -> int:
    """A comment, a line of tags, or the text of `<rule>…</rule>` on one line."""
    if body.startswith("<!--"):
        return _comment(splitter, at, begin, body, "-->")
    if text := leaf(body):
        start = begin + text.start(2) + indent_of(text[2])
        return splitter.emit(
            "prose", start, start + len(text[2].strip()), at, at + 1, f"<{text[1]}>"
        )
    if not is_markup(body):
        return 0
    for closing, name, empty in TAG.findall(body):
        if closing and name in splitter.tags:
            del splitter.tags[splitter.tags.index(name) :]
        elif not (closing or empty or name in VOID or len(splitter.tags) > MAX_TAGS):
            splitter.tags.append(name)
    return splitter.emit("html", begin, begin + len(body), at, at + 1)


def template(splitter: Pieces, at: int, begin: int, body: str) -> int:
    """A comment of a template, or a line of nothing but template tags."""
    if body == "{":
        return data(splitter, at, begin, body)
    for opening, closing in (("{{!--", "--}}"), ("{{!", "}}"), ("{#", "#}")):
        if body.startswith(opening):
            return _comment(splitter, at, begin, body, closing)
    return splitter.emit("html", begin, begin + len(body), at, at + 1) if is_template(body) else 0


def data(splitter: Pieces, at: int, begin: int, body: str) -> int:
    """JSON without a fence: `{` or `[` alone on a line, to the line of its closing bracket."""
    if body not in {"{", "["}:
        return 0
    closing = splitter.text[splitter.starts[at] : begin] + ("}" if body == "{" else "]")
    if closing in splitter.hopeless:
        return 0
    for number in range(at + 1, len(splitter.lines)):
        if splitter.lines[number].rstrip() == closing:
            return splitter.emit("code", begin, splitter.end_of(number), at, number + 1)
    splitter.hopeless.add(closing)
    return 0


def _comment(splitter: Pieces, at: int, begin: int, body: str, closing: str) -> int:
    """A comment. An HTML comment that never closes ends with its paragraph: it hides no rules."""
    end = -1 if closing in splitter.hopeless else splitter.text.find(closing, begin)
    if end < 0:
        splitter.hopeless.add(closing)
        if closing != "-->":
            return 0
        after = splitter.paragraph_end(at + 1)
    elif end + len(closing) < begin + len(body):
        return 0  # text follows on the line
    else:
        after = bisect_right(splitter.starts, end, at, len(splitter.lines))
    return splitter.emit("html", begin, splitter.end_of(after - 1), at, after)


def quote(splitter: Pieces, at: int, begin: int, _body: str) -> int:
    """One paragraph, item or code block of a block quote; the rest of it is found line by line."""
    first, marker = at, ">"
    inner, start = _quoted(splitter, at, begin)
    while inner is not None and (not inner or ALERT.match(inner)):
        marker, at = f"{marker} {inner}".rstrip(), at + 1
        inner, start = _quoted(splitter, at)
    if inner is None:
        start = splitter.end_of(at - 1)
        return splitter.emit("quote", start, start, first, at, marker)
    if opening := FENCE.match(inner):
        return _quoted_code(splitter, first, at, opening[1] or opening[2])
    if bullet := ITEM_START.match(inner):
        start, marker = start + bullet.end(), f"{marker} {bullet[0].rstrip()}"
    at = after = _quoted_end(splitter, at + 1)
    while _quoted(splitter, after)[0] == "":
        after += 1
    return splitter.emit("quote", start, max(start, splitter.end_of(at - 1)), first, after, marker)


def _quoted(splitter: Pieces, at: int, begin: int = -1) -> tuple[str | None, int]:
    """What stands behind the `>` of a line and where; None if it has none."""
    if at >= len(splitter.lines):
        return None, 0
    begin = splitter.starts[at] if begin < 0 else begin
    end = splitter.end_of(at)
    match = QUOTE.match(splitter.text, begin, end)
    return (splitter.text[match.end() : end], match.end()) if match else (None, 0)


def _quoted_end(splitter: Pieces, at: int) -> int:
    while at < len(splitter.lines):
        inner = _quoted(splitter, at)[0]
        if inner is None:
            return splitter.paragraph_end(at)
        if not inner or INTERRUPT.match(inner) or NUMBER.match(inner):
            break
        at += 1
    return at


def _quoted_code(splitter: Pieces, first: int, at: int, opening: str) -> int:
    start = end = splitter.starts[at + 1]
    number = at + 1
    while (inner := _quoted(splitter, number)[0]) is not None:
        number += 1
        if inner.strip().startswith(opening) and not inner.strip().strip(opening[0]):
            break
        end = splitter.end_of(number - 1)
    return splitter.emit("code", start, max(start, end), first, number, opening)


def front_matter(splitter: Pieces) -> int:
    """Meta data between two `---` on top, valid YAML or not; a licence comment may precede it.

    Returns the number of the line after it, 0 where there is none.
    """
    lines, at = splitter.lines, 0
    while at < len(lines) and lines[at].startswith("#"):
        at += 1
    licensed = at > 1
    while licensed and at < len(lines) and not lines[at].strip():
        at += 1
    if at == 1 or at >= len(lines) or lines[at].rstrip() != "---":
        return 0
    close = next((n for n in range(at + 1, len(lines)) if lines[n].rstrip() in {"---", "..."}), 0)
    inner = [line for line in lines[at + 1 : close] if line.strip()]
    if (
        not close
        or (inner and not KEY.match(inner[0]))
        or (licensed and len(inner) < close - at - 1)
    ):
        return 0
    start = splitter.starts[at + 1]
    end = max(start, splitter.end_of(close - 1))
    return splitter.emit("front-matter", start, end, 0, close + 1, "---")
