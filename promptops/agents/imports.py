"""`@path` imports of a Markdown file: outside code spans and fences, as the tools read them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from promptops.values import NamedTuple

_FENCE = re.compile(
    r"(?m)^[ \t]{0,3}(?P<mark>`{3,}|~{3,})[^\n]*\n(?:.*\n)*?[ \t]{0,3}(?P=mark)[`~]*[ \t]*$"
)
_OPEN = re.compile(r"(?m)^[ \t]{0,3}(?:`{3,}|~{3,})[^\n]*$")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n[ \t]*\n)[^`]|(?!(?<!`)\1(?!`))`)*?(?<!`)\1(?!`)")
_AT = re.compile(r"(?<!\S)@(?P<path>[A-Za-z0-9_.~/][^\s`]*)")
_DOCUMENT = re.compile(r"\.(?:md|mdc|markdown|txt|rst|adoc|json|ya?ml|toml)$", re.IGNORECASE)


class Import(NamedTuple):
    """One `@path`: as written, and where (characters)."""

    path: str
    start: int
    end: int

    @property
    def surely(self) -> bool:
        """True if it names a document; `@alice` may be a person, `@scope/name` a package."""
        return self.path.startswith(("./", "../")) or _DOCUMENT.search(self.path) is not None


def imports(text: str) -> Iterator[Import]:
    """Every import, in the order of the text. Punctuation that ends a sentence is no part of it."""
    if "@" not in text:
        return
    for found in _AT.finditer(without_code(text)):
        path = found["path"].rstrip(".,;:!?)]}\"'")
        if path:
            yield Import(path, found.start(), found.start() + 1 + len(path))


def resolved(path: str, importer: str) -> str | None:
    """The path relative to the root; None where it leads out: `~`, absolute or too many `..`."""
    if path.startswith(("~", "/")):
        return None
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
    return None if whole == ".." or whole.startswith("../") else whole


def without_code(text: str) -> str:
    """The text with code blanked out, every other character in its place."""
    text = _FENCE.sub(_blank, text)
    unclosed = _OPEN.search(text)
    if unclosed is not None:
        text = text[: unclosed.start()] + " " * (len(text) - unclosed.start())
    return _SPAN.sub(_blank, text) if "`" in text else text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
