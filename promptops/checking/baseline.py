"""The baseline: findings that were there before, so that an old repository can start today.

A finding is known by its check, its file, its rule and the words of its line, not by the line's
number; each line of the file is one finding, so that two branches merge. A finding that is mended
leaves the file the next time it is written: the ratchet only tightens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from promptops.checks.form import REFUSED
from promptops.diagnostic import Diagnostic
from promptops.digest import digest
from promptops.errors import ConfigError
from promptops.patterns import later
from promptops.source.document import Lines
from promptops.source.text import decode
from promptops.source.tree import Tree

_MARK = later("[0-9a-f]{16}")
_BY_LINE = later(r"line-\d+")  # rules of a plain file have no other name
_HEADER = (
    "# Findings that were there when promptops came; `promptops check --add-baseline` writes it.\n"
)


def read_baseline(tree: Tree, path: str) -> Counter[str]:
    """Known findings by fingerprint, with how often each; empty where there is no such file.

    ConfigError where the file is something else.
    """
    if not tree.exists(path):
        return Counter()
    known: Counter[str] = Counter()
    for number, line in enumerate(decode(tree.read(path), path).split("\n"), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if not _MARK.fullmatch(words[0]):
            raise ConfigError(
                "not a line of a baseline",
                f"if {path} is one, delete it and write it anew: promptops check --add-baseline",
                path=path,
                line=number,
                column=1,
            )
        known[words[0]] += 1
    return known


def new_only(
    found: Sequence[Diagnostic], sources: Mapping[str, str], known: Counter[str]
) -> tuple[Diagnostic, ...]:
    """The diagnostics that the baseline does not know."""
    if not known:
        return tuple(found)
    left = known.copy()
    marks = Fingerprints(sources)
    new = []
    for diagnostic in found:
        mark = marks.of(diagnostic)
        if left[mark] > 0 and not diagnostic.code.startswith(REFUSED):
            left[mark] -= 1
        else:
            new.append(diagnostic)
    return tuple(new)


def accepted(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What a baseline may hold: a file that could not be read is no finding to get used to."""
    return [diagnostic for diagnostic in found if not diagnostic.code.startswith(REFUSED)]


def baseline_text(found: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """The baseline file that knows all of `found`."""
    marks = Fingerprints(sources)
    rows = sorted(
        f"{marks.of(d)} {d.code} {_ascii(d.path)} {_ascii(d.rule)}".rstrip() for d in found
    )
    return _HEADER + "".join(f"{row}\n" for row in rows)


def _ascii(text: str) -> str:
    return text.encode("unicode_escape").decode()


class Fingerprints:
    """Names for findings, 16 hex digits each, that survive edits elsewhere in the file."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._lines: dict[str, Lines] = {}

    def of(self, diagnostic: Diagnostic) -> str:
        """The name of one finding: its check, file, rule, and the words of its line."""
        path = diagnostic.path
        if path not in self._lines:
            self._lines[path] = Lines(self._sources.get(path, ""))
        words = " ".join(self._lines[path].line(diagnostic.span.line).split())
        named = "" if _BY_LINE.fullmatch(diagnostic.rule) else diagnostic.rule
        parts = (diagnostic.code, path, named, words)
        return digest(repr(parts).encode("utf-8", "replace"), 8)
