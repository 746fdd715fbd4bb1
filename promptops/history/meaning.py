"""What likeness does not see: a text made stronger, weaker, turned round, or given other numbers."""

from __future__ import annotations

from collections import Counter

from promptops.patterns import later

STRENGTH = {
    "must": 3, "never": 3, "always": 3, "shall": 3, "required": 3, "forbidden": 3, "critical": 3,
    "mandatory": 3, "ensure": 2, "should": 2, "avoid": 2, "recommended": 2, "prefer": 1, "try": 1,
    "may": 0, "can": 0, "might": 0, "could": 0, "consider": 0, "optional": 0, "optionally": 0,
}  # fmt: skip
_NEGATIONS = frozenset(
    {"not", "never", "no", "don't", "dont", "avoid", "without", "cannot", "can't", "shouldn't",
     "mustn't", "doesn't", "isn't", "won't", "stop", "refuse", "forbidden", "neither", "nor"}
)  # fmt: skip
_WORD = later(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_NUMBER = later(r"\d+(?:[.,]\d+)*%?")
_SHOUTED = later(r"\b[A-Z]{3,}\b")


def changed_meaning(before: str, after: str) -> tuple[str, ...]:
    """What a rewording did to the force of a text, of: reversed, stronger, weaker, number changed.

    Words are all it looks at: it points a reader to a place and proves nothing.
    """
    old, new = _words(before), _words(after)
    found = []
    if _turned(old, new):
        found.append("reversed")
    force = _force(new, after) - _force(old, before)
    if force and not found:
        found.append("stronger" if force > 0 else "weaker")
    if Counter(_NUMBER.findall(before)) != Counter(_NUMBER.findall(after)):
        found.append("number changed")
    return tuple(found)


def _turned(old: list[str], new: list[str]) -> bool:
    """A negation came or went at the beginning, or in a text that is otherwise much the same."""
    if _negated(old[:3]) != _negated(new[:3]):
        return True
    left, right = set(old) - _NEGATIONS, set(new) - _NEGATIONS
    alike = len(left & right) >= 0.7 * max(len(left | right), 1)
    return alike and _negated(old) % 2 != _negated(new) % 2


def _words(text: str) -> list[str]:
    return [word.replace("\u2019", "'").lower() for word in _WORD.findall(text)]


def _negated(words: list[str]) -> int:
    return sum(word in _NEGATIONS for word in words)


def _force(words: list[str], text: str) -> float:
    """The strongest modal, 2 where there is none (a bare imperative), a little more if shouted."""
    modals = [STRENGTH[word] for word in words if word in STRENGTH]
    shouted = any(
        word.lower() in STRENGTH or word in ("NOT", "DO") for word in _SHOUTED.findall(text)
    )
    return (max(modals) if modals else 2) + 0.5 * shouted
