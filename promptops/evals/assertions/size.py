"""How many tokens an answer has."""

from __future__ import annotations

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._counting import within
from promptops.evals.assertions._patterns import whole


@assertion("max_tokens")
def max_tokens(answer: str, argument: int, context: Context) -> Judgement:
    """The answer has at most so many tokens of the model that gave it.

    Where the model's vocabulary is not known the count is an estimate with bounds, and an answer
    whose bounds lie on both sides of the limit is not judged.
    """
    if context.counter is None:
        return Judgement(None, "tokens are not counted here")
    count = context.counter.count(whole(answer), context.model)
    if count.low is None:
        return Judgement(None, f"tokens of `{context.model}` cannot be counted")
    high = None if context.cut else count.high
    exact = "" if count.low == count.high else f" ({count.low} to {count.high})"
    what = f"{count.tokens} tokens{exact}, {count.known}"
    return within(count.low, high, {"max": argument}, what)
