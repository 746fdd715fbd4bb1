"""A vocabulary as one memory-mapped file: a hash table from token bytes to id, nothing parsed.

Layout, 4-byte integers in the machine's order: a header (magic, byte-order mark, tokens, table
bits, blob length, 32 bytes of the source file's SHA-256), `1 << bits` slots (id + 1, 0 is empty),
tokens + 1 offsets from the file's start, and the tokens' bytes in the order of their ids. A token's
slot is its CRC-32, masked, with linear probing; the load stays below one half.

Opening one reads a few pages; a look-up touches two or three.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from zlib import crc32

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from array import array

MAGIC = b"POVOCAB1"
_MARK = 0x01020304
_WORDS = 4  # of the header, after the magic
_HEADER = len(MAGIC) + 4 * _WORDS + 32


class BadTable(Exception):
    """The file is no whole table of this format: rebuild it."""


class Table:
    """An open table. `rank` maps token bytes to an id, -1 where they are no token."""

    __slots__ = ("_data", "_offsets", "rank", "sha256", "size")

    def __init__(self, data: mmap.mmap | bytes) -> None:
        if len(data) < _HEADER or data[: len(MAGIC)] != MAGIC:
            raise BadTable("not a vocabulary table")
        view = memoryview(data)
        mark, size, bits, blob = view[len(MAGIC) : len(MAGIC) + 4 * _WORDS].cast("I")
        slots_end = _HEADER + (4 << min(bits, 30))
        offsets_end = slots_end + 4 * (size + 1)
        if mark != _MARK or len(data) != offsets_end + blob:
            raise BadTable("the table is cut short or of another machine")
        self._data = data
        self._offsets = view[slots_end:offsets_end].cast("I")
        self.rank = _lookup(data, view[_HEADER:slots_end].cast("I"), self._offsets)
        self.size = size
        self.sha256 = data[_HEADER - 32 : _HEADER].hex()

    def token(self, rank: int) -> bytes:
        """The bytes of an id; IndexError past the end."""
        if not 0 <= rank < self.size:
            raise IndexError(rank)
        return self._data[self._offsets[rank] : self._offsets[rank + 1]]

    def content(self) -> bytes:
        """The whole file."""
        return self._data[:]

    def tokens(self) -> Iterator[bytes]:
        """All tokens in the order of their ids."""
        return (self.token(rank) for rank in range(self.size))


def _lookup(
    data: mmap.mmap | bytes, slots: memoryview[int], offsets: memoryview[int]
) -> Callable[[bytes], int]:
    mask = len(slots) - 1

    def rank(token: bytes) -> int:  # a closure: a third quicker than a method
        slot = crc32(token) & mask
        while value := slots[slot]:
            if data[offsets[value - 1] : offsets[value]] == token:
                return value - 1
            slot = (slot + 1) & mask
        return -1

    return rank


def compile_table(
    tokens: Sequence[bytes], sha256: str, holes: frozenset[int] = frozenset()
) -> bytes:
    """The file's bytes for `tokens` in the order of their ids (dense from 0, but for `holes`).

    holes: ids that are no token's; b"" stands there. ValueError where another token is empty, one
    stands twice, or a single byte is missing: a byte-level vocabulary holds all 256, or some text
    could not be encoded.
    """
    from array import array
    from itertools import accumulate

    real = [t for rank, t in enumerate(tokens) if rank not in holes] if holes else tokens
    found = set(real)
    if len(found) != len(real) or b"" in found:
        raise ValueError("a token is empty or stands twice")
    if not found.issuperset(byte.to_bytes(1, "big") for byte in range(256)):
        raise ValueError("not every single byte is a token")
    bits = (2 * len(tokens) - 1).bit_length()
    start = _HEADER + (4 << bits) + 4 * (len(tokens) + 1)
    offsets = array("I", accumulate(map(len, tokens), initial=start))
    words = array("I", [_MARK, len(tokens), bits, offsets[-1] - start])
    head = MAGIC + words.tobytes() + bytes.fromhex(sha256)
    slots = _slots(tokens, bits, holes)
    return b"".join((head, slots.tobytes(), offsets.tobytes(), *tokens))


def _slots(tokens: Sequence[bytes], bits: int, holes: frozenset[int]) -> array[int]:
    """The hash table: a first count waits for it, and it takes two hundred thousand turns."""
    from array import array

    mask = (1 << bits) - 1
    slots = array("I", bytes(4 << bits))
    wanted = enumerate(map(mask.__and__, map(crc32, tokens)), 1)
    for value, slot in (pair for pair in wanted if tokens[pair[0] - 1]) if holes else wanted:
        while slots[slot]:
            slot = (slot + 1) & mask
        slots[slot] = value
    return slots


def open_table(path: str, sha256: str) -> Table:
    """The table at `path`, memory-mapped read-only.

    BadTable where it is damaged or made from another source than `sha256`; FileNotFoundError
    where there is none.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        data = mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise BadTable("the table is empty") from None
    finally:
        os.close(handle)
    table = Table(data)
    if table.sha256 != sha256:
        raise BadTable("the table was made from another vocabulary")
    return table


def write_table(path: str, data: bytes) -> None:
    """Put `data` at `path` whole or not at all; several processes may do so at once."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    temporary = f"{path}.{os.getpid()}.{id(data):x}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
