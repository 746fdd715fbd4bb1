"""Patterns that other people wrote, run so that no answer can hang them.

RE2 answers in linear time. `engine: regex` is Python's richer dialect with a second to answer in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from promptops.errors import ConfigError
from promptops.evals.assertions._extras import missing

SECONDS = 1.0
Span = tuple[int, int]
_HALVES = re.compile(
    "[\ud800-\udfff]"
)  # lone surrogates, which JSON may bring and UTF-8 can't hold


class Slow(Exception):
    """The pattern ran out of time."""


def search(
    pattern: str, text: str, *, ignore_case: bool = False, engine: str = "re2"
) -> Span | None:
    """Where the pattern first matches, in characters.

    ConfigError for a pattern that the engine refuses; `Slow` after a second of `engine: regex`.
    """
    text = whole(text)
    if engine == "regex":
        try:
            match = _regex(pattern, ignore_case).search(text, timeout=SECONDS)
        except TimeoutError:
            raise Slow from None
    else:
        match = _re2(pattern, ignore_case).search(text)
    return match.span() if match else None


def whole(text: str) -> str:
    """The text with `\ufffd` for each half of a character."""
    return _HALVES.sub("\ufffd", text)


@lru_cache(maxsize=512)
def _re2(pattern: str, ignore_case: bool) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(pattern, options=options)
    except (re2.error, UnicodeEncodeError):
        from promptops.checks.patterns import why_refused

        wrong, help = why_refused(pattern) or ("not a pattern", "")
        raise ConfigError(f"pattern `{pattern[:60]}`: {wrong}", help) from None


@lru_cache(maxsize=512)
def _regex(pattern: str, ignore_case: bool) -> Any:
    try:
        import regex
    except ImportError:
        raise missing("`engine: regex`", "regex") from None
    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except regex.error as error:
        raise ConfigError(f"pattern `{pattern[:60]}`: {error}", "correct the pattern") from None
