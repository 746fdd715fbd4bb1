"""What a change does to tokens, money and the cacheable prefix of a prompt, model by model."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.errors import PromptopsError
from promptops.model import Prompt
from promptops.tokens.arithmetic import Measure, measure_layout, spread
from promptops.tokens.caching import (
    caching,
    first_changed_token,
    marks_of,
    read_saving,
    static_prefix,
    write_extra,
)
from promptops.tokens.count import Count, weakest
from promptops.tokens.counts import Counter
from promptops.tokens.layout import Layout, Render, lay_out
from promptops.tokens.prices import Price, call_usd, price
from promptops.tokens.renderings import first_filling
from promptops.values import dataclass

UNKNOWN = Count(None, None, None, "unknown")


@dataclass(frozen=True, slots=True)
class Side:
    """One state in one model's tokens; None where unknown, or where the prompt is not there.

    total: of the rendering with the first examples; usd_per_month: at the declared volume.
    prefix: tokens that are the same in every call; cached: those of them a provider serves again.
    """

    total: Count = UNKNOWN
    usd_per_month: float | None = None
    prefix: int | None = None
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Both states for one model. A side is None where the prompt, or the model in it, is not there.

    first_changed_token: how many leading tokens both renderings share, without framing; None
    where nothing changed or the model's own tokens are not known here.
    rewrite_usd: what writing the changed prefix into a cache anew costs, once for each cache, beyond
    reading it from there; None where it stays, was never cached, or has no price.
    """

    model: str
    before: Side | None
    after: Side | None
    first_changed_token: int | None = None
    rewrite_usd: float | None = None

    @property
    def known(self) -> str:
        """How the weaker of the two counts is known."""
        return weakest(side.total.known for side in (self.before, self.after) if side)


class Figuring:
    """Works out figures; lays each prompt out once for all models."""

    def __init__(self, counter: Counter, render: Render) -> None:
        self.counter = counter
        self.render = render
        self.problems: dict[str, str] = {}  # path -> why it cannot be rendered

    def compare(self, before: Prompt | None, after: Prompt | None) -> tuple[Figures, ...]:
        """The figures by model, the models of both states, those after the change first.

        A model that the prompt names in one state only has figures for that state only.
        """
        models = dict.fromkeys(m for p in (after, before) if p for m in p.models)
        layouts = self._layout(before), self._layout(after)
        return tuple(self._model(model, (before, after), layouts) for model in models)

    def text(
        self, before: str | None, after: str | None, models: Sequence[str]
    ) -> tuple[Figures, ...]:
        """The same of a plain file, which is counted as it stands."""
        return tuple(
            Figures(
                model,
                None if before is None else Side(self.counter.count(before, model)),
                None if after is None else Side(self.counter.count(after, model)),
                self._first(model, [before], [after]) if before and after else None,
            )
            for model in models
        )

    def _layout(self, prompt: Prompt | None) -> Layout | None:
        if prompt is None:
            return None
        filling = first_filling(prompt)
        try:
            return lay_out(prompt, filling.values, self.render, filling.slices)
        except PromptopsError as error:
            self.problems[prompt.path] = error.message
            return None

    def _model(
        self,
        model: str,
        prompts: tuple[Prompt | None, Prompt | None],
        layouts: tuple[Layout | None, Layout | None],
    ) -> Figures:
        cost = price(model, self.counter.own)
        before, after = (
            self._side(prompt, layout, model, cost) if prompt and model in prompt.models else None
            for prompt, layout in zip(prompts, layouts, strict=True)
        )
        texts = [[laid.text for laid in layout or ()] for layout in layouts]
        first = self._first(model, *texts) if before and after and all(layouts) else None
        rewrite = None
        if before and after and prompts[0] and prompts[1] and prompts[0].tools != prompts[1].tools:
            first = 0  # tool definitions stand before everything else
        if before and after and first is not None:
            rewrite = _rewrite((before, after), first, cost)
        return Figures(model, before, after, first, rewrite)

    def _side(self, prompt: Prompt, layout: Layout | None, model: str, cost: Price | None) -> Side:
        if layout is None:
            return Side()
        language = prompt.languages[0] if prompt.languages else ""
        measured = measure_layout(layout, prompt, model, self.counter, language)
        marks = marks_of(prompt, measured.beside.tools)
        prefix = static_prefix(layout, model, self.counter, measured.framing, marks)
        known = caching(prefix, model, self.counter)
        month = self._month(prompt, measured, cost, language)
        cached = known.cached if known else 0
        return Side(measured.total, month, prefix.tokens if prefix else None, cached)

    def _month(
        self, prompt: Prompt, measured: Measure, cost: Price | None, language: str
    ) -> float | None:
        """Dollars a month of the typical rendering, as `promptops tokens` has them."""
        calls = prompt.budget.calls_per_month
        if cost is None or calls is None or measured.total.tokens is None:
            return None
        ranged = spread(prompt, measured.model, self.counter, self.render, language)
        typical = ranged.typical.tokens
        if typical is None:
            return None
        call = call_usd(cost, typical, prompt.budget.output_tokens or 0)
        return None if call is None else call * calls

    def _first(self, model: str, before: Sequence[str], after: Sequence[str]) -> int | None:
        encoder = self.counter.encoder(model) if before != after else None
        return None if encoder is None else first_changed_token(before, after, encoder)


def _rewrite(sides: tuple[Side, Side], first: int, cost: Price | None) -> float | None:
    before, after = sides
    if not before.cached or not after.cached or first >= before.cached:
        return None
    total = after.total.tokens or 0
    extra = write_extra(after.cached, cost, total)
    saved = read_saving(after.cached, cost, total)
    return None if extra is None or saved is None else extra + saved
