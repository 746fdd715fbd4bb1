"""Terminal columns: how wide a text is, and how it is cut, wrapped and padded.

East Asian wide and full-width characters (UAX #11) and emoji take two columns, combining marks
none. Ambiguous characters take one, as in terminals outside East Asian locales.
"""

from __future__ import annotations

from functools import lru_cache


class _Cells(dict[str, int]):
    def __missing__(self, character: str) -> int:
        from unicodedata import category, east_asian_width

        if category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":
            cells = 0  # conjoining Hangul vowels and finals sit in the block of their initial
        else:
            cells = 2 if east_asian_width(character) in ("W", "F") else 1
        self[character] = cells
        return cells


_CELLS = _Cells()


def width(text: str) -> int:
    """Columns of a single line that `safe` let through and that holds no tab."""
    return len(text) if text.isascii() else sum(map(_CELLS.__getitem__, text))


def head(text: str, columns: int) -> str:
    """The longest start of `text` that takes at most `columns`."""
    if text.isascii():
        return text[: max(columns, 0)]
    taken = 0
    for index, character in enumerate(text):
        taken += _CELLS[character]
        if taken > columns:
            return text[:index]
    return text


def tail(text: str, columns: int) -> str:
    """The longest end of `text` that takes at most `columns` and starts with no combining mark."""
    if text.isascii():
        return text[len(text) - columns :] if 0 < columns < len(text) else text * (columns > 0)
    taken, start = 0, len(text)
    for index in range(len(text) - 1, -1, -1):
        taken += _CELLS[text[index]]
        if taken > columns:
            break
        if _CELLS[text[index]]:
            start = index
    return text[start:]


def cut(text: str, columns: int, mark: str = "…") -> str:
    """`text` if it fits into `columns`, else its start and `mark`."""
    if width(text) <= columns:
        return text
    return head(head(text, columns - len(mark)) + mark, columns)


@lru_cache(maxsize=256)  # the same help stands under many diagnostics
def wrap(text: str, columns: int) -> tuple[str, ...]:
    """Lines of at most `columns`, broken at spaces, inside a word only where it is too long.

    A line feed ends a line; an empty text is one empty line. A single character that is wider
    than `columns` stands alone on its line.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _wrap_line(paragraph, max(columns, 1))
    return tuple(line.rstrip(" ") for line in lines)


def _wrap_line(text: str, columns: int) -> list[str]:
    if width(text) <= columns:
        return [text]
    lines, line, taken = [], "", 0
    for word in text.split(" "):
        size = width(word)
        if line and taken + 1 + size <= columns:
            line, taken = f"{line} {word}", taken + 1 + size
            continue
        if line:
            lines.append(line)
        *full, line = parted(word, columns) if size > columns else [word]
        lines += full
        taken = width(line)
    return [*lines, line]


def _parts(word: str) -> list[str]:
    """Where a long word may end a line: after a slash, and before the host of an address."""
    if "/" not in word and "@" not in word:
        return [word]
    return word.replace("/", "/\n").replace("@", "\n@").strip("\n").split("\n")


def parted(word: str, columns: int) -> list[str]:
    """A word in pieces of at most `columns`, of whole parts where those fit."""
    pieces, line = [], ""
    for part in _parts(word):
        if line and width(line) + width(part) > columns:
            pieces.append(line)
            line = ""
        *full, line = broken(line + part, columns)
        pieces += full
    return [*pieces, line]


def broken(word: str, columns: int) -> list[str]:
    """A word in pieces of at most `columns`."""
    if word.isascii():
        return [word[at : at + columns] for at in range(0, len(word), columns)] or [""]
    pieces, start, taken = [], 0, 0
    for index, character in enumerate(word):
        cells = _CELLS[character]
        if taken + cells > columns and index > start:
            pieces.append(word[start:index])
            start, taken = index, 0
        taken += cells
    return [*pieces, word[start:]]


def pad(text: str, columns: int, align: str = "l") -> str:
    """`text` filled with spaces up to `columns`, on its left where `align` is "r"."""
    space = " " * (columns - width(text))
    return space + text if align == "r" else text + space
