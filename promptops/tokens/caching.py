"""Prefix caching: how far a prompt is the same in every call, and what a provider makes of it.

The static prefix begins with the tool definitions and ends where the first variable begins.
Providers cache it from a minimum on (`data/facts.json`), OpenAI in steps; below the minimum
nothing is cached, and nothing says so. Where a provider caches up to breakpoints and the prompt
declares some, the last of them inside the static prefix is what counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, zip_longest

from promptops.model import Prompt
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.encode import Encoder
from promptops.tokens.facts import Row, by_model
from promptops.tokens.framing import Framing
from promptops.tokens.layout import VARIABLE, Laid, Layout, Part, knows
from promptops.tokens.prices import INPUT, READ, WRITE, Price
from promptops.values import dataclass, replace

# what may stand where a variable is: each of these can merge with the text before it
_PROBES = ("", "a", "A", "s", " ", "\n", "1", "é", "'s", ".", "漢")
_TAIL = 6  # pieces before a cut that its other side can change; contractions reach over three


@dataclass(frozen=True, slots=True)
class Prefix:
    """The part of a prompt that is the same in every call.

    tokens: how many, None where unknown; exact: whether they are ids that were compared;
    cut_by: the variable that ends it, "" where nothing does; message: which one it ends in.
    points: how many tokens stand before each declared breakpoint in it; None where none is declared.
    """

    tokens: int | None
    exact: bool
    cut_by: str
    message: int
    points: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Caching:
    """What the provider makes of a prefix. minimum_high differs where sources disagree.

    cacheable: None where it cannot be told; cached: tokens served from the cache in a later call.
    """

    minimum: int
    minimum_high: int
    cacheable: bool | None
    cached: int
    how: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What a prompt says of its prefix: `tools` tokens come first; breakpoints after messages.

    tools: None where unknown. after: the indices of the messages, in order.
    """

    tools: int | None = 0
    after: tuple[int, ...] = ()


def marks_of(prompt: Prompt, tools: Count) -> Marks:
    """The marks of a prompt whose tools are so many tokens."""
    after = (at for at, message in enumerate(prompt.messages) if message.cache)
    return Marks(tools.tokens, tuple(after))


def static_prefix(
    layout: Layout,
    model: str,
    counter: Counter,
    frame: Framing | None,
    marks: Marks = Marks(),  # noqa: B008 - frozen
) -> Prefix | None:
    """All before the first variable's value; None where the template hides where that is."""
    if not knows(layout, VARIABLE):
        return None
    cut = first_variable(layout)
    at, part = cut if cut else (len(layout), None)
    name = part.name if part else ""
    if counter.count("a", model).tokens is None or marks.tools is None:
        return Prefix(None, False, name, at, () if marks.after else None)
    encoder = counter.encoder(model)
    ends = ends_of(layout[:at], model, counter, frame, marks.tools)
    points = tuple(ends[index] for index in marks.after if index < at)
    tokens = ends[-1] if ends else marks.tools
    if frame and at < len(frame.each):
        tokens += frame.each[at]
    if part is not None:
        text = layout[at].text[: part.start]
        tokens += stable_tokens(text, encoder) if encoder else counter.part(text, model)
    exact = encoder is not None and marks.tools == 0
    return Prefix(tokens, exact, name, at, points if marks.after else None)


def ends_of(
    layout: Layout, model: str, counter: Counter, frame: Framing | None, tools: int
) -> list[int]:
    """How many tokens a call has up to the end of each message; tool definitions come first."""
    framed = frame.each if frame else ()
    sizes = [counter.part(laid.text, model) for laid in layout]
    rest = zip_longest(sizes, framed[: len(sizes)], fillvalue=0)
    return [tools + end for end in accumulate(map(sum, rest))]


def first_variable(layout: Layout) -> tuple[int, Part] | None:
    """(message, part) of the first variable that is rendered, or None."""
    for at, laid in enumerate(layout):
        for part in laid.of(VARIABLE):
            return at, part
    return None


def stable_tokens(text: str, encoder: Encoder) -> int:
    """How many ids of `text` stay the same whatever follows it.

    Measured: the last pieces are encoded with likely neighbours, and what all agree on counts.
    """
    pieces = encoder.split(text)
    tail = "".join(pieces[-_TAIL:])
    head = encoder.count(text[: len(text) - len(tail)])
    options = [encoder.encode(tail + probe) for probe in _PROBES]
    return head + common(options)


def common(lists: Sequence[Sequence[int]]) -> int:
    """The length of the longest common beginning."""
    size = 0
    for together in zip(*lists, strict=False):
        if len(set(together)) > 1:
            break
        size += 1
    return size


def first_changed_token(before: Sequence[str], after: Sequence[str], encoder: Encoder) -> int:
    """How many leading tokens two renderings share, message by message."""
    shared = 0
    for old, new in zip(before, after, strict=False):
        ids, others = encoder.encode(old), encoder.encode(new)
        same = common((ids, others))
        shared += same
        if same < len(ids) or same < len(others):
            break
    return shared


def caching(prefix: Prefix | None, model: str, counter: Counter) -> Caching | None:
    """Whether the prefix is cached, None where nothing is known of the model's cache."""
    row = by_model("caching", counter.model(model))
    if row is None:
        return None
    low = row["minimum"]
    high = row.get("minimum_high", low)
    tokens = _offered(prefix, row) if prefix else None
    told = tokens is not None and (tokens >= high or tokens < low)
    cacheable = tokens >= high if told and tokens is not None else None
    cached = cached_tokens(tokens, row) if tokens is not None and cacheable else 0
    return Caching(low, high, cacheable, cached, row["how"], row["source"], row["as_of"])


def _offered(prefix: Prefix, row: Row) -> int | None:
    """The tokens that a cache can hold: all that are static, or those up to the last breakpoint."""
    if prefix.tokens is None or prefix.points is None or row["how"] != "explicit":
        return prefix.tokens
    return max(prefix.points, default=0)


def cached_tokens(tokens: int, row: Row) -> int:
    """Of a prefix of so many tokens: what a later call reads from the cache."""
    minimum: int = row.get("minimum_high", row["minimum"])
    if tokens < minimum:
        return 0
    step: int = row.get("step", 1)
    return minimum + (tokens - minimum) // step * step


def read_saving(cached: int, cost: Price | None, prompt: int) -> float | None:
    """Dollars a call saves by reading `cached` tokens from the cache; None without prices."""
    if cost is None:
        return None
    full, read = cost.rate(INPUT, prompt), cost.rate(READ, prompt)
    return None if full is None or read is None else cached * (full - read)


def write_extra(written: int, cost: Price | None, prompt: int) -> float | None:
    """Dollars that writing `written` tokens costs beyond sending them; None without prices."""
    if cost is None:
        return None
    full = cost.rate(INPUT, prompt)
    write = cost.rate(WRITE, prompt)
    if full is None:
        return None
    return written * max((write if write is not None else full) - full, 0.0)


def without_first_variable(layout: Layout) -> Layout:
    """The layout with its first variable's value moved to the end of all messages."""
    cut = first_variable(layout)
    if cut is None:
        return layout
    at, part = cut
    moved = []
    for index, laid in enumerate(layout):
        if index < at:
            moved.append(laid)
            continue
        parts = tuple(one for one in laid.parts if one.name != part.name or one.kind != VARIABLE)
        moved.append(replace(laid, parts=parts) if index > at else _cut_out(laid, part, parts))
    return tuple(moved)


def _cut_out(laid: Laid, part: Part, parts: tuple[Part, ...]) -> Laid:
    gone = part.end - part.start
    text = laid.text[: part.start] + laid.text[part.end :]
    shifted = tuple(
        replace(
            one,
            start=one.start - gone if one.start >= part.end else one.start,
            end=one.end - gone if one.end >= part.end else one.end,
        )
        for one in parts
    )
    return Laid(laid.role, text, shifted, laid.known)
