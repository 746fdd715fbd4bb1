"""Text on lines of the screen's width."""

from __future__ import annotations

from promptops.report._blocks import Screen


def hung(lead: str, text: str, screen: Screen) -> list[str]:
    """`lead` and `text` wrapped to the screen, each further line indented under the text."""
    first, *more = wrapped(text, screen.width - len(lead))
    return [lead + first, *(" " * len(lead) + line if line else "" for line in more)]


def wrapped(text: str, columns: int) -> tuple[str, ...]:
    """The lines of a safe text; loads the Unicode tables only where it must."""
    if len(text) <= columns and text.isascii() and text.isprintable():
        return (text,)
    from promptops.report._width import wrap

    return wrap(text.replace("\t", "    "), columns)
