"""What each language costs: its cases against those of the source language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import mean
from types import MappingProxyType

from promptops.model import Prompt
from promptops.tokens.arithmetic import size_of
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.prices import Price, call_usd


@dataclass(frozen=True, slots=True)
class LanguageCost:
    """The mean tokens of a language's case values, and how many times the source language's.

    cases: how many values the mean is of; inflation: None where the source has no case, or where
    counts are unknown. paired: the same cases were compared in both languages.
    largest: the largest whole rendering over this language's cases, which its budget is held
    against; usd_per_call: of their mean with the declared output.
    """

    language: str
    cases: int
    tokens: float | None
    inflation: float | None
    paired: bool
    largest: int | None = None
    usd_per_call: float | None = None


Values = Mapping[str, Mapping[str, str]]  # case id without its language suffix -> its values


def language_costs(
    prompt: Prompt,
    model: str,
    counter: Counter,
    totals: Mapping[str, Count] = MappingProxyType({}),
    cost: Price | None = None,
) -> Sequence[LanguageCost]:
    """One row for each language that cases name in their `language` slice, source first.

    Cases are paired where their ids differ only in a language suffix (`late-fee-de` and
    `late-fee`): then the same content is compared. Otherwise means are, which says less.
    totals: of whole renderings by case, as `spread` counts them.
    """
    texts = _texts(prompt)
    if not texts:
        return ()
    source = prompt.languages[0] if prompt.languages else next(iter(texts))
    size = partial(size_of, counter, model)
    ordered = sorted(texts, key=lambda language: (language != source, language))
    known = {
        name: values for name, values in texts.items() if _counted(name, values, model, counter)
    }
    found = [
        _cost(language, known, source, size)
        if language in known
        else LanguageCost(language, len(texts[language]), None, None, False)
        for language in ordered
    ]
    return [_with_bill(one, prompt, totals, cost) for one in found]


def _counted(language: str, values: Values, model: str, counter: Counter) -> bool:
    """True if the model's tokens of these texts are known: an estimate may hold for English only."""
    said = (text for case in values.values() for text in case.values())
    return all(counter.count(text, model, language).tokens is not None for text in said)


def _with_bill(
    found: LanguageCost, prompt: Prompt, totals: Mapping[str, Count], cost: Price | None
) -> LanguageCost:
    cases = [c.id for c in prompt.cases if c.slices.get("language", "") == found.language]
    sizes = [totals[case].tokens for case in cases if case in totals]
    counted = [size for size in sizes if size is not None]
    if not counted:
        return found
    output = prompt.budget.output_tokens or 0
    usd = call_usd(cost, round(mean(counted)), output) if cost is not None else None
    return replace(found, largest=max(counted), usd_per_call=usd)


def _texts(prompt: Prompt) -> Mapping[str, Values]:
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    for case in prompt.cases:
        language = case.slices.get("language", "")
        if language and case.variables:
            stem = case.id.removesuffix(f"-{language}").removeprefix(f"{language}-")
            found.setdefault(language, {})[stem] = case.variables
    return found


def _cost(
    language: str, texts: Mapping[str, Values], source: str, size: partial[int]
) -> LanguageCost:
    own, base = texts[language], texts.get(source, {})
    tokens = mean(_tokens(values, values, size) for values in own.values())
    shared = sorted(own.keys() & base.keys())
    paired = len(shared) * 2 >= len(own)
    if language == source:
        return LanguageCost(language, len(own), tokens, 1.0, True)
    ours: float
    theirs: float
    if paired:  # what both have alike (a policy in one language) is no translation
        ours = sum(_tokens(own[stem], _differing(own[stem], base[stem]), size) for stem in shared)
        theirs = sum(
            _tokens(base[stem], _differing(base[stem], own[stem]), size) for stem in shared
        )
    else:
        ours = tokens
        theirs = mean(_tokens(v, v, size) for v in base.values()) if base else 0
    return LanguageCost(language, len(own), tokens, ours / theirs if theirs else None, paired)


def _differing(values: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    return [name for name, value in values.items() if name in others and others[name] != value]


def _tokens(values: Mapping[str, str], names: Iterable[str], size: partial[int]) -> int:
    return sum(size(values[name]) for name in names)
