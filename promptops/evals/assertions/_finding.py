"""Texts within an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from promptops.evals import Judgement
from promptops.excerpt import excerpt

Span = tuple[int, int]


@lru_cache(maxsize=1024)
def literal(part: str, ignore_case: bool, whole_words: bool = False) -> re.Pattern[str]:
    """A pattern that finds exactly `part`; it needs no backtracking."""
    source = re.escape(part)
    source = rf"\b{source}\b" if whole_words else source
    return re.compile(source, re.IGNORECASE if ignore_case else 0)


def find(answer: str, part: str, options: Mapping[str, Any]) -> Span | None:
    """Where `part` first stands in the answer."""
    pattern = literal(part, bool(options.get("ignore_case")), bool(options.get("whole_words")))
    match = pattern.search(answer)
    return match.span() if match else None


def find_each(
    answer: str, parts: tuple[str, ...], options: Mapping[str, Any]
) -> Iterator[tuple[str, Span | None]]:
    """Each part and where it first stands."""
    for part in parts:
        yield part, find(answer, part, options)


def found(span: Span, what: str) -> Judgement:
    """Passed, because `what` stands there."""
    return Judgement(True, f"{short(what)} stands in the answer", span)


def lacking(what: str, cut: bool) -> Judgement:
    """Failed, because `what` is nowhere; not judged where the rest of the answer is missing."""
    reason = f"{short(what)} is not in the answer"
    return Judgement(None, f"{reason}, which was cut") if cut else Judgement(False, reason)


def short(text: str) -> str:
    """A text in backquotes, at most 60 characters of it, on one line."""
    return f"`{excerpt(text) or text.replace(chr(10), '⏎')}`"


def unfinished(what: str) -> Judgement:
    """Not judged: the assertion needs the end of the answer."""
    return Judgement(None, f"the answer was cut, and {what} needs its end")
