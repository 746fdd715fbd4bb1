"""Token figures for people: a table a prompt, a bar a rule, and what changes between models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptops.cli._tokens.text import shown_count, shown_usd
from promptops.model import Prompt
from promptops.report import Bars, Block, Heading, Table, Text
from promptops.tokens.arithmetic import Measure
from promptops.tokens.count import Count
from promptops.tokens.languages import LanguageCost
from promptops.tokens.summary import Figures

DASH = "–"


def prompt_blocks(prompt: Prompt, found: Mapping[str, Figures], detail: bool) -> Iterator[Block]:
    """One prompt on every model asked for; rules are of the first that can be counted."""
    yield Heading(prompt.id)
    yield _overview(prompt, found)
    yield from _why_unknown(found)
    first = next((f for f in found.values() if f.measure.text.tokens is not None), None)
    if first is not None:
        yield from _where(prompt, first)
    yield from _prefixes(found)
    yield from _languages(prompt, found)
    if len(found) > 1:
        yield from _migration(prompt, found)
    if detail:
        yield from _sources(found)


def _overview(prompt: Prompt, found: Mapping[str, Figures]) -> Table:
    budget = prompt.budget.prompt_tokens
    rows = []
    for model, figures in found.items():
        total = figures.measure.total
        largest = figures.spread.largest
        over = budget is not None and largest.low is not None and largest.low > budget
        rows.append(
            (
                model,
                shown_count(total),
                figures.measure.text.known,
                shown_count(largest) + ("!" if over else ""),
                shown_usd(figures.money.call),
                shown_usd(figures.money.month),
            )
        )
    columns = ("model", "tokens", "text is", "largest", "$ a call", "$ a month")
    return Table(columns, tuple(rows), "lrlrrr")


def _why_unknown(found: Mapping[str, Figures]) -> Iterator[Block]:
    """A line for each model whose total is unknown: what is missing, or which name was meant."""
    for model, figures in found.items():
        if figures.measure.total.tokens is None:
            beside = figures.measure.beside
            parts = (figures.measure.text, beside.tools, beside.images)
            why = next(part.method for part in parts if part.tokens is None)
            yield Text(f"{model}: {why}", "warn")


def _where(prompt: Prompt, figures: Figures) -> Iterator[Block]:
    """Rules by size, and what is no rule; the parts add up to the total."""
    measure = figures.measure
    whole = max(measure.total.tokens or measure.text.tokens or 0, 1)
    rows = sorted(measure.rules.items(), key=lambda pair: -pair[1])
    parts = [(name, float(size), f"{size / whole:.0%}") for name, size in rows]
    yield Text(f"where they are, on {measure.model}:", "quiet")
    yield Bars(tuple(parts), "tokens", prompt.budget.rule_tokens)
    yield Text(_sum(measure), "quiet")
    if figures.variables:
        rows_of = (
            (name, f"{low:,}", f"{high:,}", _promised(prompt, name))
            for name, (low, high) in figures.variables.items()
        )
        yield Table(("variable", "least", "most", "declared"), tuple(rows_of), "lrrr")


def _sum(measure: Measure) -> str:
    """`rules 37 + rest 23 + framing 11 = 71`, with what else the call has."""
    parts = [("rules", sum(measure.rules.values())), ("rest", measure.rest or 0)]
    parts.append(("framing", measure.framed or 0))
    other = measure.beside
    parts += [
        (n, c.tokens or 0)
        for n, c in (("tools", other.tools), ("images", other.images))
        if c.tokens
    ]
    said = " + ".join(f"{name} {size:,}" for name, size in parts)
    joins = f", merging across the seams {measure.joins:+,}" if measure.joins else ""
    return f"{said}{joins}: {_or_unknown(measure.total.tokens)}"


def _or_unknown(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def _promised(prompt: Prompt, name: str) -> str:
    most = prompt.variables[name].max_tokens
    return DASH if most is None else f"{most:,}"


def _prefixes(found: Mapping[str, Figures]) -> Iterator[Block]:
    for model, figures in found.items():
        prefix, caching = figures.prefix, figures.caching
        if prefix is None or prefix.tokens is None or caching is None:
            continue
        ends = f", where `{prefix.cut_by}` begins" if prefix.cut_by else ""
        said = f"{model}: static prefix {prefix.tokens:,} tokens{ends}; "
        if caching.cacheable:
            said += f"{caching.cached:,} are cached{_cached_money(figures)}"
        else:
            low, high = caching.minimum, caching.minimum_high
            said += f"cached from {low:,}{f' or {high:,}' if high != low else ''} on, so not cached"
        if figures.money.moved_month:
            said += f"; `{prefix.cut_by}` at the end would save {shown_usd(figures.money.moved_month)} a month"
        yield Text(said)


def _cached_money(figures: Figures) -> str:
    """`: $0.0021 a call from then on, $0.0052 for the one that writes them`."""
    money = figures.money
    if money.cached_call is None or money.call is None:
        return ""
    said = f": {shown_usd(money.cached_call)} a call instead of {shown_usd(money.call)}"
    dearer = money.written_call is not None and money.written_call > money.call * 1.001
    return said + (f", {shown_usd(money.written_call)} where it is written" if dearer else "")


def _languages(prompt: Prompt, found: Mapping[str, Figures]) -> Iterator[Block]:
    rows = [
        (
            cost.language,
            model,
            f"{cost.tokens:,.0f}" if cost.tokens is not None else "unknown",
            (f"{cost.inflation:.2f}×" if cost.inflation is not None else "unknown")
            + ("" if cost.paired or cost.inflation is None else " unpaired"),
            _largest(cost, prompt),
            shown_usd(cost.usd_per_call),
        )
        for model, figures in found.items()
        for cost in figures.languages
        if figures.measure.text.tokens is not None
    ]
    if len({row[0] for row in rows}) > 1:
        columns = ("language", "model", "tokens", "to source", "largest", "$ a call")
        yield Table(columns, tuple(rows), "llrrrr")


def _largest(cost: LanguageCost, prompt: Prompt) -> str:
    """The largest rendering in this language; `!` marks one over the prompt's budget."""
    if cost.largest is None:
        return "unknown"
    limit = prompt.budget.prompt_tokens
    return f"{cost.largest:,}{'!' if limit is not None and cost.largest > limit else ''}"


def _migration(prompt: Prompt, found: Mapping[str, Figures]) -> Iterator[Block]:
    """What another model would make of it, against the first."""
    (base, first), *others = found.items()
    rows = [
        (
            model,
            _ratio(first.measure.text, other.measure.text),
            _budget(prompt, other.spread.largest),
            _cached(other),
            _change(first.money.call, other.money.call),
        )
        for model, other in others
    ]
    yield Text(f"instead of {base}:", "quiet")
    yield Table(("model", "tokens", "budget", "cache", "bill"), tuple(rows), "lrllr")


def _ratio(before: Count, after: Count) -> str:
    if not before.tokens or after.tokens is None or after.low is None or after.high is None:
        return "unknown"
    low, high = after.low / before.tokens, after.high / before.tokens
    exact = f"{after.tokens / before.tokens:.2f}×"
    return exact if high - low < 0.01 else f"{low:.2f} to {high:.2f}×"


def _budget(prompt: Prompt, largest: Count) -> str:
    limit = prompt.budget.prompt_tokens
    if limit is None or largest.low is None or largest.high is None:
        return DASH
    if largest.low > limit:
        return "over"
    return "kept" if largest.high <= limit else "cannot tell"


def _cached(figures: Figures) -> str:
    if figures.caching is None or figures.caching.cacheable is None:
        return "unknown"
    return f"{figures.caching.cached:,} tokens" if figures.caching.cacheable else "none"


def _change(before: float | None, after: float | None) -> str:
    return "unknown" if not before or after is None else f"{after / before:.2f}×"


def _sources(found: Mapping[str, Figures]) -> Iterator[Block]:
    rows = []
    for model, figures in found.items():
        text, cost = figures.measure.text, figures.price
        window = _window(figures.spread.largest, figures)
        rows.append((model, text.method, f"{text.source} ({text.as_of})"))
        if cost is not None:
            rows.append(("", "price", f"{cost.source} {cost.as_of}".strip()))
            rows.append(("", "of its window", window))
            rows.append(("", "a call in a batch", shown_usd(figures.money.batch_call)))
    yield Table(("model", "how", "source"), tuple(rows))


def _window(largest: Count, figures: Figures) -> str:
    window = figures.price.max_input if figures.price else None
    if window is None or largest.tokens is None:
        return "unknown"
    return f"{largest.tokens / window:.1%}"
