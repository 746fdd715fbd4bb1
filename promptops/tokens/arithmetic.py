"""Where the tokens of a prompt are: rules + rest + joins + framing + tools + images = total.

Parts are counted alone; what merging across their seams adds or saves is `joins`, so that the sum
always is the count of the text that is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from promptops.model import Message, Prompt
from promptops.tokens.beside import NOTHING_BESIDE, Beside, beside
from promptops.tokens.count import Count, total_of
from promptops.tokens.counts import Counter
from promptops.tokens.framing import Framing, Size, framing
from promptops.tokens.layout import RULE, Layout, Render, knows, lay_out
from promptops.tokens.renderings import Filling, fillings, first_filling, shares
from promptops.values import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """One message: its role, and the tokens of its text."""

    role: str
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Measure:
    """One rendering in one model's tokens; None where the model's tokens are unknown.

    text: of the messages' texts; total: with framing, tools and images, which are estimated;
    `rules` are by id.
    """

    model: str
    layout: Layout
    text: Count
    total: Count
    messages: tuple[Share, ...]
    rules: Mapping[str, int]
    rest: int | None
    joins: int | None
    framing: Framing | None
    beside: Beside = NOTHING_BESIDE

    @property
    def framed(self) -> int | None:
        """The framing's tokens, None where they are unknown."""
        return self.framing.tokens if self.framing else None


def count_messages(
    messages: Sequence[Message], model: str, counter: Counter, language: str = ""
) -> tuple[Count, Count, Framing | None]:
    """(texts, texts and framing, framing) of a conversation as it is sent."""
    counts = [counter.count(message.content, model, language) for message in messages]
    text = total_of(counts)
    size = partial(size_of, counter, model)
    frame = framing(messages, counter.model(model), size) if text.tokens is not None else None
    whole = text.plus(frame.tokens, frame.slack) if frame else text
    return text, whole, frame


def measure(
    prompt: Prompt,
    model: str,
    counter: Counter,
    render: Render,
    filling: Filling | None = None,
    language: str = "",
) -> Measure:
    """One rendering, by default the one with the first examples, taken apart."""
    filling = filling or first_filling(prompt)
    return measure_layout(lay_out(prompt, filling.values, render), prompt, model, counter, language)


def measure_layout(
    layout: Layout,
    prompt: Prompt,
    model: str,
    counter: Counter,
    language: str = "",
) -> Measure:
    """The same of a rendering that is already laid out."""
    messages = [Message(laid.role, laid.text) for laid in layout]
    text, whole, frame = count_messages(messages, model, counter, language)
    other = beside(prompt, model, counter)
    total = other.added_to(whole)
    if text.tokens is None:
        unknown = tuple(Share(laid.role, None) for laid in layout)
        return Measure(model, layout, text, total, unknown, {}, None, None, None, other)
    size = partial(size_of, counter, model)
    each = tuple(Share(laid.role, size(laid.text)) for laid in layout)
    if knows(layout, RULE):
        rules, rest = _parts(layout, prompt, size)
    else:  # counted alone, as they are written: what else there is cannot be told from joins
        rules = {rule.id: size(rule.text) for rule in prompt.rules}
        rest = max(text.tokens - sum(rules.values()), 0)
    joins = text.tokens - sum(rules.values()) - rest
    return Measure(model, layout, text, total, each, rules, rest, joins, frame, other)


def _parts(layout: Layout, prompt: Prompt, size: Size) -> tuple[dict[str, int], int]:
    rules = {rule.id: 0 for rule in prompt.rules}
    rest = 0
    for laid in layout:
        last = 0
        for part in laid.of(RULE):
            start = max(part.start, last)
            rest += size(laid.text[last:start])
            rules[part.name] += size(laid.text[start : part.end])
            last = max(part.end, last)
        rest += size(laid.text[last:])
    return rules, rest


def size_of(counter: Counter, model: str, text: str) -> int:
    """Tokens of a part of a text whose whole is known: the point estimate, never None."""
    if not text:
        return 0
    return counter.part(text, model)


@dataclass(frozen=True, slots=True)
class Range:
    """Totals over all renderings: smallest, typical (median) and largest.

    largest_source: a case's id, or which examples. uncounted: how many of the renderings have no
    count (an estimate that holds for English only); the figures are of the others. totals: of each
    rendering, by a case's id or by which examples.
    """

    smallest: Count
    typical: Count
    largest: Count
    largest_source: str
    renderings: int
    uncounted: int
    totals: Mapping[str, Count]


def spread(
    prompt: Prompt, model: str, counter: Counter, render: Render, language: str = ""
) -> Range:
    """Every rendering over examples and cases, with framing and a case's earlier turns.

    Tools and images are in each of them.
    """
    other = beside(prompt, model, counter)
    totals: list[tuple[Count, str]] = []
    for filling in fillings(prompt, partial(size_of, counter, model)):
        rendered = render(prompt, filling.values, slices=filling.slices or {})
        messages = [*rendered, *filling.history]
        whole = count_messages(messages, model, counter, language)[1]
        totals.append((other.added_to(whole), filling.source))
    known = [pair for pair in totals if pair[0].tokens is not None] or totals
    known.sort(key=lambda pair: pair[0].tokens or 0)
    (smallest, _), (typical, _), (largest, source) = (
        known[0],
        known[(len(known) - 1) // 2],
        known[-1],
    )
    uncounted = sum(total.tokens is None for total, _ in totals)
    by_source = {source: total for total, source in totals}
    return Range(smallest, typical, largest, source, len(totals), uncounted, by_source)


def variable_shares(
    prompt: Prompt, model: str, counter: Counter
) -> Mapping[str, tuple[int, int]] | None:
    """The least and most tokens of each variable; None where the model's tokens are unknown."""
    if counter.count("a", model).tokens is None:
        return None
    return shares(prompt, partial(size_of, counter, model))
