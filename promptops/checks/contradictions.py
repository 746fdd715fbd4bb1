"""PO4, rules against each other: word for word, or by their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from promptops.checks import ON_INSTRUCTIONS, ON_PROMPT, Around, check
from promptops.checks._clauses import clauses
from promptops.checks._places import disjoint, named
from promptops.checks._polarity import ACTS, TURNING, Theme, outer, sign_of, themes, universal
from promptops.checks._words import NEGATORS, STEMS, STOP, contents, split, stem, words
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
_SHOWN = frozenset(
    "wrong bad incorrect anti antipatterns antipattern patterns mistakes pitfalls examples example".split()
)
_TURNED = frozenset("don't dont not never avoid forbidden prohibited limits scope no".split())


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
    said: dict[Theme, list[tuple[int, Sequence[str]]]] = {}
    for j in _worth_comparing(prompt):
        for clause in _asking(prompt, j):
            for about in themes(clause):
                before = said.setdefault(about, [])
                i = next((i for i, other in before if _clashing(clause, other)), None)
                before.append((j, clause))
                if i is not None:
                    yield i, j, f": “{excerpt(prompt.rules[i].text, 60)}”"


def _clashing(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if no conduct keeps two clauses on one theme; some tests are run where not all are."""
    turned = sign_of(outer(one))
    if turned == sign_of(outer(other)):
        return False
    against, asking = (one, other) if turned < 0 else (other, one)
    return universal(asking) or not universal(against)


def _asking(prompt: Prompt, j: int) -> Iterator[Sequence[str]]:
    """The clauses of a rule that ask for something, or against it, and say what."""
    rule, governed = prompt.rules[j], prompt.governed
    if rule.text.rstrip("*_ ").endswith(":"):
        return  # the heading of a list: what it says of the entries is no rule
    heading = [] if governed else split(rule.section)
    if not _SHOWN.isdisjoint(heading):
        return  # it may show what is wrong
    turned = not _TURNED.isdisjoint(heading)  # "Never": "use tables"
    parts = clauses(rule.text)
    for clause in parts:
        size = len(next(themes(clause)))
        told = size > 1 or (size == 1 and len(parts) == 1 and governed)
        said = not turned or not NEGATORS.isdisjoint(clause)
        if told and said and _asks(clause, len(clause) if governed else 3):
            yield clause


def _asks(clause: Sequence[str], within: int) -> bool:
    """False where a negation comes too late to be of the verb: among the first `within` words."""
    return TURNING.isdisjoint(outer(clause)[within:])


def _worth_comparing(prompt: Prompt) -> list[int]:
    """Rules that ask against something, and those that hold all the words of such a clause."""
    against = {i for i, part in enumerate(words(prompt)) if not TURNING.isdisjoint(part)}
    needed = {
        frozenset(about) - ACTS - STOP
        for i in against
        for clause in clauses(prompt.rules[i].text)
        if not TURNING.isdisjoint(clause)
        for about in themes(clause)
    }
    return [
        i
        for i, content in enumerate(contents(prompt))
        if i in against or any(need <= content for need in needed)
    ]


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
