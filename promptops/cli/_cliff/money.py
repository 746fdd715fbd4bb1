"""What each rule costs in tokens and money, whether or not it does any good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from promptops.cli._cliff.work import FREE, Work
from promptops.errors import PromptopsError
from promptops.tokens.arithmetic import measure
from promptops.tokens.counts import Counter
from promptops.tokens.prices import Price, price, text_usd
from promptops.tokens.vocab import places


@dataclass(frozen=True, slots=True)
class Costs:
    """Tokens of each rule by id (missing where unknown), the price, and calls a month."""

    tokens: dict[str, int]
    total: int | None
    price: Price | None
    calls: int | None

    def data(self, rule: str) -> dict[str, Any]:
        """tokens, and dollars for a thousand calls and a month; None where not known."""
        tokens = self.tokens.get(rule)
        each = text_usd(tokens, self.price)
        month = None if each is None or self.calls is None else round(each * self.calls, 6)
        return {
            "tokens": tokens,
            "usd_per_1000_calls": None if each is None else round(1000 * each, 6),
            "usd_per_month": month,
        }


def costs(work: Work) -> Costs:
    """The costs of this prompt's rules on the model that is asked."""
    from promptops.render import render

    models = work.call.settings().models
    counter = Counter(places(work.call.environ), models)
    known = None if work.target.provider in FREE else price(work.target.model, models)
    try:
        found = measure(work.prompt, work.target.model, counter, render)
    except PromptopsError:
        return Costs({}, None, known, work.prompt.budget.calls_per_month)
    return Costs(dict(found.rules), found.total.tokens, known, work.prompt.budget.calls_per_month)
