"""PO4, what a rule forgot to shed: positions that change, blanks, words that were meant for a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._mask import prose
from promptops.checks._scalars import sent
from promptops.checks._words import texts, words
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import excerpt
from promptops.model import Prompt


@check("PO410", "positional-reference", Severity.WARNING, (ON_PROMPT,))
def positional_reference(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Rules move, and are left out one at a time to measure them. "As mentioned above" then points
    at something else, or at nothing.

    Bad:
        rules:
          - id: refunds
            text: Apply the rule above to refunds as well.

    Good:
        rules:
          - id: refunds
            text: Cite the policy section in answers about refunds as well.
    """
    for i, found in enumerate(words(prompt)):
        if not _POSITIONS.isdisjoint(found):
            hit = _position().search(prose(prompt.rules[i].text))
            if hit:
                message = (
                    f"rule `{prompt.rules[i].id}` points at a position: “{excerpt(hit[0], 40)}”"
                )
                help = "name what it refers to; positions change"
                yield Finding(("rules", i, "text"), message, help, within=hit.span())


_POSITIONS = frozenset(
    "above below previous preceding earlier foregoing aforementioned rule rules".split()
)


@cache
def _position() -> re.Pattern[str]:
    what = r"(?:rules?|instructions?|points?|bullets?|items?|sections?|guidelines?|lists?)"
    return re.compile(
        rf"\b(?:{what}\s+(?:above|below)|(?:above|previous|preceding|foregoing|next)\s+{what}"
        r"|(?:mentioned|described|stated|listed|given|explained|defined|said|see)\s+(?:above|below"
        r"|earlier|previously)|as\s+above|aforementioned|(?:the\s+)?above[-\s]mentioned"
        rf"|rules?\s+(?:no\.?\s*|number\s+|#)?\d+)\b",
        re.IGNORECASE,
    )


@check("PO414", "placeholder-left", Severity.WARNING, (ON_PROMPT,))
def placeholder_left(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A note to oneself or an unfilled blank goes to the model as it stands, and the model fills it
    in.

    Bad:
        rules:
          - id: signature
            text: Sign every answer with [YOUR COMPANY NAME].

    Good:
        rules:
          - id: signature
            text: Sign every answer with Acme Billing.
    """
    if not any([mark in sent(prompt) for mark in _BLANKS]):
        return
    for i, text in enumerate(texts(prompt)):
        if hit := _placeholder().search(text):
            yield _blank(("rules", i, "text"), f"rule `{prompt.rules[i].id}`", hit)
    for i, message in enumerate(prompt.messages):
        if hit := _placeholder().search(message.content):
            yield _blank(("messages", i, "content"), "the message", hit)


_BLANKS = (
    "TODO",
    "TBD",
    "FIXME",
    "XXX",
    "[YOUR",
    "[INSERT",
    "[ENTER",
    "[FILL",
    "<YOUR",
    "<INSERT",
    "orem ipsum",
)


def _blank(place: tuple[str | int, ...], where: str, hit: re.Match[str]) -> Finding:
    group = hit.lastgroup or 0
    message = f"{where} holds a blank nobody filled in: “{excerpt(hit[group], 40)}”"
    return Finding(place, message, "fill it in, or delete it", within=hit.span(group))


@cache
def _placeholder() -> re.Pattern[str]:
    """A note at the start of a sentence or in brackets; "mark it as TODO" asks the model for one."""
    return re.compile(
        r"(?:^|[(]|[.;!?]\s+)(?P<note>(?:TODO|TBD|FIXME|XXX)\b(?!\s+(?:comment|item|list)))"
        r"|\b(?:is|are|of|at|by)\s+(?P<left>TBD|TODO|XXX)\b"
        r"|(?P<blank>\[(?:YOUR|INSERT|ENTER|FILL)[ _][^\]\n]{1,40}\]"
        r"|<(?:YOUR|INSERT)[ _-][^>\n]{1,40}>|[Ll]orem ipsum)",
        re.MULTILINE,
    )


@check("PO415", "temporary-without-end", Severity.WARNING, (ON_PROMPT,))
def temporary_without_end(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule "for now" has no end of its own. Without a day on which somebody looks again, a stopgap
    stays for years.

    Bad:
        rules:
          - id: no-refunds
            text: For now, send every refund request to a person.

    Good:
        rules:
          - id: no-refunds
            text: For now, send every refund request to a person.
            review_by: 2099-10-01
    """
    for i, text in enumerate(texts(prompt)):
        if _PASSING.isdisjoint(words(prompt)[i]) or prompt.rules[i].review_by is not None:
            continue
        if hit := _temporary().search(text):
            message = f"rule `{prompt.rules[i].id}` is meant for a time (“{hit[0]}”) and has no end"
            help = "add `review_by:` with the day on which somebody looks at it again"
            yield Finding(("rules", i, "text"), message, help, within=hit.span())


_PASSING = frozenset("now being temporarily until".split())


@cache
def _temporary() -> re.Pattern[str]:
    """Words that limit the whole rule in time, where they begin or end a sentence."""
    months = "January|February|March|April|May|June|July|August|September|October|November|December"
    return re.compile(
        r"(?:^|(?<=[.;!?]\s))(?:For now|For the time being|Temporarily)\b"
        r"|\bfor (?:now|the time being)(?=\s*(?:[.;!]|$))|\b[Uu]ntil further notice\b"
        rf"|\b[Uu]ntil (?:the end of )?(?:{months}|20\d\d)\b",
        re.MULTILINE,
    )
