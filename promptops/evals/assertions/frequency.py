"""How often something given stands in an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._counting import count
from promptops.evals.assertions._finding import literal


@assertion("keyword_frequency", published=True)
def keyword_frequency(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """`keyword` stands `min` to `max` times, or `exactly` so often, in the answer, within longer
    words too. Case doesn't count, unless `ignore_case: false`.

    This is IFEval's *keywords:frequency*; its "less than 3" is `max: 2`.
    """
    keyword = argument["keyword"].strip()
    pattern = literal(keyword, context.options.get("ignore_case", True))
    found = sum(1 for _ in pattern.finditer(answer))
    return count(found, argument, f"`{keyword}`", context.cut)


@assertion("letter_frequency", published=True)
def letter_frequency(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The character `letter` stands `min` to `max` times, or `exactly` so often, in the answer. Case
    doesn't count, unless `ignore_case: false`.

    This is IFEval's *keywords:letter_frequency*, which counts any character since 2024; before, it
    drew a letter by lot where it was asked for another character.
    """
    letter = argument["letter"]
    if context.options.get("ignore_case", True):
        found = answer.lower().count(letter.lower())
    else:
        found = answer.count(letter)
    return count(found, argument, f"`{letter}`", context.cut)
