"""PO4, rules against each other: word for word, or by their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from promptops.checks import ON_INSTRUCTIONS, ON_PROMPT, Around, check
from promptops.checks._places import disjoint, named
from promptops.checks._polarity import TURNING, sign_of, theme
from promptops.checks._words import STEMS, clauses, contents, split, stem, words
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import excerpt
from promptops.model import Prompt, Rule

_UNITS = "word|sentence|paragraph|bullet|character|line|item|question|example|emoji|heading|section"
_UNIT_STEMS = frozenset(map(stem, _UNITS.split("|")))
_NUMBERS = {
    name: n
    for n, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
}
# What two limits may differ in and still be about the same thing.
_GENERIC = (
    _UNIT_STEMS
    | frozenset(map(stem, _NUMBERS))
    | frozenset(
        map(
            stem,
            "answer reply response respond output write writing written use keep give have length"
            " long limit make stay text message total contain maximum minimum least most more less"
            " few fewer up than exactly between short within under over below".split(),
        )
    )
)
_NEGATIVE_HEADING = frozenset(
    "don't dont not never avoid wrong bad incorrect anti antipatterns antipattern patterns mistakes"
    " pitfalls forbidden prohibited limits scope no examples example".split()
)


@check("PO402", "contradicting-rules", Severity.WARNING, (ON_PROMPT, ON_INSTRUCTIONS))
def contradicting_rules(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Two rules that cannot both be kept leave the choice to the model, and it chooses differently
    from call to call.

    Bad:
        rules:
          - id: tables
            text: Always use tables for prices.
          - id: no-tables
            text: Never use tables for prices.

    Good:
        rules:
          - id: tables
            text: Always use tables for prices.
          - id: no-lists
            text: Never use nested lists.
    """
    seen: set[tuple[int, int]] = set()
    for i, j, why in (*_opposed(prompt), *_other_limits(prompt)):
        a, b = prompt.rules[i], prompt.rules[j]
        if (i, j) not in seen and not disjoint(a.when, b.when):
            seen.add((i, j))
            yield _finding(prompt, a, b, j, why)


def _finding(prompt: Prompt, a: Rule, b: Rule, j: int, why: str) -> Finding:
    if a is b:
        message = f"{named(a, prompt)} contradicts itself{why}"
    else:
        message = f"{named(b, prompt)} contradicts {named(a, prompt)}{why}"
    help = "decide for one, or say in each when it applies"
    return Finding(("rules", j, "text"), message, help)


def _opposed(prompt: Prompt) -> Iterator[tuple[int, int, str]]:
    """Rules with clauses that say the same with opposite polarity."""
    said: dict[tuple[str, ...], tuple[int, int]] = {}
    for j in _worth_comparing(prompt):
        if not prompt.governed and _reads_as_negative(prompt.rules[j].section):
            continue
        text = prompt.rules[j].text
        if text.rstrip("*_ ").endswith(":"):
            continue  # the heading of a list: what it says of the entries is no rule
        parts = [part for part in clauses(text) if part]
        for clause in parts:
            about = theme(clause)
            if not _asks(clause, len(clause) if prompt.governed else 3):
                continue
            if len(about) > 1 or (len(parts) == 1 and about and prompt.governed):
                i, before = said.setdefault(about, (j, sign_of(clause)))
                if before != sign_of(clause):
                    yield i, j, f": “{excerpt(prompt.rules[i].text, 60)}”"


def _asks(clause: Sequence[str], within: int) -> bool:
    """False where a negation is part of what is asked ("say what it cannot do").

    It counts only among the first `within` words, and before any word that begins a clause inside.
    """
    turned = [k for k, word in enumerate(clause) if word in TURNING]
    inner = next((k for k, word in enumerate(clause) if word in _RELATIVE), len(clause))
    return not turned or (turned[-1] < within and turned[-1] < inner)


_RELATIVE = frozenset("what which who that where anything everything nothing".split())


def _worth_comparing(prompt: Prompt) -> list[int]:
    """Rules that ask against something, and those that hold all the words of such a clause."""
    against = {i for i, part in enumerate(words(prompt)) if not TURNING.isdisjoint(part)}
    needed = {
        frozenset(map(STEMS.__getitem__, theme(clause))) - {""}
        for i in against
        for clause in clauses(prompt.rules[i].text)
        if not TURNING.isdisjoint(clause)
    }
    return [
        i
        for i, content in enumerate(contents(prompt))
        if i in against or any(need <= content for need in needed)
    ]


def _reads_as_negative(section: str) -> bool:
    """True if a heading such as "Don't" turns the meaning of what stands under it."""
    return bool(section) and not _NEGATIVE_HEADING.isdisjoint(split(section))


Limit = tuple[float, float, str, str]  # at least, at most, of which unit, as it was written


def _other_limits(prompt: Prompt) -> Iterator[tuple[int, int, str]]:
    """Rules that set different limits to the same thing."""
    known: dict[tuple[str, frozenset[str]], list[tuple[int, Limit]]] = {}
    for j, content in enumerate(contents(prompt)):
        if _UNIT_STEMS.isdisjoint(content) or not _counts(words(prompt)[j]):
            continue
        for limit in _limits(prompt.rules[j].text):
            about = frozenset(w for w in content if w not in _GENERIC and not w.isdigit())
            same = known.setdefault((limit[2], about), [])
            for i, other in same:
                if _clash(limit, other, same_rule=i == j):
                    yield i, j, f": {limit[3]} against {other[3]}"
            same.append((j, limit))


def _counts(words: Sequence[str]) -> bool:
    """True if a number stands right before a unit, or one word before it."""
    for k, word in enumerate(words):
        if (word in _NUMBERS or word.isdigit()) and any(
            STEMS[after] in _UNIT_STEMS for after in words[k + 1 : k + 3]
        ):
            return True
    return False


def _clash(a: Limit, b: Limit, same_rule: bool) -> bool:
    """True if no number keeps both, or two rules bound one side differently."""
    low, high, *_ = a
    other_low, other_high, *_ = b
    if low > other_high or other_low > high:
        return True
    if same_rule:
        return False
    upper = low == other_low == 0 and high != other_high
    return upper or (high == other_high == float("inf") and low != other_low)


def _limits(text: str) -> Iterator[Limit]:
    for found in _limit().finditer(text):
        low, high = (_number(found[name]) for name in ("low", "high"))
        unit = STEMS[found["unit"].lower()]
        if low is not None and high is not None:
            yield low, high, unit, found[0]
        else:
            how = " ".join(found["how"].lower().split())
            yield *_bounds(how, _number(found["n"]) or 0.0), unit, found[0]


def _number(word: str | None) -> float | None:
    if word is None:
        return None
    return float(word) if word.isdigit() else float(_NUMBERS.get(word.lower(), 0))


_BOUNDS: Mapping[str, tuple[int, int]] = {  # -1: n is the lower end, 1: the upper; and by how much
    "at least": (-1, 0),
    "no fewer than": (-1, 0),
    "no less than": (-1, 0),
    "not less than": (-1, 0),
    "minimum of": (-1, 0),
    "more than": (-1, 1),
    "over": (-1, 1),
    "at most": (1, 0),
    "no more than": (1, 0),
    "not more than": (1, 0),
    "up to": (1, 0),
    "within": (1, 0),
    "maximum of": (1, 0),
    "under": (1, -1),
    "below": (1, -1),
    "fewer than": (1, -1),
    "less than": (1, -1),
}


def _bounds(how: str, n: float) -> tuple[float, float]:
    side, shift = _BOUNDS.get(how, (0, 0))
    if side < 0:
        return n + shift, float("inf")
    return (0.0 if side else n), n + shift


@cache
def _limit() -> re.Pattern[str]:
    n = r"(?:\d{1,6}|" + "|".join(_NUMBERS) + ")"
    how = "|".join(sorted((h.replace(" ", r"\s+") for h in _BOUNDS), key=len, reverse=True))
    return re.compile(
        rf"\b(?:(?:between\s+)?(?P<low>{n})\s*(?:and|to|-|–)\s*(?P<high>{n})"
        rf"|(?P<how>{how}|exactly|in)\s+(?P<n>{n}))"
        rf"(?:\s+|-)(?:[a-z]+\s+)?(?P<unit>(?:{_UNITS})s?)\b",
        re.IGNORECASE,
    )
