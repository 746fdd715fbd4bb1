"""All figures of one prompt for one model, or of one text: what `tokens`, `diff` and `report` show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptops.model import Prompt
from promptops.tokens.arithmetic import Measure, Range, measure_layout, spread, variable_shares
from promptops.tokens.caching import (
    Caching,
    Prefix,
    caching,
    marks_of,
    read_saving,
    static_prefix,
    without_first_variable,
)
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.languages import LanguageCost, language_costs
from promptops.tokens.layout import Layout, Render, lay_out
from promptops.tokens.prices import WRITE, WRITE_1H, Price, batch_usd, call_usd, price
from promptops.tokens.renderings import first_filling


@dataclass(frozen=True, slots=True)
class Money:
    """US dollars; None where a price or a count is missing.

    call: of a call with the typical rendering and the declared output, nothing cached;
    cached_call: with what a cache holds read from it; written_call: with that put into it, as the
    first call does; batch_call: sent in a batch; month: `call` at the declared volume;
    cached_month: the same if every call found the cache; moved_month: what a month saves if the
    variable that ends the prefix stood last.
    """

    call: float | None = None
    cached_call: float | None = None
    written_call: float | None = None
    batch_call: float | None = None
    month: float | None = None
    cached_month: float | None = None
    moved_month: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """One prompt in one model's tokens. `price` is None where no table has the model."""

    measure: Measure
    spread: Range
    variables: Mapping[str, tuple[int, int]] | None
    prefix: Prefix | None
    caching: Caching | None
    price: Price | None
    money: Money
    languages: Sequence[LanguageCost]


def summarize(
    prompt: Prompt, models: Sequence[str], counter: Counter, render: Render
) -> Mapping[str, Figures]:
    """The figures of a prompt by model; the first examples fill its variables.

    Raises what `render` raises where it cannot be rendered.
    """
    filling = first_filling(prompt)
    layout = lay_out(prompt, filling.values, render, filling.slices)
    return {model: _figures(prompt, model, counter, render, layout) for model in models}


def _figures(
    prompt: Prompt, model: str, counter: Counter, render: Render, layout: Layout
) -> Figures:
    language = prompt.languages[0] if prompt.languages else ""
    measured = measure_layout(layout, prompt, model, counter, language)
    ranged = spread(prompt, model, counter, render, language)
    marks = marks_of(prompt, measured.beside.tools)
    prefix = static_prefix(layout, model, counter, measured.framing, marks)
    known = caching(prefix, model, counter)
    cost = price(model, counter.own)
    later = without_first_variable(layout)
    moved = static_prefix(later, model, counter, measured.framing, marks)
    could = caching(moved, model, counter) if prefix and prefix.cut_by else None
    return Figures(
        measured,
        ranged,
        variable_shares(prompt, model, counter),
        prefix,
        known,
        cost,
        _money(prompt, ranged.typical, cost, known, could),
        language_costs(prompt, model, counter, ranged.totals, cost),
    )


def _money(
    prompt: Prompt, typical: Count, cost: Price | None, now: Caching | None, then: Caching | None
) -> Money:
    if cost is None or typical.tokens is None:
        return Money()
    prompt_tokens, output = typical.tokens, prompt.budget.output_tokens or 0
    calls = prompt.budget.calls_per_month
    cached = min(now.cached, prompt_tokens) if now else 0
    call = call_usd(cost, prompt_tokens, output)
    read = call_usd(cost, prompt_tokens, output, cached)
    moved = None
    if now is not None and then is not None:
        moved = read_saving(max(then.cached - now.cached, 0), cost, prompt_tokens)
    return Money(
        call,
        read,
        call_usd(cost, prompt_tokens, output, 0, cached, _write(prompt)),
        batch_usd(cost, prompt_tokens, output),
        _times(call, calls),
        _times(read, calls),
        _times(moved, calls),
    )


def _write(prompt: Prompt) -> str:
    """The price of what a call puts into a cache: dearer where a breakpoint keeps it for an hour."""
    return WRITE_1H if any(message.cache == "1h" for message in prompt.messages) else WRITE


def _times(usd: float | None, calls: int | None) -> float | None:
    return None if usd is None or calls is None else usd * calls
