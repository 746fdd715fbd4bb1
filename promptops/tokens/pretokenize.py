"""Splitting a text into the pieces that byte-pair encoding works on, exactly as tiktoken does.

The published patterns use Unicode classes (`\\p{L}`), which the standard library's `re` lacks, and
other engines answer by another Unicode version: `regex` 2026.11 and tiktoken 0.14 disagree on 17,000
characters. So every non-ASCII character is first replaced, one for one, by a stand-in for its
class (`data/unicode.txt`, read off tiktoken's own engine), and the pattern is translated to match
stand-ins. ASCII text, most prompts, needs no replacing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

Split = Callable[[str], list[str]]

_STAND_INS = dict(zip("UTlmoMnpys.", "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a", strict=True))
_LONG_S = "\x8b"  # U+017F is a lower case letter that `(?i:s)` matches
_WHITE = "\t\n\x0b\x0c\r \x89"
_CLASSES = {
    r"\p{L}": "A-Za-z\x80-\x84\x8b",
    r"\p{Lu}": "A-Z\x80",
    r"\p{Lt}": "\x81",
    r"\p{Ll}": "a-z\x82\x8b",
    r"\p{Lm}": "\x83",
    r"\p{Lo}": "\x84",
    r"\p{M}": "\x85",
    r"\p{N}": "0-9\x86",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}\x87",
    r"\p{S}": r"$+<=>\^`|~\x88",
    r"\s": _WHITE,
}
_PARTS = re.compile(r"\(\?i:|\\p\{\w+\}|\\.|[\[\]()$]|[A-Za-z]|.", re.DOTALL)


class _Classes(dict[int, str]):
    """Character -> stand-in, looked up in the runs at its first use."""

    def __init__(self) -> None:
        super().__init__({code: chr(code) for code in range(0x80)})
        self.starts: list[int] = []
        self.names = ""
        path = os.path.join(os.path.dirname(__file__), "data", "unicode.txt")
        start = 0x80
        with open(path, encoding="ascii") as file:
            cells = [cell for line in file if line[0] != "#" for cell in line.split()]
        for cell in cells:
            self.starts.append(start)
            start += int(cell[1:], 16)
        self.names = "".join(cell[0] for cell in cells)
        self[0x17F] = _LONG_S

    def __missing__(self, code: int) -> str:
        from bisect import bisect_right

        stand_in = _STAND_INS[self.names[bisect_right(self.starts, code) - 1]]
        self[code] = stand_in
        return stand_in


_classes: _Classes | None = None


def stand_ins(text: str) -> str:
    """`text` with each non-ASCII character replaced by its class's stand-in: same length."""
    global _classes
    if _classes is None:
        _classes = _Classes()
    return text.translate(_classes)


def splitter(pattern: str) -> Split:
    """A function from a text to its pieces under a published pattern (tiktoken's `pat_str`).

    Text that the pattern does not match is left out, as tiktoken does. ValueError for a pattern
    that uses a class no stand-in exists for.
    """
    compiled = re.compile(translate(pattern))
    whole = compiled.findall

    def split(text: str) -> list[str]:
        if text.isascii():
            pieces: list[str] = whole(text)
            return pieces
        spans = (match.span() for match in compiled.finditer(stand_ins(text)))
        return [text[start:end] for start, end in spans]

    return split


def translate(pattern: str) -> str:
    """A published pattern in terms of stand-ins, for the standard library's `re`."""
    out: list[str] = []
    in_set = ignoring_case = False
    for part in _PARTS.findall(pattern):
        if part == "(?i:":
            ignoring_case = True
            part = "(?:"
        elif part == ")":
            ignoring_case = False
        elif part in "[]" and len(part) == 1:
            in_set = part == "["
        elif part == "$":
            part = r"\Z"
        elif part[0] == "\\":
            part = _escape(part, in_set, pattern)
        elif ignoring_case and part.isalpha():
            part = part.lower() + part.upper() + (_LONG_S if part in "sS" else "")
            part = part if in_set else f"[{part}]"
        out.append(part)
    return "".join(out)


def _escape(part: str, in_set: bool, pattern: str) -> str:
    if part in (r"\r", r"\n", r"\t"):
        return part
    if part == r"\S" and not in_set:
        return f"[^{_WHITE}]"
    if part not in _CLASSES:
        raise ValueError(f"{part} in the pattern {pattern!r} is not supported")
    return _CLASSES[part] if in_set else f"[{_CLASSES[part]}]"
