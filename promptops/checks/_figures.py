"""The token figures of one prompt that several checks need, worked out once and only when asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from promptops.checks import Around
from promptops.diagnostic import Severity
from promptops.errors import PromptopsError
from promptops.model import Prompt
from promptops.tokens.arithmetic import Measure, Range, count_messages, measure_layout, spread
from promptops.tokens.count import Count, total_of
from promptops.tokens.counts import Counter
from promptops.tokens.encode import Encoder
from promptops.tokens.layout import Layout, lay_out
from promptops.tokens.models import ASSUMED, EXACT
from promptops.tokens.renderings import fillings, first_filling, most_bytes

_FRAMING = 1_000  # tokens: far more than the framing of any prompt's messages


class Figures:
    """Renderings and counts of `prompt`. Where it cannot be rendered, `layout` is empty."""

    def __init__(self, prompt: Prompt, counter: Counter) -> None:
        self.prompt = prompt
        self.counter = counter
        self._spreads: dict[str, Range | None] = {}
        self._measures: dict[str, Measure] = {}

    @cached_property
    def is_text(self) -> bool:
        """False where a lone surrogate stands in it: that is no text, and other checks' business."""
        prompt = self.prompt
        said = [text for rule in prompt.rules for text in (rule.id, rule.text)]
        said += [message.content for message in prompt.messages]
        said += [f"{tool.description}{tool.parameters}" for tool in prompt.tools]
        said += [text for variable in prompt.variables.values() for text in variable.examples]
        for case in prompt.cases:
            said += [*case.variables.values(), *(turn.content for turn in case.history)]
            said += [one.argument for one in case.asserts if isinstance(one.argument, str)]
        try:
            "".join(said).encode()
        except UnicodeEncodeError:
            return False
        return True

    def fits(self, limit: float) -> bool:
        """True if no rendering can come near `limit` tokens: nothing has to be counted."""
        return self._most is not None and self._most + _FRAMING < limit

    @cached_property
    def _most(self) -> int | None:
        return most_bytes(self.prompt)

    @cached_property
    def layout(self) -> Layout:
        """The rendering with the first examples; its errors are other checks' findings."""
        from promptops.render import render

        try:
            return lay_out(self.prompt, first_filling(self.prompt).values, render)
        except PromptopsError:
            return ()

    def measure(self, model: str) -> Measure:
        """The parts of the first rendering in one model's tokens."""
        if model not in self._measures:
            self._measures[model] = measure_layout(self.layout, self.prompt, model, self.counter)
        return self._measures[model]

    def spread(self, model: str) -> Range | None:
        """Smallest, typical and largest rendering; None where one cannot be rendered."""
        if model not in self._spreads:
            from promptops.render import render

            try:
                found = spread(self.prompt, model, self.counter, render)
            except PromptopsError:
                found = None
            self._spreads[model] = found
        return self._spreads[model]

    def upto(self, model: str, at: int) -> Count | None:
        """The largest rendering up to the end of message `at`, tools first; None where unknown."""
        from promptops.render import render

        tools = self.measure(model).beside.tools
        largest: Count | None = None
        for filling in fillings(self.prompt):
            try:
                messages = render(self.prompt, filling.values, slices=filling.slices or {})
            except PromptopsError:
                return None
            whole = count_messages(messages[: at + 1], model, self.counter)[1]
            total = total_of([tools, whole])
            if total.high is None:
                return None
            if largest is None or total.high > (largest.high or 0):
                largest = total
        return largest

    def encoders(self) -> Iterator[tuple[str, Encoder]]:
        """(model, its encoder), once for each vocabulary, where ids are exact or assumed."""
        seen = set()
        for model in self.prompt.models:
            row = self.counter.model(model)
            if row.encoding and row.encoding not in seen and row.known in (EXACT, ASSUMED):
                seen.add(row.encoding)
                encoder = self.counter.encoder(model)
                if encoder is not None:
                    yield model, encoder


_kept: Figures | None = None


def figures(prompt: Prompt, around: Around) -> Figures | None:
    """The figures of a prompt, None where nothing is counted; kept while checks run on it."""
    global _kept
    if around.counter is None:
        return None
    if _kept is None or _kept.prompt is not prompt or _kept.counter is not around.counter:
        _kept = Figures(prompt, around.counter)
    return _kept if _kept.is_text else None


def encoder_of(prompt: Prompt, around: Around) -> tuple[str, Encoder] | None:
    """The first named model whose ids are known, and its encoder."""
    found = figures(prompt, around)
    return next(found.encoders(), None) if found else None


def verdict(count: Count, limit: float) -> Severity | None:
    """Error only where even the low bound is over; warning where the bounds straddle the limit."""
    if count.low is None or count.high is None or count.high <= limit:
        return None
    return Severity.ERROR if count.low > limit else Severity.WARNING


def told(count: Count) -> str:
    """`1,204 tokens`, or `1,204 tokens (1,100 to 1,310)` where that is less than certain."""
    if count.low == count.high:
        return f"{count.tokens:,} tokens"
    return f"{count.tokens:,} tokens ({count.low:,} to {count.high:,})"
