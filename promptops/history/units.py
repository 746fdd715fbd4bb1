"""Units: what a rule is before it has an id, and what is compared."""

from __future__ import annotations

import re
from functools import lru_cache

from promptops.patterns import later
from promptops.values import NamedTuple

PROSE, HEADING, CODE = "prose", "heading", "code"

_MARKS = str.maketrans("“”„‘’–—", '"""\'\'--', "*`\\") | {ord("…"): "..."}
_UNDERLINED = later(r"(?<!\w)_+|_+(?!\w)")
_FILLED_IN = later(r"\{\{.*?\}\}|\{%.*?%\}|\$\{[^{}]*\}", re.DOTALL)
_LITERAL = later(r"""^(?:\w+\s*[:=]\s*)?[rbuf]{0,2}(?:\"{3}|'{3})|(?:\"{3}|'{3})\s*$""")
_MARKER = later(r"(?:\s*(?:[-*+•>]|\d{1,9}[.)]|#{1,6}|\[[ xX]\])\s+)+|\s*#{1,6}\s*$")


class Unit(NamedTuple):
    """One rule-like piece of a file: 1-based lines, both ends included.

    text: as written, on one line unless it is code. norm: for comparison only; two texts with
    equal norms differ in decoration at most. section: norm of the nearest heading above.
    """

    kind: str
    text: str
    norm: str
    line: int
    end_line: int
    section: str = ""
    id: str = ""


@lru_cache(maxsize=1 << 14)
def normalised(text: str) -> str:
    """Markers, emphasis, what is filled in, white space and case taken out of the comparison.

    A dash, a quotation mark or an ellipsis is the same whatever a keyboard has for it.
    """
    plain = text.translate(_MARKS)
    if "_" in plain:
        plain = _UNDERLINED.sub("", plain)
    if '"""' in plain or "'''" in plain:
        plain = _LITERAL.sub("", plain)
    if "{" in plain:
        plain = _FILLED_IN.sub(" ", plain)
    marker = _MARKER.match(plain)
    return " ".join((plain[marker.end() :] if marker else plain).split()).casefold()


def is_block(unit: Unit, text: str) -> bool:
    """True if the unit of this text is code or front matter of several lines: no one rule."""
    front = unit.line == 1 and text.startswith("---")
    return unit.line < unit.end_line and (unit.kind == CODE or front)
