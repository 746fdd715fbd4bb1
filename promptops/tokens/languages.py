"""What each language costs: its cases against those of the source language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean

from promptops.model import Prompt
from promptops.tokens.arithmetic import size_of
from promptops.tokens.counts import Counter


@dataclass(frozen=True, slots=True)
class LanguageCost:
    """The mean tokens of a language's case values, and how many times the source language's.

    cases: how many values the mean is of; inflation: None where the source has no case, or where
    counts are unknown. paired: the same cases were compared in both languages.
    """

    language: str
    cases: int
    tokens: float | None
    inflation: float | None
    paired: bool


def language_costs(prompt: Prompt, model: str, counter: Counter) -> Sequence[LanguageCost]:
    """One row for each language that cases name in their `language` slice, source first.

    Cases are paired where their ids differ only in a language suffix (`late-fee-de` and
    `late-fee`): then the same content is compared. Otherwise means are, which says less.
    """
    texts = _texts(prompt)
    if not texts:
        return ()
    source = prompt.languages[0] if prompt.languages else next(iter(texts))
    size = partial(size_of, counter, model)
    known = counter.encoder(model) is not None or bool(counter.model(model).ctok)
    ordered = sorted(texts, key=lambda language: (language != source, language))
    return [_cost(language, texts, source, size if known else None) for language in ordered]


Values = Mapping[str, Mapping[str, str]]  # case id without its language suffix -> its values


def _texts(prompt: Prompt) -> Mapping[str, Values]:
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    for case in prompt.cases:
        language = case.slices.get("language", "")
        if language and case.variables:
            stem = case.id.removesuffix(f"-{language}").removeprefix(f"{language}-")
            found.setdefault(language, {})[stem] = case.variables
    return found


def _cost(
    language: str, texts: Mapping[str, Values], source: str, size: partial[int] | None
) -> LanguageCost:
    own, base = texts[language], texts.get(source, {})
    if size is None:
        return LanguageCost(language, len(own), None, None, False)
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
