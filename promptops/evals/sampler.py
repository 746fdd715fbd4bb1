"""Texts that satisfy an assertion, or do not: what the simulated model writes its answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptops.model import Assertion

NEUTRAL: Mapping[str, str] = {
    "en": "Hello, and good that you ask; here is what we know about it and what happens next for you.",
    "de": "Guten Tag, gut, dass Sie fragen; hier steht, was wir dazu wissen und wie es weitergeht.",
    "fr": "Bonjour, vous avez bien fait de demander ; voici ce que nous savons et ce qui se passe ensuite.",
    "es": "Hola, qué bien que pregunta; esto es lo que sabemos y lo que pasa a continuación.",
}
DECLINED: Mapping[str, str] = {
    "en": "I cannot help with that.",
    "de": "Dabei kann ich Ihnen leider nicht helfen.",
    "fr": "Je ne peux pas vous aider.",
    "es": "No puedo ayudar con eso.",
}
CATEGORIES: Mapping[str, str] = {"CATEGORY_DIGIT": "1", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " "}
FILLER: Mapping[str, str] = {"en": "and so on", "de": "und so weiter", "fr": "et ainsi de suite"}


@dataclass
class Draft:
    """An answer being put together. whole: replaces everything, where an assertion asks for it.

    declines: it says in its language that it cannot help.
    """

    language: str = "en"
    first: str = ""
    parts: list[str] = field(default_factory=list)
    last: str = ""
    words: int = 0
    declines: bool = False
    whole: str = ""

    def text(self) -> str:
        """The answer."""
        if self.whole:
            return self.whole
        texts = DECLINED if self.declines else NEUTRAL
        said = texts.get(self.language, texts["en"])
        body = " ".join(part for part in (self.first, said, *self.parts) if part)
        filler = FILLER.get(self.language, FILLER["en"])
        while len(f"{body} {self.last}".split()) < self.words:
            body += f" {filler}"
        return f"{body} {self.last}".strip()


def add(draft: Draft, assertion: Assertion, holds: bool) -> None:
    """Let `assertion` hold of the draft, or not; kinds that nobody can write for stay as they fall."""
    holds = holds != assertion.negated
    argument = assertion.argument
    match assertion.kind:
        case "contains" if holds:
            draft.parts.append(str(argument))
        case "contains_any" if holds and argument:
            draft.parts.append(str(argument[0]))
        case "contains_all" if holds:
            draft.parts += map(str, argument)
        case "starts_with" if holds:
            draft.first = str(argument)
        case "ends_with" if holds:
            draft.last = str(argument)
        case "equals" if holds:
            draft.whole = str(argument)
        case "json" if holds:
            draft.whole = "{}"
        case "regex" if holds:
            draft.parts.append(matching(_pattern(argument)))
        case "language":
            draft.language = str(argument) if holds else ("en" if argument != "en" else "de")
        case "refusal":
            draft.declines = holds == bool(argument)
        case "word_count":
            draft.words = _words(argument, holds)
        case _:
            pass


def _pattern(argument: Any) -> str:
    return str(argument.get("pattern", "")) if isinstance(argument, Mapping) else str(argument)


def _words(argument: Any, holds: bool) -> int:
    """How many words at least: enough, or one more than allowed."""
    if not isinstance(argument, Mapping):
        return int(argument) if holds else int(argument) + 5
    if holds:
        return int(argument.get("min", 0))
    return int(argument["max"]) + 1 if "max" in argument else 0


def matching(pattern: str) -> str:
    """A short text that the pattern matches; "" where it is beyond this little machine."""
    import re

    parser: Any = getattr(re, "_parser")  # noqa: B009 - no public name since Python 3.11
    try:
        found = _match(parser.parse(pattern))
        return found if re.search(pattern, found) else ""
    except (re.error, ValueError, KeyError, RecursionError, OverflowError):
        return ""


def _match(nodes: Sequence[tuple[Any, Any]]) -> str:
    return "".join(_one(str(kind), value) for kind, value in nodes)


def _one(kind: str, value: Any) -> str:
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return "a" if value != ord("a") else "b"
        case "ANY":
            return "a"
        case "IN":
            return _member(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _match(value[2]) * int(max(value[0], min(1, value[1])))
        case "SUBPATTERN":
            return _match(value[-1])
        case "BRANCH":
            return _match(value[1][0])
        case "AT":
            return ""
        case _:
            raise ValueError(kind)


def _member(items: Sequence[tuple[Any, Any]]) -> str:
    kind, value = str(items[0][0]), items[0][1]
    match kind:
        case "LITERAL":
            return chr(value)
        case "RANGE":
            return chr(value[0])
        case "CATEGORY":
            return CATEGORIES[str(value)]
        case _:
            raise ValueError(kind)
