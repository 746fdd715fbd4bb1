"""PO4, rules beside each other: said twice, contradicting, or brought back after retirement.

Rules are compared as sets of stems. Pairs that could reach the threshold share one of their rarest
words (prefix filtering: Bayardo, Ma, Srikant, "Scaling Up All Pairs Similarity Search", WWW 2007),
so a long file costs no more than its words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set

from promptops.checks import ON_INSTRUCTIONS, ON_PROMPT, Around, check
from promptops.checks._once import once
from promptops.checks._places import disjoint, named
from promptops.checks._polarity import sign
from promptops.checks._words import contents, split, stems
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import excerpt
from promptops.model import Prompt

LIKE = 0.8  # Jaccard similarity of content stems
FEWEST = 3  # content words a rule needs to be compared at all
PASSAGE = 3  # entries apart that still count as one repeated passage
FEWEST_PLAIN = 6  # and one of a plain file, where short entries recur in parallel lists


@check("PO401", "near-duplicate-rules", Severity.WARNING, (ON_PROMPT, ON_INSTRUCTIONS))
def near_duplicate_rules(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The same thing said twice costs tokens on every call, and one day only one of the two is
    changed: then the model is told both.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
          - id: policy-citation
            text: Always cite the section of the policy on which you rely.

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
          - id: name-deadline
            text: Name the day by which a refund arrives.
    """
    pairs = [pair for pair in similar(prompt) if _said_twice(prompt, *pair)]
    first = {j: i for i, j in reversed(pairs)}
    told = -PASSAGE
    for j, i in sorted(first.items()):
        more = sum(1 for other in first if j < other <= j + PASSAGE) if not prompt.governed else 0
        if not prompt.governed and j - told <= PASSAGE:
            told = j  # one repeated passage is one finding
            continue
        told = j
        a, b = prompt.rules[i], prompt.rules[j]
        message = f"{named(b, prompt)} says the same as {named(a, prompt)}"
        message += f": “{excerpt(a.text, 60)}”" if prompt.governed else ""
        message += ", and so do rules right after it" if more else ""
        yield Finding(("rules", j, "text"), message, "keep the better one")


def _said_twice(prompt: Prompt, i: int, j: int) -> bool:
    a, b = prompt.rules[i], prompt.rules[j]
    if sign(a.text) != sign(b.text) or disjoint(a.when, b.when):
        return False
    if numbers(a.text) != numbers(b.text) or links(a.text) != links(b.text):
        return False
    return prompt.governed or _same_thing(prompt, i, j)


def _same_thing(prompt: Prompt, i: int, j: int) -> bool:
    """True if entries of a plain file repeat each other; parallel entries differ in one word."""
    a, b = prompt.rules[i], prompt.rules[j]
    content = contents(prompt)
    if len(content[j]) < FEWEST_PLAIN or content[i] != content[j] or a.section != b.section:
        return False
    if sum([other == content[j] for other in content]) > 2 or a.text.rstrip("*_ ").endswith(":"):
        return False  # a step that many procedures share, or the heading of a list
    return code(a.text) == code(b.text) and (j > i + 1 or split(a.text) == split(b.text))


def numbers(text: str) -> list[str]:
    """The numbers in a text, in order of size as text."""
    return sorted(word for word in split(text) if word.isdigit())


def links(text: str) -> list[str]:
    """The addresses in a text."""
    return [word for word in text.split() if "://" in word] if "://" in text else []


def code(text: str) -> set[str]:
    """What stands between backticks."""
    return set(text.split("`")[1::2])


@once
def similar(prompt: Prompt) -> Sequence[tuple[int, int]]:
    """Pairs i < j of rules whose content stems have a Jaccard similarity of `LIKE` or more.

    Stems are ranked by their first appearance: what appears late is rare.
    """
    rank: dict[str, int] = {}
    index: dict[int, list[int]] = {}
    pairs = []
    sets = contents(prompt)
    ranked = [[rank.setdefault(stem, len(rank)) for stem in content] for content in sets]
    for j, ranks in enumerate(ranked):
        if len(ranks) < FEWEST:
            continue
        ranks.sort(reverse=True)
        near: set[int] = set()
        for one in ranks[: len(ranks) - math.ceil(LIKE * len(ranks)) + 1]:
            known = index.setdefault(one, [])
            near.update(known)
            known.append(j)
        pairs += [(i, j) for i in sorted(near) if alike(sets[i], sets[j])]
    return pairs


def alike(a: Set[str], b: Set[str]) -> bool:
    """True if the Jaccard similarity of two sets is `LIKE` or more."""
    both = len(a & b)
    return both >= LIKE * (len(a) + len(b) - both)


@check("PO411", "revived-rule", Severity.WARNING, (ON_PROMPT,))
def revived_rule(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule was retired for a reason. Written again under another name it brings back what the
    team had decided against, and nobody reads the reason.

    Bad:
        rules:
          - id: plain-tone
            text: Never use emoji in an answer.
        retired:
          - id: no-emoji
            text: Never use emoji in answers.
            reason: Customers asked for warmer replies.

    Good:
        rules:
          - id: one-emoji
            text: Use one emoji in a greeting and none elsewhere.
        retired:
          - id: no-emoji
            text: Never use emoji in answers.
            reason: Customers asked for warmer replies.
    """
    if not prompt.retired:
        return
    gone = [stems(split(old.text)) for old in prompt.retired]
    living = contents(prompt)
    for i, rule in enumerate(prompt.rules):
        for old, content in zip(prompt.retired, gone, strict=True):
            same = len(content) >= 2
            if same and alike(living[i], content) and sign(rule.text) == sign(old.text):
                message = f"rule `{rule.id}` brings back `{old.id}`, which was retired"
                because = f": {excerpt(old.reason, 80)}" if old.reason else ""
                help = f"read why it was retired{because}; if that no longer holds, say so in"
                yield Finding(
                    ("rules", i, "text"), message, f"{help} the rationale and drop the old entry"
                )
