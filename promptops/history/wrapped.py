"""Lines that were only wrapped anew: a blank line more or less makes two paragraphs of one, or one of two."""

from __future__ import annotations


def only_wrapped(whole: str, span: tuple[int, int], other: str, inside: tuple[int, int]) -> bool:
    """True if the text `other` has the very lines of `whole` from `span` on, but for blank ones.

    span: first and last line (1-based) of what is one unit in `whole`. inside: those of one of the
    units that it is in `other`.
    """
    lines = _told(whole, *span)
    there = _told(other, 1, other.count("\n") + 1)
    said = [line for _, line in lines]
    ours = [line for _, line in _told(other, *inside)]
    first = next((n for n, (number, _) in enumerate(there) if number >= inside[0]), 0)
    for at in range(len(said) - len(ours) + 1):
        start = first - at
        if start >= 0 and [line for _, line in there[start : start + len(said)]] == said:
            return True
    return False


def _told(text: str, first: int, last: int) -> list[tuple[int, str]]:
    """Numbered lines of the text that are not blank, without what stands around them."""
    rows = enumerate(text.split("\n")[first - 1 : last], first)
    return [(number, line.strip()) for number, line in rows if line.strip()]
