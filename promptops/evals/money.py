"""Money: reserved before a call goes out, settled when its answer is here.

What a provider says it used is believed only within the reservation. Where it says nothing, or
something impossible, or where the end of a call was never seen, the whole reservation counts as
spent, and is said to be assumed.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from promptops.evals import Request, Usage
from promptops.tokens.prices import INPUT, WRITE, Price, call_usd

FRAMING = 16  # tokens round a message, more than any known chat format takes
OUTPUT_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class Tariff:
    """What calls cost. price: None where it is unknown, and then every cost is None, never 0."""

    price: Price | None = None

    def most_tokens(self, request: Request) -> tuple[int, int | None]:
        """(input, output) tokens that a call cannot exceed; output None where nothing limits it.

        A byte is at least a token in no vocabulary of byte-level BPE, so bytes bound tokens.
        """
        texts = [message.content for message in request.messages]
        extra = {k: v for k, v in request.parameters.items() if k in ("tools", "response_format")}
        size = sum(len(text.encode("utf-8", "replace")) for text in texts)
        size += len(json.dumps(extra)) if extra else 0
        limits = [request.parameters[k] for k in OUTPUT_LIMITS if k in request.parameters]
        output = limits[0] if limits else self.price.max_output if self.price else None
        return size + FRAMING * (len(texts) + 2), output

    def bound(self, request: Request) -> float | None:
        """The most that one attempt can cost, in US dollars."""
        if self.price is None:
            return None
        most_in, most_out = self.most_tokens(request)
        if most_out is None:
            return None
        dollars = call_usd(self.price, most_in, most_out)
        written = call_usd(self.price, most_in, most_out, written=most_in)
        if dollars is None or self.price.rate(INPUT) is None:
            return None
        return max(dollars, written or 0.0) if self.price.rate(WRITE) else dollars

    def settled(
        self, request: Request, usage: Usage, bound: float | None
    ) -> tuple[float | None, bool]:
        """(what the call cost, whether that is assumed): never below 0, never over its `bound`."""
        if bound is None or self.price is None:
            return None, False
        most_in, most_out = self.most_tokens(request)
        used, made = usage.input, usage.output
        if not used or made is None or used > most_in or made > (most_out or 0):
            return bound, True
        dollars = call_usd(self.price, used, made, min(usage.cached or 0, used))
        if dollars is None:
            return bound, True
        return min(max(dollars, 0.0), bound), False


class Purse:
    """What may still be spent by one run. calls counts attempts that went out."""

    def __init__(self, max_usd: float | None = None, max_calls: int | None = None) -> None:
        self.max_usd = max_usd
        self.max_calls = max_calls
        self.spent = 0.0
        self.reserved = 0.0
        self.calls = 0
        self.open = 0
        self.assumed = 0.0
        self._settled = asyncio.Event()

    async def reserve(self, bound: float | None) -> bool:
        """Set `bound` dollars and one call aside, waiting for others to settle where that helps.

        False: the budget does not carry this call.
        """
        while not self._fits(bound):
            exhausted = self.max_calls is not None and self.calls >= self.max_calls
            if exhausted or not self.open:
                return False
            self._settled.clear()
            await self._settled.wait()
        self.reserved += bound or 0.0
        self.calls += 1
        self.open += 1
        return True

    def settle(self, bound: float | None, usd: float | None, *, assumed: bool = False) -> None:
        """The call that reserved `bound` cost `usd`."""
        self.reserved -= bound or 0.0
        self.spent += usd or 0.0
        self.assumed += (usd or 0.0) if assumed else 0.0
        self.open -= 1
        self._settled.set()

    def _fits(self, bound: float | None) -> bool:
        if self.max_calls is not None and self.calls >= self.max_calls:
            return False
        if self.max_usd is None:
            return True
        return bound is not None and self.spent + self.reserved + bound <= self.max_usd + 1e-12
