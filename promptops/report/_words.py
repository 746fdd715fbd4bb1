"""A word-level difference for people, in the manner of `git diff --word-diff`."""

from __future__ import annotations

from promptops.report import Screen, Words
from promptops.report._width import broken, width
from promptops.report.safe import safe

MARKS = {"-": ("[-", "-]", "bad"), "+": ("{+", "+}", "good")}


def words(block: Words, screen: Screen) -> list[str]:
    """Lines of running text with `[-removed-]` and `{+added+}` words, wrapped to the screen."""
    drawn, line, taken = [], "", 0
    for text, style, breaks in _pieces(block, screen.width):
        size = width(text)
        if breaks or (taken and taken + size > screen.width):
            drawn.append(line.rstrip(" "))
            line, taken = "", 0
            text = "" if breaks else text.lstrip(" ")
            size = width(text)
        line += screen.paint(text, style) if text else ""
        taken += size
    return [*drawn, line.rstrip(" ")]


def _pieces(block: Words, columns: int) -> list[tuple[str, str, bool]]:
    """(text, style, whether a line ends here): a word with the space before it, or less."""
    pieces = []
    for sign, text in block.runs:
        opening, closing, style = MARKS.get(sign, ("", "", ""))
        marked = opening + safe(text).replace("\t", "    ") + closing
        for number, line in enumerate(marked.split("\n")):
            if number:
                pieces.append(("", style, True))
            first, *rest = line.split(" ")
            for word in [first, *(" " + word for word in rest)]:
                pieces += [(piece, style, False) for piece in broken(word, max(columns, 1))]
    return pieces
