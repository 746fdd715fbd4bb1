"""How large a prompt is, in the tokens of one model of its own."""

from __future__ import annotations

from promptops.errors import PromptopsError
from promptops.model import Prompt
from promptops.tokens.arithmetic import Measure, measure_layout
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.layout import Render, lay_out
from promptops.tokens.renderings import first_filling


class Sizing:
    """Counts states of one prompt with one model, so that they compare."""

    def __init__(self, counter: Counter, render: Render, model: str) -> None:
        self.counter, self.render, self.model = counter, render, model

    def measure(self, prompt: Prompt) -> Measure | None:
        """The prompt with its first examples; None where it cannot be rendered."""
        filling = first_filling(prompt)
        try:
            layout = lay_out(prompt, filling.values, self.render, filling.slices)
        except PromptopsError:
            return None
        language = prompt.languages[0] if prompt.languages else ""
        return measure_layout(layout, prompt, self.model, self.counter, language)

    def of(self, prompt: Prompt) -> Count | None:
        """All tokens of that rendering, None where it cannot be rendered."""
        measured = self.measure(prompt)
        return measured.total if measured else None
