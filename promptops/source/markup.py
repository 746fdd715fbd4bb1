"""What one line of Markdown is: predicates on a line without its outer white space."""

from __future__ import annotations

import re

from promptops.patterns import later

BULLETS = "-*+•◦▪‣●○∙"
ITEM_START = later(
    rf"(?:[{BULLETS}]|[0-9]{{1,9}}[.)])(?:\s+|$)(?:\[[ xX]\](?:\s+|$))?|[0-9]{{1,3}}、\s*"
)
FENCE = later(r"(`{3,})[^`]*$|(~{3,})")
NUMBER = later(r"[0-9]{1,9}[.)]\s+\S")
# Lines of a paragraph that stand for themselves though nothing but their first sign says so.
SIGNS = "✅❌☑✔✖✗✘🚫⛔👉➡"
STARTERS = frozenset(BULLETS + SIGNS + "#`~0123456789><{|_")
# What ends a paragraph without a blank line. A number does so only where it begins a list (1, or
# 0): a wrapped sentence may well have "14." at the start of a line.
INTERRUPT = later(
    rf"#{{1,6}}(?:\s|$)|```[^`]*$|~~~|[{BULLETS}]\s+\S|[01][.)]\s+\S|[0-9]{{1,3}}、|>|<!--"
)
TAG = later(r"<(/?)([A-Za-z][\w:.-]*)[^<>]*?(/?)>")
TAGS = later(r"(?:</?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>\s*)+$|<[!?][A-Za-z][^<>]*>$")
TEMPLATE = later(r"(?:(?:\{%(?:(?!%\}).)*%\}|\{\{(?:(?!\}\}).)*\}\}|\{#(?:(?!#\}).)*#\})\s*)+$")
LEAF = later(r"<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>((?:(?!</\1\s*>).)+)</\1\s*>$")
HTML_BLOCK = later(
    r"</?(?:table|thead|tbody|tr|td|th|caption|ul|ol|li|dl|dt|dd|p|div|center|img|hr|h[1-6]"
    r"|iframe|picture|source|video|summary|script|style)\b",
    re.I,
)
KEY = later(r"[\"']?[\w.-]+[\"']?\s*:(?:\s|$)|- |#")
QUOTE = later(r"\s*(?:>[ \t]?)+")
ALERT = later(r"\[![A-Z]+\]$")


def column_of(prefix: str) -> int:
    """The column (0-based, tab stops of 4) after `prefix`."""
    return len(prefix.expandtabs(4)) if "\t" in prefix else len(prefix)


def indent_of(line: str) -> int:
    """Characters of white space at the start of a line."""
    return len(line) - len(line.lstrip())


def is_delimiter(body: str) -> bool:
    """True for the second line of a table: `|---|:-:|`."""
    return "|" in body and "-" in body and not body.strip("|:- \t")


def is_break(body: str) -> bool:
    """True for `---`, `* * *`, `___`."""
    mark = body[0]
    return mark in "-*_" and body.count(mark) >= 3 and not body.strip(f"{mark} \t")


def is_markup(body: str) -> bool:
    """True for a line of nothing but tags, or of HTML that lays out a page."""
    return bool(TAGS.match(body) or HTML_BLOCK.match(body))


def is_template(body: str) -> bool:
    """True for a line of nothing but Jinja or Handlebars: `{% if x %}`, `{{#each x}}`."""
    return TEMPLATE.match(body) is not None


def leaf(body: str) -> re.Match[str] | None:
    """Tag (1) and text (2) of `<rule>Never do that.</rule>`: a tag of the author's own."""
    return None if HTML_BLOCK.match(body) else LEAF.match(body)


def is_line_by_line(lines: list[str]) -> bool:
    """True for sentences written one a line, without bullets.

    Every line begins with a capital, and all but the last end alike: with a stop, or without. In
    wrapped prose of three lines or more that is all but impossible.
    """
    stripped = [line.strip() for line in lines]
    if not all(line[0].isupper() for line in stripped):
        return False
    return len({line[-1] in ".:;!?)" for line in stripped[:-1]}) == 1


def interrupts(body: str, in_item: bool) -> bool:
    """True if the line ends the paragraph or item before it. Tables need the line after, too."""
    match body[0]:
        case "<":
            return bool(INTERRUPT.match(body) or is_markup(body) or leaf(body))
        case "{":
            return body.startswith(("{{!", "{# ")) or is_template(body)
        case "-" | "*" | "_" if is_break(body):
            return True
        case "|" | "_":
            return False
        case sign if sign in SIGNS:
            return True
    return bool(INTERRUPT.match(body) or (in_item and NUMBER.match(body)))
