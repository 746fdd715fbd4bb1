"""The baseline: findings that were there before, so that an old repository can start today.

A finding is known by its check, its file, its rule and the words of its line, not by the line's
number; each line of the file is one finding, so that two branches merge. A finding that is mended
leaves the file the next time it is written: the ratchet only tightens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from promptops.diagnostic import Diagnostic
from promptops.digest import digest
from promptops.errors import ConfigError
from promptops.source.text import decode
from promptops.source.tree import Tree

DEFAULT_PATH = ".promptops-baseline"
_HEADER = (
    "# Findings that were there when promptops came; `promptops check --add-baseline` writes it.\n"
)


def read_baseline(tree: Tree, path: str) -> Counter[str]:
    """Known findings by fingerprint, with how often each; empty where there is no such file."""
    if not tree.exists(path):
        return Counter()
    known: Counter[str] = Counter()
    for number, line in enumerate(decode(tree.read(path), path).splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words[0]) != 16:
            raise ConfigError(
                "not a line of a baseline",
                "write the file anew: promptops check --add-baseline",
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
    new = []
    for diagnostic in found:
        mark = fingerprint(diagnostic, sources)
        if left[mark] > 0:
            left[mark] -= 1
        else:
            new.append(diagnostic)
    return tuple(new)


def baseline_text(found: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """The baseline file that knows all of `found`."""
    rows = sorted(
        f"{fingerprint(d, sources)} {d.code} {d.path.encode('unicode_escape').decode()} {d.rule}".rstrip()
        for d in found
    )
    return _HEADER + "".join(f"{row}\n" for row in rows)


def fingerprint(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    """16 hex digits that survive edits elsewhere in the file."""
    lines = sources.get(diagnostic.path, "").splitlines()
    line = diagnostic.span.line - 1
    words = " ".join(lines[line].split()) if line < len(lines) else ""
    parts = (diagnostic.code, diagnostic.path, diagnostic.rule, words)
    return digest(repr(parts).encode("utf-8", "replace"), 8)
