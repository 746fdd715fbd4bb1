"""The only way out for foreign text: what a terminal or a reader could be fooled by is shown.

Text from files, commits, models and file systems passes here before any reporter prints it.
Nothing is dropped: a character that would act, hide or reorder is written out instead.
"""

from __future__ import annotations

from promptops.patterns import later

# Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt) with the reserved ranges,
# and what else has no picture of its own: C0, DEL, C1, bidirectional controls, line and paragraph
# separators, interlinear annotation controls, noncharacters, surrogates. Sorted; both ends included.
HIDDEN = (
    (0x0000, 0x001F),
    (0x007F, 0x009F),
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xD800, 0xDFFF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)


def hidden(code: int) -> bool:
    """True if the character of that code has no picture of its own: it acts, hides or reorders."""
    return any(low <= code <= high for low, high in HIDDEN)


class _Shown(dict[int, int | str]):
    """Code -> what stands for it, worked out once a character: `str.translate` asks for each."""

    def __missing__(self, code: int) -> int | str:
        shown: int | str = code
        if hidden(code):
            shown = f"\\x{code:02x}" if code < 0xA0 else f"<U+{code:04X}>"
        self[code] = shown
        return shown


_SHOWN = _Shown({0x09: 0x09, 0x0A: 0x0A, 0x0D: "\\r"})


def safe(text: str, *, columns: int | None = None) -> str:
    """`text` with every control, invisible, reordering or lone surrogate character made visible.

    Line feeds and tabs stay. The rest reads `\\x1b` below U+00A0 and `<U+202E>` above, so the
    result always encodes to UTF-8 and moves no cursor. With `columns`, each line is cut to that
    many terminal columns, its last one `…`, and a tab becomes a space.
    """
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_SHOWN)
    if columns is None or (len(text) <= columns and text.isascii() and text.isprintable()):
        return text
    from promptops.report._width import cut

    return "\n".join(cut(line, columns) for line in text.replace("\t", " ").split("\n"))


def one_line(text: str) -> str:
    """`safe(text)` on a single line: a line feed reads `\\n`, a tab is a space."""
    if text.isascii() and text.isprintable():
        return text
    return safe(text).replace("\n", "\\n").replace("\t", " ")


_COLONS = later(r"(?m)^([^\S\n]*):(?=:)")
_HASHES = later(r"(##\w*)\[")


def powerless(text: str, colon: str = r"\x3a", bracket: str = r"\x5b") -> str:
    """`text` in which no line is a command to whoever runs us: CI reads our output as it comes.

    GitHub obeys a line that begins with `::`, and `##[group]` anywhere; Azure Pipelines and
    TeamCity `##vso[…]` and `##teamcity[…]`. colon, bracket: what stands for the first of each.
    """
    if "::" in text:
        text = _COLONS.sub(lambda found: found[1] + colon, text)
    if "##" in text:
        text = _HASHES.sub(lambda found: found[1] + bracket, text)
    return text


_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def percent(path: str) -> str:
    """A path as the path of a URI (RFC 3986): all but its plainest characters percent-encoded.

    The bytes of a file name that is not UTF-8, kept as lone surrogates, come out as they are.
    """
    data = path.encode("utf-8", "surrogateescape" if _escaped(path) else "surrogatepass")
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data)


def _escaped(path: str) -> bool:
    return all("\udc80" <= c <= "\udcff" for c in path if "\ud800" <= c <= "\udfff")
