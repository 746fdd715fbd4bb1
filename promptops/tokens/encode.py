"""Byte-pair encoding: the ids that tiktoken's `encode_ordinary` gives, and how many there are.

Special-token text (`<|endoftext|>`) is plain text here, as it is to a provider that receives it
in a message. The two merges agree; the second exists because the first is quadratic.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from promptops.errors import InputError
from promptops.tokens.pretokenize import Split
from promptops.tokens.tables import Table

_NEVER = 1 << 62  # a rank no token has: this pair does not merge
_SHORT = 64  # bytes; longer pieces go to the heap
_MEMO_CHARACTERS = 64  # longer pieces hardly come twice, but for those of one prompt's renderings
_MEMO_PIECES = 1 << 16
_MEMO_LONG = 16


class Encoder:
    """One vocabulary with its pretokenizer. `nfc`: the model normalizes its input first."""

    __slots__ = ("_long", "_memo", "nfc", "sha256", "split", "table")

    def __init__(self, table: Table, split: Split, *, nfc: bool = False) -> None:
        self.table = table
        self.split = split
        self.nfc = nfc
        self.sha256 = table.sha256
        self._memo: dict[str, tuple[int, ...]] = {}
        self._long: dict[str, tuple[int, ...]] = {}

    def encode(self, text: str) -> list[int]:
        """The ids of `text`. InputError where it holds a lone surrogate: that is no text."""
        memo = self._memo
        ids: list[int] = []
        for piece in self._pieces(text):
            ids += memo.get(piece) or self._ids(piece)
        return ids

    def count(self, text: str) -> int:
        """How many ids `encode` gives."""
        memo = self._memo
        total = 0
        for piece in self._pieces(text):
            total += len(memo.get(piece) or self._ids(piece))
        return total

    def decode(self, ids: Iterable[int]) -> bytes:
        """The bytes the ids stand for; IndexError for an id that is no token."""
        return b"".join(self.table.token(token) for token in ids)

    def _pieces(self, text: str) -> list[str]:
        if self.nfc and not text.isascii():
            from unicodedata import normalize

            text = normalize("NFC", text)
        return self.split(text)

    def _ids(self, piece: str) -> tuple[int, ...]:
        short = len(piece) <= _MEMO_CHARACTERS
        memo, most = (self._memo, _MEMO_PIECES) if short else (self._long, _MEMO_LONG)
        ids = memo.get(piece)
        if ids is None:
            ids = self._encode(piece)
            if len(memo) >= most:
                memo.clear()
            memo[piece] = ids
        return ids

    def _encode(self, piece: str) -> tuple[int, ...]:
        data = self.bytes_of(piece)
        rank = self.table.rank(data)
        if rank >= 0:
            return (rank,)
        return merge(data, self.table) if len(data) <= _SHORT else merge_long(data, self.table)

    @staticmethod
    def bytes_of(text: str) -> bytes:
        """UTF-8; InputError for a lone surrogate (tiktoken would count U+FFFD in its place)."""
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            code = ord(text[error.start])
            raise InputError(
                f"the text holds a lone surrogate (U+{code:04X}), which is no character",
                "write the character itself, or leave it out",
            ) from None


def merge(data: bytes, table: Table) -> tuple[int, ...]:
    """Merge the pair of lowest rank, leftmost on a tie, until none is left. Quadratic."""
    rank = table.rank
    bounds = list(range(len(data) + 1))
    ranks = [_or_never(rank(data[i : i + 2])) for i in range(len(data) - 1)]
    while ranks and (lowest := min(ranks)) < _NEVER:
        i = ranks.index(lowest)
        del bounds[i + 1], ranks[i]
        if i:
            ranks[i - 1] = _or_never(rank(data[bounds[i - 1] : bounds[i + 1]]))
        if i < len(ranks):
            ranks[i] = _or_never(rank(data[bounds[i] : bounds[i + 2]]))
    return tuple(rank(data[a:b]) for a, b in pairwise(bounds))


def merge_long(data: bytes, table: Table) -> tuple[int, ...]:
    """The same with a heap of (rank, start, end of the pair): n log n.

    Long pieces repeat themselves (runs, tables, text without spaces), so ranks are remembered.
    """
    from heapq import heapify, heappop, heappush

    rank = _Ranks(table).__getitem__
    size = len(data)
    ends = list(range(1, size + 1))  # of the part that starts here
    before = list(range(-1, size - 1))  # start of the part to the left
    alive = bytearray(b"\1") * size
    pairs = ((rank(data[i : i + 2]), i, i + 2) for i in range(size - 1))
    heap = [pair for pair in pairs if pair[0] >= 0]
    heapify(heap)
    while heap:
        _, start, end = heappop(heap)
        right = ends[start]
        if not alive[start] or right >= size or ends[right] != end:
            continue  # one of the two parts has merged with another since
        alive[right] = 0
        ends[start] = end
        if end < size:
            before[end] = start
            if (found := rank(data[start : ends[end]])) >= 0:
                heappush(heap, (found, start, ends[end]))
        left = before[start]
        if left >= 0 and (found := rank(data[left:end])) >= 0:
            heappush(heap, (found, left, end))
    return tuple(rank(data[i : ends[i]]) for i in range(size) if alive[i])


class _Ranks(dict[bytes, int]):
    """Ranks already looked up."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._rank = table.rank

    def __missing__(self, data: bytes) -> int:
        found = self[data] = self._rank(data)
        return found


def _or_never(rank: int) -> int:
    return rank if rank >= 0 else _NEVER
