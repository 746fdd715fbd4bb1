"""PO3, labels: the short answers that a prompt's cases expect, as the model's tokens see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._figures import encoder_of
from promptops.checks._places import listed
from promptops.diagnostic import Finding, Place, Severity
from promptops.model import Prompt

_LONGEST = 40  # characters; what is longer is an answer, not a label


def labels(prompt: Prompt) -> tuple[Sequence[str], Place]:
    """What `equals` asserts over the cases, sorted, and where the first stands; () under two."""
    found: dict[str, Place] = {}
    for index, case in enumerate(prompt.cases):
        for at, one in enumerate(case.asserts):
            if one.kind == "equals" and not one.negated and isinstance(one.argument, str):
                found.setdefault(one.argument, ("cases", index, "assert", at))
    short = sorted(label for label in found if 0 < len(label) <= _LONGEST and "\n" not in label)
    if len(short) < 2 or len(short) != len(found):
        return (), ()
    return short, found[short[0]]


@check("PO330", "shared-label-start", Severity.WARNING, (ON_PROMPT,))
def shared_label_start(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Labels that begin with the same token are not told apart by the first token: a logit bias or
    a probability read there means all of them.

    Bad:
        models: [openai/gpt-4o]
        cases:
          - {id: good, assert: {equals: very_good}}
          - {id: bad, assert: {equals: very_bad}}

    Good:
        models: [openai/gpt-4o]
        cases:
          - {id: good, assert: {equals: good}}
          - {id: bad, assert: {equals: bad}}
    """
    names, place = labels(prompt)
    encoder = encoder_of(prompt, around) if names else None
    if encoder is None:
        return
    starts: dict[int, list[str]] = {}
    for name in names:
        starts.setdefault(encoder[1].encode(name)[0], []).append(name)
    for shared in starts.values():
        if len(shared) > 1:
            message = f"the labels {listed(shared)} begin with the same token on {encoder[0]}"
            yield Finding(place, message, "choose labels that differ from their first letters on")


@check("PO331", "uneven-labels", Severity.INFO, (ON_PROMPT,))
def uneven_labels(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A label of more tokens has a lower probability for its length alone, and takes longer.

    Bad:
        models: [openai/gpt-4o]
        cases:
          - {id: yes-case, assert: {equals: positive}}
          - {id: no-case, assert: {equals: misdelivered}}

    Good:
        models: [openai/gpt-4o]
        cases:
          - {id: yes-case, assert: {equals: positive}}
          - {id: no-case, assert: {equals: negative}}
    """
    names, place = labels(prompt)
    encoder = encoder_of(prompt, around) if names else None
    if encoder is None:
        return
    sizes = {name: encoder[1].count(name) for name in names}
    longest, shortest = max(sizes, key=lambda n: sizes[n]), min(sizes, key=lambda n: sizes[n])
    if sizes[longest] > sizes[shortest]:
        message = f"`{longest}` is {sizes[longest]} tokens and `{shortest}` {sizes[shortest]} on {encoder[0]}"
        yield Finding(place, message, "choose labels of one length in tokens, best one token each")


@check("PO332", "label-space-sensitive", Severity.WARNING, (ON_PROMPT,))
def label_space_sensitive(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A label that is one token at the start of an answer and several after a space (or the other
    way round) is counted or missed by where it stands.

    Bad:
        models: [openai/gpt-4o]
        cases:
          - {id: rude, assert: {equals: angry}}
          - {id: late, assert: {equals: complaint}}

    Good:
        models: [openai/gpt-4o]
        cases:
          - {id: rude, assert: {equals: negative}}
          - {id: late, assert: {equals: neutral}}
    """
    names, place = labels(prompt)
    encoder = encoder_of(prompt, around) if names else None
    if encoder is None:
        return
    for name in names:
        alone, spaced = encoder[1].count(name), encoder[1].count(f" {name}")
        if (alone == 1) != (spaced == 1):
            where = "at the start" if alone == 1 else "after a space"
            message = f"`{name}` is one token only {where} on {encoder[0]}"
            yield Finding(place, message, "choose a label that is one token in both places")


@check("PO333", "output-limit-too-small", Severity.ERROR, (ON_PROMPT,))
def output_limit_too_small(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """An answer longer than the output limit is cut: the longest label never comes whole.

    Bad:
        models: [openai/gpt-4o]
        budget: {output_tokens: 2}
        cases:
          - {id: a, assert: {equals: refund the whole amount}}
          - {id: b, assert: {equals: keep the whole amount}}

    Good:
        models: [openai/gpt-4o]
        budget: {output_tokens: 10}
        cases:
          - {id: a, assert: {equals: refund the whole amount}}
          - {id: b, assert: {equals: keep the whole amount}}
    """
    limit = prompt.budget.output_tokens
    names, _ = labels(prompt) if limit is not None else ((), ())
    encoder = encoder_of(prompt, around) if names else None
    if encoder is None or limit is None:
        return
    longest = max(names, key=encoder[1].count)
    size = encoder[1].count(longest)
    if size > limit:
        message = f"`{longest}` is {size} tokens on {encoder[0]}, and answers end after {limit}"
        yield Finding(("budget", "output_tokens"), message, f"allow at least {size} tokens")
