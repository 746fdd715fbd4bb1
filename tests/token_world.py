"""What the token tests share: texts of all kinds, tiktoken as the reference, places of their own."""

from __future__ import annotations

import gzip
import os
import random
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from promptops.tokens import vocab
from promptops.tokens.counts import Counter

ENCODINGS = ("o200k_base", "cl100k_base")
CACHED_AS = {name: vocab.known()[name].cached_as for name in ENCODINGS}
NOWHERE = vocab.Places("", (), ())

_KINDS = (
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "'s'S't'T're'RE've'VE'm'M'll'LL'd'D'\u017f\u212a",
    "0123456789\u0663\u096a\u2167\u00bd\u00b2",
    "\t\n\x0b\x0c\r \x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u3000",
    '!"#$%&()*+,-./:;<=>?@[]^_`{|}~«»—…',
    "éÉñßÀäÖçøÅ",
    "ǅǈǲʰʕʖːªº",
    "\u0301\u0300\u20dd\u0903\u200d\u200c\ufe0f\u0345",
    "한글각ㅎ漢字かなカナ々〇",
    "😀👍🏽👨‍👩‍👧🇩🇪",
    "เขียนไทยவணக்கம்नमस्तेمرحباשלום",
    "\U00016ebb\U00011de0\ua7ce\U0001d7d8\U0001e900",
    "<|endoftext|><|im_start|><|fim_prefix|>",
)


def random_text(rng: random.Random) -> str:
    """Any plane, mixtures, long runs, special-token text."""
    kind = rng.random()
    if kind < 0.15:
        codes = (rng.randrange(0x110000) for _ in range(rng.randrange(30)))
        return "".join(chr(code) for code in codes if not 0xD800 <= code < 0xE000)
    if kind < 0.35:
        plain = "".join(_KINDS[i] for i in (0, 0, 1, 2, 3, 5)) + " \n\t"
        return "".join(c for c in rng.choices(plain, k=rng.randrange(60)) if c.isascii())
    if kind < 0.42:
        return rng.choice(["a", "Q", " ", "\n", "é", "漢", "'s", "1", " \n", "\r\n", "=-"]) * (
            rng.randrange(1, 300)
        )
    return "".join(rng.choice(rng.choice(_KINDS)) for _ in range(rng.randrange(50)))


@cache
def reference(name: str, folder: str) -> Any:
    """tiktoken's own encoding, by its own loader and hash check, from `folder` alone."""
    import tiktoken

    source = next(vocab.candidates(vocab.known()[name], here("")))
    target = Path(folder, CACHED_AS[name])
    target.write_bytes(gzip.decompress(Path(source).read_bytes()))
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = folder
    try:
        return tiktoken.get_encoding(name)
    finally:
        os.environ.pop("TIKTOKEN_CACHE_DIR")
        if before is not None:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


def here(cache_folder: str) -> vocab.Places:
    """The packages of this environment, and no other folder."""
    return vocab.Places(cache_folder, (), tuple(sys.path))


@cache
def counter() -> Counter:
    """A counter with what is installed; its tables are in the user's own cache."""
    return Counter(vocab.places(os.environ))


@cache
def bare() -> Counter:
    """A counter on a machine without any vocabulary."""
    return Counter(NOWHERE)


def source_of(name: str) -> bytes:
    """The vocabulary file itself."""
    path = next(vocab.candidates(vocab.known()[name], here("")))
    return vocab.read_source(path)


Encode = Callable[[str], list[int]]
