"""What changed between two texts, word by word."""

from __future__ import annotations

from difflib import SequenceMatcher

from promptops.patterns import later

_WORDS = later(r"\s+|[^\s\w]+|\w+")


def word_runs(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Runs ("=", text), ("-", text), ("+", text) that make `before` into `after`.

    The "=" and "-" runs join to `before`, the "=" and "+" runs to `after`.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    runs: list[tuple[str, str]] = []
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(("=", "".join(old[i:i_end])))
            continue
        if i < i_end:
            runs.append(("-", "".join(old[i:i_end])))
        if j < j_end:
            runs.append(("+", "".join(new[j:j_end])))
    return tuple(runs)
