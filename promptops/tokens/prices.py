"""What a call costs: a dated snapshot of litellm's price table, with the user's own prices over it.

litellm is never imported. A price that is missing, or 0 in the snapshot, is unknown, not free:
only the user may say that a model costs nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache

from promptops.errors import ConfigError

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from datetime import date
    from typing import Any

INPUT, OUTPUT = "input_cost_per_token", "output_cost_per_token"
READ, WRITE = "cache_read_input_token_cost", "cache_creation_input_token_cost"
WRITE_1H = "cache_creation_input_token_cost_above_1hr"  # a duration, not a size
BATCH_INPUT, BATCH_OUTPUT = "input_cost_per_token_batches", "output_cost_per_token_batches"
_TIER = r"(.+)_above_(\d+)k_tokens$"
_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@:/+-")
_MONEY = (INPUT, OUTPUT, READ, WRITE, WRITE_1H, BATCH_INPUT, BATCH_OUTPUT)
_LISTED_BARE = ("openai", "anthropic", "bedrock", "converse", "invoke", "text-completion-openai")
_LIMITS = ("max_input_tokens", "max_output_tokens")


class Price:
    """US dollars a token by name, dearer tiers by size, and limits in tokens.

    tiers: name -> ((tokens above which it holds, dollars), …) rising. None is unknown.
    """

    def __init__(self, name: str, usd: Mapping[str, float], row: Mapping[str, Any]) -> None:
        self.name = name
        self.usd = usd
        self.tiers = _tiers(row)
        self.max_input: int | None = row.get("max_input_tokens")
        self.max_output: int | None = row.get("max_output_tokens")
        self.cache_minimum: int | None = row.get("prompt_cache_min_tokens")
        self.ends: str = row.get("deprecation_date", "")
        self.source: str = row.get("source", "")
        self.as_of: str = row.get("as_of", "")

    @property
    def deprecated(self) -> date | None:
        """The day from which the provider no longer serves it."""
        from datetime import date

        return date.fromisoformat(self.ends) if self.ends else None

    def rate(self, what: str, prompt_tokens: int = 0) -> float | None:
        """Dollars a token of `what` in a call with this many prompt tokens, or None."""
        found = self.usd.get(what)
        for above, usd in self.tiers.get(what, ()):
            if prompt_tokens > above:
                found = usd
        return found


def price(model: str, own: Mapping[str, Any] | None = None) -> Price | None:
    """The price of a model, or None where neither the user nor the snapshot has one.

    own: `Settings.models`: litellm's names in dollars a token (`input_cost_per_token: 2.5e-6`),
    and `model` for an alias. ConfigError where a figure is not a number or below 0.
    """
    mine = (own or {}).get(model)
    mine = mine if isinstance(mine, dict) else {}
    alias = mine.get("model")
    found = _find(alias if isinstance(alias, str) else model)
    row = {**(found or {}), **_checked(model, mine)}
    if any(name in mine for name in (*_MONEY, *_LIMITS)):
        row["source"], row["as_of"] = "configuration", ""
    usd = {key: row[key] for key in _MONEY if key in row}
    return Price(model, usd, row) if row else None


def call_usd(
    cost: Price,
    prompt: int,
    output: int = 0,
    cached: int = 0,
    written: int = 0,
    write: str = WRITE,
) -> float | None:
    """Dollars of one call, None where a price it needs is missing.

    prompt: all prompt tokens; `cached` of them are read from the provider's cache and `written`
    of them put into it, at the price `write`. (Anthropic reports both outside `input_tokens`,
    OpenAI inside: here they are always inside.)
    """
    parts = (
        (prompt - cached - written, INPUT),
        (cached, READ),
        (written, write),
        (output, OUTPUT),
    )
    total = 0.0
    for tokens, what in parts:
        rate = cost.rate(what, prompt)
        if rate is None and what == WRITE and write == WRITE:
            rate = cost.rate(INPUT, prompt)  # no surcharge where none is listed
        if tokens and rate is None:
            return None
        total += tokens * (rate or 0.0)
    return total


def batch_usd(cost: Price, prompt: int, output: int = 0) -> float | None:
    """Dollars of one call sent in a batch, nothing cached; None where no such price is listed."""
    into, out = cost.rate(BATCH_INPUT), cost.rate(BATCH_OUTPUT)
    if into is None or (output and out is None):
        return None
    return prompt * into + output * (out or 0.0)


def batch_price(cost: Price) -> Price:
    """The price of the same calls in a batch, nothing cached; as it is where none is listed."""
    into, out = cost.rate(BATCH_INPUT), cost.rate(BATCH_OUTPUT)
    live = cost.rate(INPUT)
    if into is None or out is None:
        return cost
    made = Price(cost.name, {INPUT: into, READ: into, OUTPUT: out}, {})
    made.max_input, made.max_output = cost.max_input, cost.max_output
    made.source, made.as_of = cost.source, cost.as_of
    if live:  # dearer tiers are listed for live calls only
        share = into / live
        made.tiers = {
            name: tuple((above, usd * share) for above, usd in cost.tiers[name])
            for name in (INPUT, OUTPUT)
            if name in cost.tiers
        }
    return made


def text_usd(tokens: int | None, cost: Price | None) -> float | None:
    """Dollars of sending a text once; None where its tokens or its price are unknown."""
    return None if cost is None or tokens is None else call_usd(cost, tokens)


@cache
def _find(name: str) -> Mapping[str, Any] | None:
    data = _snapshot()
    for candidate in _candidates(name):
        start = data.find(b"\n" + _key(candidate))
        if start >= 0:
            import json

            line = data[start + 1 : data.index(b"\n", start + 1)]
            row: Mapping[str, Any] = json.loads(line[len(_key(candidate)) :].rstrip(b","))
            return row
    return None


def _key(name: str) -> bytes:
    return f'"{name}":'.encode()


def _candidates(name: str) -> Iterator[str]:
    """The name as given, without a provider whose models are listed bare, without an owner.

    Another provider's price for the same weights is another price: it is never borrowed.
    """
    if not _IN_NAMES.issuperset(name):
        return
    short = name
    yield short
    while short.partition("/")[0].lower() in _LISTED_BARE:
        short = short.partition("/")[2]
        yield short
    if short.startswith("ft:"):
        yield ":".join(short.split(":")[:2])
    yield short.lower()


@cache
def _snapshot() -> bytes:
    path = os.path.join(os.path.dirname(__file__), "data", "prices.json")
    with open(path, "rb") as file:
        return file.read()


def _checked(model: str, mine: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {}
    for name in (*_MONEY, *_LIMITS):
        if name in mine:
            value = mine[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise ConfigError(
                    f"`{name}` of the model {model} is no price",
                    "write US dollars a token, as in 2.5e-6, or leave it out",
                )
            kept[name] = value
    return kept


def _tiers(row: Mapping[str, Any]) -> Mapping[str, tuple[tuple[int, float], ...]]:
    tiers: dict[str, list[tuple[int, float]]] = {}
    for key, value in row.items():
        if key.endswith("k_tokens") and (match := re.match(_TIER, key)):
            tiers.setdefault(match[1], []).append((int(match[2]) * 1000, value))
    return {key: tuple(sorted(steps)) for key, steps in tiers.items()}
