"""Counts that say how they are known, for any model name.

`known` is one of five words: *exact* (the model's own vocabulary, run here), *assumed* (the same,
for a model whose vocabulary is inferred), *counted* (the provider's endpoint), *estimated* (with
bounds), *unknown* (nothing to go by). There is no default encoding.
"""

from __future__ import annotations

from collections.abc import Mapping

from promptops.errors import InputError
from promptops.tokens import vocab
from promptops.tokens.count import Count
from promptops.tokens.encode import Encoder
from promptops.tokens.models import ASSUMED, ESTIMATED, EXACT, UNKNOWN, Model, resolve

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from typing import Any


BASE = "o200k_base"  # what factors are of


class Counter:
    """Counts texts for models; opens a vocabulary when it is first needed, and once.

    own: the user's models (`Settings.models`). `refused`: vocabulary files whose hash was wrong.
    """

    def __init__(self, where: vocab.Places, own: Mapping[str, Any] | None = None) -> None:
        self.where = where
        self.own = own or {}
        self.refused: list[InputError] = []
        self._models: dict[str, Model] = {}
        self._encoders: dict[str, Encoder | None] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def __repr__(self) -> str:
        """What its answers depend on beside the text: for keys under which results are kept."""
        here = [
            name
            for name, vocabulary in vocab.known(self.where.cache).items()
            if vocab.present(vocabulary, self.where)
        ]
        return f"Counter({here}, {self.own})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Counter, (self.where, self.own)  # open tables stay behind

    def model(self, name: str) -> Model:
        """What the model table, with the user's own rows over it, says of a name."""
        if name not in self._models:
            self._models[name] = resolve(name, self.own)
        return self._models[name]

    def encoder(self, model: str) -> Encoder | None:
        """The model's own encoder, or None where its ids cannot be known here."""
        return self.encoding(self.model(model).encoding)

    def encoding(self, name: str) -> Encoder | None:
        """The encoder of a vocabulary; None for "", an unknown one, or one not on this machine."""
        if name not in self._encoders:
            known = name in vocab.known(self.where.cache)
            self._encoders[name] = vocab.encoder(name, self.where, self.refused) if known else None
        return self._encoders[name]

    def count(self, text: str, model: str, language: str = "") -> Count:
        """The tokens of exactly this text; framing is not in it.

        language: of the text where it is known ("de"): an estimate by factor is only offered for
        English, code and JSON.
        """
        row = self.model(model)
        if row.encoding:
            return self._by_vocabulary(text, row)
        if row.ctok or row.factors:
            from promptops.tokens.estimate import claude

            base = self.encoding(BASE)
            return claude(text, row, base, lambda one: self.number(one, BASE), language)
        return Count(None, None, None, UNKNOWN, row.note, "", "", row.source, row.as_of)

    def part(self, text: str, model: str) -> int:
        """The point estimate for a part of a text whose whole has a count; 0 where none has."""
        row = self.model(model)
        found = self.count(text, model).tokens
        if found is None and row.factors and self.encoding(BASE):
            return round(self.number(text, BASE) * sum(row.factors) / 2)
        return found or 0

    def number(self, text: str, encoding: str) -> int:
        """How many tokens `text` is in a vocabulary that `encoding()` has found."""
        key = (encoding, text)
        if key not in self._counts:
            encoder = self.encoding(encoding)
            if encoder is None:
                raise KeyError(encoding)
            large = self._large(text, encoder, encoding) if len(text) > 1_000_000 else None
            self._counts[key] = encoder.count(text) if large is None else large
        return self._counts[key]

    def _large(self, text: str, encoder: Encoder, encoding: str) -> int | None:
        from promptops.tokens.large import count_large

        return count_large(text, encoder, vocab.known(self.where.cache)[encoding].pattern)

    def _by_vocabulary(self, text: str, row: Model) -> Count:
        name = row.encoding
        encoder = self.encoding(name)
        if encoder is None:
            from promptops.tokens.estimate import bounded

            return bounded(text, row, vocab.known(self.where.cache).get(name))
        n = self.number(text, name)
        known = row.known if row.known in (EXACT, ASSUMED) else ESTIMATED
        method = row.note if known == ASSUMED else f"{name}, run here"
        digest = encoder.sha256
        return Count(n, n, n, known, method, name, digest, row.source, row.as_of)
