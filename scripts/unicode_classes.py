"""Writes promptops/tokens/data/unicode.txt: which class each character has for the pretokenizers.

The classes are read off tiktoken's own regular expression engine, which decides what "exact" means,
so that they depend neither on Python's Unicode version nor on another library's.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import pathlib
from itertools import pairwise

import tiktoken

CLASSES = {
    "U": r"\p{Lu}",
    "T": r"\p{Lt}",
    "l": r"\p{Ll}",
    "m": r"\p{Lm}",
    "o": r"\p{Lo}",
    "M": r"\p{M}",
    "n": r"\p{N}",
    "p": r"\p{P}",
    "y": r"\p{S}",
    "s": r"\s",
}
BYTES = {bytes([value]): value for value in range(256)}
SCALARS = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)


def members(pattern: str) -> set[str]:
    """The characters that `pattern` matches; text outside a match yields no tokens."""
    encoding = tiktoken.Encoding("probe", pat_str=pattern, mergeable_ranks=BYTES, special_tokens={})
    return set(bytes(encoding.encode_ordinary(SCALARS)).decode())


def runs() -> list[tuple[int, str]]:
    """(first character, class) of each run from U+0080 on; "." is none of the classes."""
    of = {ord(char): name for name, pattern in CLASSES.items() for char in members(pattern)}
    found: list[tuple[int, str]] = []
    for code in range(0x80, 0x110000):
        name = of.get(code, ".")
        if not found or found[-1][1] != name:
            found.append((code, name))
    return found


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=pathlib.Path)
    target = parser.parse_args().target
    lines = [
        f"# source: tiktoken {importlib.metadata.version('tiktoken')}, its regex engine's classes",
        f"# as_of: {datetime.date.today().isoformat()}",
        "# licence: derived from the Unicode Character Database, Unicode License v3",
        "# class and length (hexadecimal) of each run of characters from U+0080 on",
    ]
    found = [*runs(), (0x110000, ".")]
    cells = [f"{name}{after - start:x}" for (start, name), (after, _) in pairwise(found)]
    lines += [" ".join(cells[at : at + 24]) for at in range(0, len(cells), 24)]
    target.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
