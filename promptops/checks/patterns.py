"""PO2, the assertions themselves: patterns that no engine takes, tests that cannot fail or pass.

Patterns are compiled by RE2, as they are when they run. Loading and compiling cost more than all
other checks together, so what is plainly a good pattern (letters, classes, simple repeats) is
recognised by its shape and never compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._cases import assertions
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import excerpt
from promptops.model import Prompt

_LITERAL = r"[^\\\[\](){}*+?|^$.]"
_ESCAPE = r"\\[dDwWsSbBzA\\.\[\](){}*+?|^$/\"'-]"
_CLASS = r"\[\^?(?:a-z|A-Z|0-9|\\[dDwWsS\\\].-]|[^\\\[\]^-])+-?\]"
_ATOM = rf"(?:{_LITERAL}|{_ESCAPE}|{_CLASS}|\.)"
_REPEAT = r"(?:[*+?]\??|\{\d{1,2},?\})?"
_GROUP = rf"\((?:\?:)?(?:{_ATOM}{_REPEAT}|\|)*\)(?:[*+?]\??)?"
OPTIONAL = rf"(?:{_ATOM}|\((?:\?:)?(?:{_ATOM}{_REPEAT}|\|)*\))[*?]\??"
ANYTHING = r"(?:\.|\\S|\\w|\[\\s\\S\]|\[\\S\\s\]|\[\\w\\W\])[*+]?\??"

_HINTS = (
    ("(?=", "look-ahead not supported", "write two assertions, one for each condition"),
    ("(?!", "look-ahead not supported", "use `not_regex` for what must not be there"),
    ("(?<=", "look-behind not supported", "match what stands before as well"),
    ("(?<!", "look-behind not supported", "match what may stand before as well"),
    ("(?>", "atomic groups not supported", "leave out `?>`: RE2 never backtracks"),
    ("\\Z", "`\\Z` not supported", "write `\\z`"),
    ("\\u", "`\\uXXXX` not supported", "write the character itself, or `\\x{XXXX}`"),
    ("(?x", "verbose patterns not supported", "write it without white space and comments"),
)


@check("PO208", "refused-pattern", Severity.ERROR, (ON_PROMPT,))
def refused_pattern(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Patterns run in RE2, which answers in linear time on any input and so knows no look-around
    and no back-references. A pattern it refuses can judge no answer.

    Bad:
        rules:
          - id: end-with-question
            text: End with a question.
            tests:
              - cases: all
                assert: {regex: 'help(?= you)'}
        cases:
          - id: greeting

    Good:
        rules:
          - id: end-with-question
            text: End with a question.
            tests:
              - cases: all
                assert: {regex: 'help you\\s*\\?'}
        cases:
          - id: greeting
    """
    for place, one in assertions(prompt):
        if one.kind == "regex" and one.options.get("engine", "re2") == "re2":
            wrong = why_refused(str(one.argument))
            if wrong:
                message = f"pattern `{excerpt(str(one.argument), 40)}`: {wrong[0]}"
                yield Finding(place, message, wrong[1])


@lru_cache(maxsize=1024)
def why_refused(pattern: str) -> tuple[str, str] | None:
    """(what RE2 does not take, what to write instead), or None if RE2 takes the pattern."""
    if _plain().match(pattern):
        return None
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options=options)
    except re2.error as error:
        for part, reason, help in _HINTS:
            if part in pattern:
                return reason, help
        reason = error.args[0] if error.args else "not a pattern"
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return reason, "see https://github.com/google/re2/wiki/Syntax"
    return None


@cache
def _plain() -> re.Pattern[str]:
    """A shape that RE2 is known to take; much that it takes besides has not that shape."""
    return re.compile(rf"(?:\(\?[is]+\))?(?:{_ATOM}{_REPEAT}|{_GROUP}|[|^$])*\Z")


@check("PO209", "ascii-only-class", Severity.WARNING, (ON_PROMPT,))
def ascii_only_class(prompt: Prompt, around: Around) -> Iterator[Finding]:
    r"""In RE2 `\b`, `\w` and their opposites know ASCII letters only: `\büber\b` never matches a
    word that starts with ü, so the test passes or fails for the wrong reason.

    Bad:
        rules:
          - id: answer-in-german
            text: Antworte auf Deutsch.
            tests:
              - cases: all
                assert: {regex: '\bfür\w+'}
        cases:
          - id: greeting

    Good:
        rules:
          - id: answer-in-german
            text: Antworte auf Deutsch.
            tests:
              - cases: all
                assert: {regex: '(^|[^\pL])für\pL+'}
        cases:
          - id: greeting
    """
    for place, one in assertions(prompt):
        pattern = one.argument
        if one.kind != "regex" or pattern.isascii() or one.options.get("engine") == "regex":
            continue
        if "\\" in pattern and (found := _ascii_class().search(pattern)):
            message = f"`{found[0]}` knows ASCII letters only, and the pattern has others"
            help = r"write `\pL` for a letter and `[^\pL]` for its opposite"
            yield Finding(place, message, help, within=found.span())


@cache
def _ascii_class() -> re.Pattern[str]:
    r"""`\b`, `\w` … in a pattern that has a letter beyond ASCII."""
    letter = r"[^\W\d_\x00-\x7f]"
    return re.compile(rf"(?<!\\)\\[bBwW](?=(?s:.*){letter})|(?<={letter})\\[bBwW]")
