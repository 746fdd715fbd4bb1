"""Ids for what had none: from the words of a text, or the path of a file."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been by for from if in into is it its of on or so that the their them"
        " then there these they this those to was were when which while will with you your we our",
    )
)
_WORD = re.compile(r"[a-z0-9]+")
_CODE = re.compile(r"```.*?```|\]\([^)\s]*\)|https?://\S+", re.DOTALL)
LONGEST = 40
ENDS = (
    ".instructions.md",
    ".chatmode.md",
    ".agent.md",
    ".prompt.md",
    ".prompt.yml",
    ".prompt.yaml",
)


class Names:
    """Gives each id once."""

    def __init__(self, taken: frozenset[str] | set[str] = frozenset()) -> None:
        self.taken = set(taken)

    def give(self, wanted: str) -> str:
        """`wanted`, with a number behind it where it is taken."""
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted}-{number}"
        self.taken.add(name)
        return name


def is_id(text: str) -> bool:
    """True for what may be an id as it stands."""
    return re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", text) is not None


def slug(text: str, longest: int = LONGEST) -> str:
    """The first words that say something, in lower-case ASCII joined by `-`; "" where none do."""
    plain = unicodedata.normalize("NFKD", _CODE.sub(" ", text[:400]).replace("’", "'"))
    plain = plain.replace("'", "").encode("ascii", "ignore").decode().lower()
    words = _WORD.findall(plain)
    chosen = [word for word in words if word not in _EMPTY] or words
    name = ""
    for word in chosen[:6]:
        longer = f"{name}-{word}" if name else word[:longest]
        if len(longer) > longest:
            break
        name = longer
    return name


def id_of(path: str) -> str:
    """An id from a path: the file's name, with its folders where the name says nothing alone."""
    inner = PurePosixPath(path.lower())
    name = inner.name
    end = next((end for end in ENDS if name.endswith(end) and name != end), inner.suffix)
    stem = name.removesuffix(end).lstrip(".") or name.lstrip(".")
    plain = slug_all(stem) or "prompt"
    common = plain in {"agents", "claude", "gemini", "skill", "readme", "prompt", "promptfooconfig"}
    folder = slug_all("-".join(part for part in inner.parent.parts if not part.startswith(".")))
    return f"{folder}-{plain}"[-60:].strip("-") if common and folder else plain


def slug_all(text: str) -> str:
    """Every word of a text, in lower-case ASCII joined by `-`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(_WORD.findall(plain))[:60].strip("-")
