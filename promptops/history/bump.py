"""Which version bump a change of a prompt needs, and which one was made. Pure functions.

`docs/format.md` has the rule: major where what callers rely on changed (a rule removed or
reworded, the messages around the rules reworded, a variable gone, models, modalities, data
classes or the output contract changed); minor where something came to it or only its order or
typography changed; patch where the model sees the same text as before.
"""

from __future__ import annotations

from collections import Counter
from enum import IntEnum

from promptops.model import Prompt


class Bump(IntEnum):
    """How much a version must grow; they compare: PATCH < MINOR < MAJOR."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """`none`, `patch`, `minor` or `major`."""
        return self.name.lower()


def needed_bump(before: Prompt, after: Prompt) -> Bump:
    """The smallest bump that tells callers the truth; NONE where nothing but the version differs.

    Paths do not count: a prompt that was moved is the same prompt.
    """
    if _breaks(before, after):
        return Bump.MAJOR
    if _adds(before, after):
        return Bump.MINOR
    return Bump.PATCH if _metadata(before) != _metadata(after) else Bump.NONE


def made_bump(before: str, after: str) -> Bump:
    """What was done to the version: the highest part that grew; NONE where it fell or stayed.

    `2.0.0-rc.1` already is the bump to 2.0.0, so finishing it (or the next rc) counts as one.
    """
    old, new = _parts(before), _parts(after)
    if new == old and "-" in before:
        old = (old[0] - (old[1:] == (0, 0)), old[1] - (old[2] == 0), -1)
    if new <= old:
        return Bump.NONE
    return (Bump.MAJOR, Bump.MINOR, Bump.PATCH)[next(i for i in range(3) if old[i] != new[i])]


def bumped(version: str, bump: Bump) -> str:
    """The version after `bump`, without a pre-release part; the same version for NONE."""
    major, minor, patch = _parts(version)
    match bump:
        case Bump.MAJOR:
            return f"{major + 1}.0.0"
        case Bump.MINOR:
            return f"{major}.{minor + 1}.0"
        case Bump.PATCH:
            return f"{major}.{minor}.{patch + 1}"
        case _:
            return version


def same_words(one: str, other: str) -> bool:
    """True if two texts differ in white space at most."""
    return one.split() == other.split()


def _breaks(before: Prompt, after: Prompt) -> bool:
    contract = (_models(before), _contract(before)) != (_models(after), _contract(after))
    gone = before.variables.keys() - after.variables.keys()
    lost = _rules_lost(before, after) or _tools_lost(before, after)
    return bool(contract or gone or lost or _messages_reworded(before, after))


def _models(prompt: Prompt) -> tuple[str, frozenset[str]]:
    return (prompt.models[0] if prompt.models else "", frozenset(prompt.models))


def _contract(prompt: Prompt) -> tuple[object, ...]:
    modalities = frozenset(prompt.modalities_in), frozenset(prompt.modalities_out)
    return (*modalities, frozenset(prompt.data), prompt.output_schema)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _rules_lost(before: Prompt, after: Prompt) -> bool:
    """True if some rule's words are no longer all there; a rule that got another id is."""
    return bool(_rule_words(before) - _rule_words(after))


def _tools_lost(before: Prompt, after: Prompt) -> bool:
    """True if some tool is gone or says something else: answers that called it rely on it."""
    return any(tool not in after.tools for tool in before.tools)


def _rule_words(prompt: Prompt) -> Counter[tuple[str, ...]]:
    return Counter(_words(rule.text) for rule in prompt.rules)


def _messages_reworded(before: Prompt, after: Prompt) -> bool:
    if len(before.messages) != len(after.messages):
        return True
    pairs = zip(before.messages, after.messages, strict=True)
    return any(b.role != a.role or _words(b.content) != _words(a.content) for b, a in pairs)


def _adds(before: Prompt, after: Prompt) -> bool:
    return (
        _said(before) != _said(after)
        or before.tools != after.tools
        or [rule.text for rule in before.rules] != [rule.text for rule in after.rules]
        or [rule.section for rule in before.rules] != [rule.section for rule in after.rules]
        or bool(after.variables.keys() - before.variables.keys())
        or set(before.languages) != set(after.languages)
    )


def _said(prompt: Prompt) -> list[tuple[str, str]]:
    """The messages as the model sees them."""
    return [(message.role, message.content) for message in prompt.messages]


def _metadata(prompt: Prompt) -> tuple[object, ...]:
    return (
        *(prompt.id, prompt.summary, prompt.owners, prompt.models, prompt.languages),
        *(prompt.modalities_in, prompt.modalities_out, prompt.data, dict(prompt.variables)),
        *(prompt.budget, prompt.rules, prompt.retired, prompt.cases, prompt.target),
        *(prompt.images, prompt.messages),
    )


def _parts(version: str) -> tuple[int, int, int]:
    numbers = version.partition("-")[0].partition("+")[0].split(".")
    parts = [int(n) if n.isdecimal() else 0 for n in (*numbers, "0", "0", "0")[:3]]
    return (parts[0], parts[1], parts[2])
