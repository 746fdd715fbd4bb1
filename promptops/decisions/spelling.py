"""Which words are surely spelt right: those that a tokenizer's vocabulary knows as one piece.

A byte-pair vocabulary holds the frequent words of many languages whole and cuts rare ones and
misspellings into parts. It is installed anyway, and read only once a text differs by a word.
"""

from __future__ import annotations

from collections.abc import Mapping

from promptops.decisions.slips import KnowsWord

VOCABULARY = "cl100k_base"


def speller(environ: Mapping[str, str]) -> KnowsWord:
    """Knows the words of the vocabulary on this machine; none where there is no copy of it."""
    loaded: list[KnowsWord] = []

    def known(word: str) -> bool:
        if not loaded:
            loaded.append(_load(environ))
        return loaded[0](word)

    return known


def _load(environ: Mapping[str, str]) -> KnowsWord:
    from promptops.tokens.vocab import encoder, places

    found = encoder(VOCABULARY, places(environ))
    if found is None:
        return lambda _: False
    return lambda word: len(found.encode(f" {word}")) == 1
