"""Large texts by tiktoken itself, where it is installed: quicker than ours from 1.4 million on.

It is handed our hash-checked ranks and never loads, downloads or deletes a vocabulary of its own.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

from promptops.tokens.encode import Encoder

LARGE = 1_400_000  # characters: below, building tiktoken's table costs more than it saves


def count_large(text: str, encoder: Encoder, pattern: str) -> int | None:
    """How many ids the text has; None where tiktoken is not installed, or the text is not large."""
    if len(text) < LARGE or not encoder.table.size or find_spec("tiktoken") is None:
        return None
    Encoder.bytes_of(text)  # refuses lone surrogates, for which tiktoken puts U+FFFD
    if encoder.nfc:
        from unicodedata import normalize

        text = normalize("NFC", text)
    return len(_reference(encoder, pattern).encode_ordinary(text))


@cache
def _reference(encoder: Encoder, pattern: str) -> Any:
    import tiktoken

    ranks = {token: rank for rank, token in enumerate(encoder.table.tokens()) if token}
    return tiktoken.Encoding(
        encoder.sha256, pat_str=pattern, mergeable_ranks=ranks, special_tokens={}
    )
