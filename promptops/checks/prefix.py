"""PO3, prefix caching: what a provider can serve from its cache, and what breaks that."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._figures import Figures, figures, told
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt
from promptops.tokens.caching import (
    Prefix,
    cached_tokens,
    caching,
    first_changed_token,
    first_variable,
    marks_of,
    static_prefix,
    without_first_variable,
)
from promptops.tokens.facts import Row, by_model
from promptops.tokens.layout import Layout
from promptops.tokens.prices import WRITE, price

_NEARLY = 0.8  # of the minimum: padding a prompt to reach it further down costs more than it saves
# a month has so many of the times for which a cache keeps what was written to it
_HALF_HOURS = 1460  # GPT-5.6, which writes unasked
_KEPT = {"5m": 8760, "1h": 730}  # breakpoints


@check("PO310", "prefix-below-cache-minimum", Severity.WARNING, (ON_PROMPT,))
def prefix_below_cache_minimum(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A static prefix a little shorter than the model's minimum is paid in full at every call, and
    nothing says so. Only prompts with declared calls and at least 80 % of the minimum are told.

    Bad:
        models: [openai/gpt-4o]
        budget: {calls_per_month: 100_000}
        messages:
          - role: system
            content: >
              {{ rules }} [handbook: 900 tokens]

    Good:
        models: [openai/gpt-4o]
        budget: {calls_per_month: 100_000}
        messages:
          - role: system
            content: >
              {{ rules }} [handbook: 1100 tokens]
    """
    found = figures(prompt, around)
    if found is None or not prompt.budget.calls_per_month:
        return
    for index, model in enumerate(prompt.models):
        prefix = _prefix(found, model, found.layout)
        known = caching(prefix, model, found.counter)
        if (
            known
            and prefix
            and prefix.tokens
            and _NEARLY * known.minimum <= prefix.tokens < known.minimum
        ):
            message = f"the static prefix is {prefix.tokens:,} tokens, and {model} caches from {known.minimum:,} on"
            help = f"move static text before {_where(prefix.cut_by)}, or expect no cache ({known.source})"
            yield Finding(("models", index), message, help)


@check("PO311", "cache-breaking-variable", Severity.WARNING, (ON_PROMPT,))
def cache_breaking_variable(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Caches match from the first token on. A variable in front of the static text makes every
    call a new prompt, and all after it is paid in full.

    Bad:
        models: [openai/gpt-4o]
        variables: {company: {examples: [Acme]}}
        messages:
          - role: system
            content: >
              You work for {{ company }}. {{ rules }} [handbook: 1100 tokens]

    Good:
        models: [openai/gpt-4o]
        variables: {company: {examples: [Acme]}}
        messages:
          - role: system
            content: >
              {{ rules }} [handbook: 1100 tokens]
          - role: user
            content: I write to {{ company }}.
    """
    found = figures(prompt, around)
    cut = first_variable(found.layout) if found else None
    if found is None or cut is None:
        return
    moved = without_first_variable(found.layout)
    for model, _ in found.encoders():
        if not _cacheable(found, model):
            continue
        now = _cached(found, model, moved=False)
        then = _cached(found, model, moved=True)
        if now == 0 and then > 0 and first_variable(moved) != cut:
            message = f"`{cut[1].name}` ends the static prefix before {model} can cache anything; moved to the end, {then:,} tokens could be"
            help = f"put `{{{{ {cut[1].name} }}}}` after the static text, in the user's message"
            yield Finding(_template_place(prompt, cut[0]), message, help)
            return


def _cacheable(found: Figures, model: str) -> bool:
    """True if all of the rendering together is enough for the model's cache."""
    row = by_model("caching", found.counter.model(model))
    whole = found.measure(model).total.tokens
    return row is not None and cached_tokens(whole or 0, row) > 0


def _cached(found: Figures, model: str, *, moved: bool) -> int:
    layout = without_first_variable(found.layout) if moved else found.layout
    known = caching(_prefix(found, model, layout), model, found.counter)
    return known.cached if known else 0


def _prefix(found: Figures, model: str, layout: Layout) -> Prefix | None:
    measure = found.measure(model)
    marks = marks_of(found.prompt, measure.beside.tools)
    return static_prefix(layout, model, found.counter, measure.framing, marks)


def _template_place(prompt: Prompt, message: int) -> tuple[str | int, ...]:
    return ("messages", message, "content") if message < len(prompt.messages) else ("messages",)


@check("PO312", "cache-breaking-edit", Severity.INFO, (ON_PROMPT,))
def cache_breaking_edit(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """An edit inside the cached prefix empties every cache once: the next calls are paid in full.
    A space at the end of the first line is such an edit too.

    Bad:
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: >
              Changed {{ rules }} [handbook: 1100 tokens]

    Good:
        # as it was before the change
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: >
              Static {{ rules }} [handbook: 1100 tokens]
    """
    before = around.before.get(prompt.path)
    found = figures(prompt, around)
    if before is None or found is None:
        return
    then = Figures(before, found.counter)
    for model, encoder in found.encoders():
        cached = _cached(then, model, moved=False)
        texts = [laid.text for laid in then.layout], [laid.text for laid in found.layout]
        retold = before.tools != prompt.tools  # tool definitions stand before everything else
        same = 0 if retold else first_changed_token(*texts, encoder)
        if (retold or texts[0] != texts[1]) and same < cached:
            message = f"the edit changes token {same + 1:,} of a prefix of which {cached:,} are cached on {model}"
            help = "the caches fill again with the next calls; edits further down keep them"
            yield Finding(("messages",), message, help)


@check("PO313", "unused-cache-write", Severity.WARNING, (ON_PROMPT,))
def unused_cache_write(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A model that charges for writing its cache, unasked or at a breakpoint, makes a seldom called
    prompt dearer: the cache is gone before the next call comes.

    Bad:
        models: [openai/gpt-5.6]
        budget: {calls_per_month: 300}
        messages:
          - role: system
            content: >
              {{ rules }} [handbook: 1100 tokens]

    Good:
        models: [openai/gpt-5.6]
        budget: {calls_per_month: 300_000}
        messages:
          - role: system
            content: >
              {{ rules }} [handbook: 1100 tokens]
    """
    found = figures(prompt, around)
    calls = prompt.budget.calls_per_month
    if found is None or calls is None:
        return
    for index, model in enumerate(prompt.models):
        row = by_model("caching", found.counter.model(model))
        paid = _write(prompt, row) if row else None
        if row is None or paid is None or calls >= paid[1]:
            continue
        written = _cached(found, model, moved=False)
        cost = price(model, found.counter.own)
        if written and cost and cost.rate(WRITE):
            message = f"{model} charges {paid[0]:g} times the price for writing {written:,} tokens to a cache that {calls:,} calls a month hardly read"
            help = f"send these calls together, or do without the cache where the provider lets you ({row['source']})"
            yield Finding(("models", index), message, help)


def _write(prompt: Prompt, row: Row) -> tuple[float, int] | None:
    """(times the price, calls a month from which one finds it) of what a call writes; None for none."""
    if row["how"] == "implicit":
        return (row["write"], _HALF_HOURS) if row["write"] > 1 else None
    kept = {message.cache for message in prompt.messages if message.cache}
    if not kept:
        return None
    return (row["write_1h"], _KEPT["1h"]) if kept == {"1h"} else (row["write"], _KEPT["5m"])


@check("PO314", "invalid-cache-breakpoint", Severity.ERROR, (ON_PROMPT,))
def invalid_cache_breakpoint(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A provider refuses a call with too many cache breakpoints, and silently caches nothing at a
    breakpoint before its minimum.

    An error only where even the high bound of the largest rendering stays below the minimum; where
    the bounds straddle it, a warning. Models that take no breakpoints are left alone.

    Bad:
        models: [anthropic/claude-sonnet-4-5]
        messages:
          - {role: system, content: "{{ rules }}", cache: true}
          - {role: user, content: Hello.}

    Good:
        models: [anthropic/claude-sonnet-4-5]
        messages:
          - {role: system, content: "{{ rules }} [handbook: 2100 tokens]", cache: true}
          - {role: user, content: Hello.}
    """
    marked = [at for at, message in enumerate(prompt.messages) if message.cache]
    found = figures(prompt, around) if marked else None
    if found is None:
        return
    for model in prompt.models:
        row = by_model("caching", found.counter.model(model))
        most = row.get("breakpoints", 0) if row else 0
        if row is None or not most:
            continue
        for at in marked[most:]:
            message = (
                f"{model} takes {most} cache breakpoints, this is number {marked.index(at) + 1}"
            )
            help = f"keep those after what changes seldom ({row['source']})"
            yield Finding(("messages", at, "cache"), message, help)
        for at in marked[:most]:
            yield from _too_early(found, model, row, at)


def _too_early(found: Figures, model: str, row: Row, at: int) -> Iterator[Finding]:
    count = found.upto(model, at)
    minimum = row["minimum"]
    if count is None or count.low is None or count.high is None or count.low >= minimum:
        return
    certain = count.high < minimum
    message = (
        f"{told(count)} stand before this cache breakpoint, and {model} caches from {minimum:,} on"
    )
    help = f"move it further down, or delete it ({row['source']})"
    severity = Severity.ERROR if certain else Severity.WARNING
    yield Finding(("messages", at, "cache"), message, help, severity=severity)


def _where(variable: str) -> str:
    return f"`{{{{ {variable} }}}}`" if variable else "the end"
