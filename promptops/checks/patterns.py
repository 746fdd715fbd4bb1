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
from promptops.checks._cases import assertions, key, selected
from promptops.checks._places import short
from promptops.diagnostic import Finding, Place, Severity
from promptops.model import Assertion, Prompt

_LITERAL = r"[^\\\[\](){}*+?|^$.]"
_ESCAPE = r"\\[dDwWsSbBzA\\.\[\](){}*+?|^$/\"'-]"
_CLASS = r"\[\^?(?:a-z|A-Z|0-9|\\[dDwWsS\\\].-]|[^\\\[\]^-])+-?\]"
_ATOM = rf"(?:{_LITERAL}|{_ESCAPE}|{_CLASS}|\.)"
_REPEAT = r"(?:[*+?]\??|\{\d{1,2},?\})?"
_GROUP = rf"\((?:\?:)?(?:{_ATOM}{_REPEAT}|\|)*\)(?:[*+?]\??)?"
_OPTIONAL = rf"(?:{_ATOM}|\((?:\?:)?(?:{_ATOM}{_REPEAT}|\|)*\))[*?]\??"
_ANYTHING = r"(?:\.|\\S|\\w|\[\\s\\S\]|\[\\S\\s\]|\[\\w\\W\])[*+]?\??"

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
                message = f"pattern `{short(str(one.argument))}`: {wrong[0]}"
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
        if any(it in pattern for it in _CLASSES) and (found := _ascii_class().search(pattern)):
            message = f"`{found[0]}` knows ASCII letters only, and the pattern has others"
            help = r"write `\pL` for a letter and `[^\pL]` for its opposite"
            yield Finding(place, message, help, within=found.span())


_CLASSES = (r"\b", r"\w", r"\B", r"\W")


@cache
def _ascii_class() -> re.Pattern[str]:
    r"""`\b`, `\w` … in a pattern that has a letter beyond ASCII."""
    return re.compile(r"(?<!\\)\\[bBwW](?=(?s:.*)[^\W\d_\x00-\x7f])|(?<=[^\W\d_\x00-\x7f])\\[bBwW]")


@check("PO203", "toothless-test", Severity.WARNING, (ON_PROMPT,))
def toothless_test(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """An assertion that every answer passes measures nothing and makes its rule look tested.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: all
                assert: {regex: '.*'}
        cases:
          - id: late-fee

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: all
                assert: {regex: '§[0-9]+'}
        cases:
          - id: late-fee
    """
    for place, one in assertions(prompt):
        if not one.negated and _passes_always(one):
            message = f"`{one.kind}: {short(str(one.argument))}` passes on every answer"
            yield Finding(place, message, "assert something that a wrong answer lacks")


def _passes_always(one: Assertion) -> bool:
    match one.argument:
        case "":
            return one.kind in ("contains", "starts_with", "ends_with", "regex")
        case str(text):
            may = one.kind == "regex" and (len(text) < 4 or text[-1] in "*?+$)")
            return may and _always().match(text) is not None
        case [*options]:
            return one.kind == "contains_any" and "" in options
        case {**limits}:
            within = limits.keys() <= {"min", "max"}
            return within and not limits.get("min") and "max" not in limits
    return False


@cache
def _always() -> re.Pattern[str]:
    """Patterns that match the empty text, or any text that is not empty."""
    return re.compile(rf"(?:\(\?[is]+\))?\^?(?:(?:{_OPTIONAL})*|{_ANYTHING}\$?)\Z")


@check("PO211", "impossible-test", Severity.ERROR, (ON_PROMPT,))
def impossible_test(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Two tests that ask for opposite things on one case, or a range that ends before it begins,
    fail whatever the model answers: the figures blame the model for a mistake in the tests.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: all
                assert: {contains: "§"}
              - cases: [greeting]
                assert: {not_contains: "§"}
                fires: false
        cases:
          - id: late-fee
          - id: greeting

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
            tests:
              - cases: [late-fee]
                assert: {contains: "§"}
              - cases: [greeting]
                assert: {not_contains: "§"}
                fires: false
        cases:
          - id: late-fee
          - id: greeting
    """
    for place, one in assertions(prompt):
        if isinstance(one.argument, dict) and not one.negated:
            low, high = one.argument.get("min"), one.argument.get("max")
            if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
                message = f"`{one.kind}` wants at least {low} and at most {high}"
                yield Finding(place, message, "swap the two, or correct one")
    yield from _opposites(prompt)


def _opposites(prompt: Prompt) -> Iterator[Finding]:
    """Assertions asked for on one case and ruled out on the same case."""
    wanted: dict[tuple[str, str, str], list[Place]] = {}
    banned: list[tuple[tuple[str, str, str], Place, Assertion]] = []
    for place, one in assertions(prompt):
        if isinstance(one.argument, (str, bool)):
            what = (one.kind, str(one.argument), str(one.options) if one.options else "")
            if one.negated:
                banned.append((what, place, one))
            else:
                wanted.setdefault(what, []).append(place)
    for what, place, one in banned:
        for other in wanted.get(what, ()):
            case = _shared(prompt, place, other)
            if case:
                message = f"`{key(one)}: {short(str(one.argument))}` on case `{case}` contradicts"
                message += f" another test that asks for it{_whose(prompt, place, other)}"
                help = "no answer can pass both: select other cases for one"
                yield Finding(place, message, help)
                break


def _shared(prompt: Prompt, a: Place, b: Place) -> str:
    """The first case on which the assertions at both places are judged, or ""."""
    mine, other = _named(prompt, a), _named(prompt, b)
    if mine is not None and other is not None:
        return next((name for name in mine if name in other), "")
    both = _on(prompt, a) & _on(prompt, b)
    return prompt.cases[min(both)].id if both else ""


def _named(prompt: Prompt, place: Place) -> tuple[str, ...] | None:
    """The ids of the cases an assertion is judged on, where they are written out."""
    first, i, *rest = place
    if first == "cases":
        return (prompt.cases[int(i)].id,)
    return prompt.rules[int(i)].tests[int(rest[1])].cases.ids or None


def _on(prompt: Prompt, place: Place) -> set[int]:
    """The cases on which the assertion at `place` is judged."""
    first, i, *rest = place
    if first == "cases":
        return {int(i)}
    return selected(prompt, prompt.rules[int(i)].tests[int(rest[1])].cases)


def _whose(prompt: Prompt, place: Place, other: Place) -> str:
    if other[:2] == place[:2]:
        return ""
    kind = "rule" if other[0] == "rules" else "case"
    owner = prompt.rules if other[0] == "rules" else prompt.cases
    return f", of {kind} `{owner[int(other[1])].id}`"
