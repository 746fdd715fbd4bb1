"""How messages name things: a rule, a list, a cut of a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptops.model import Prompt, Rule


def named(rule: Rule, prompt: Prompt) -> str:
    """How a message names a rule: by its id; one that nobody gave an id by its line."""
    if prompt.governed or not rule.id.startswith("line-"):
        return f"rule `{rule.id}`"
    return f"the rule in line {rule.id.removeprefix('line-')}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """`a`, `b` and `c`; after `most` names the rest is counted."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > most:
        quoted[most:] = [f"{len(quoted) - most} more"]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def disjoint(a: Mapping[str, tuple[str, ...]], b: Mapping[str, tuple[str, ...]]) -> bool:
    """True if no case can be in both: the two `when`s name a slice and share no value of it."""
    return any(name in b and not set(values) & set(b[name]) for name, values in a.items())
