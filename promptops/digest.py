"""One digest for everything that is known again by its content.

hashlib would load OpenSSL, which costs a commit more than all the hashing does.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another Python than CPython
    from hashlib import blake2b

__all__ = ["blake2b", "digest"]


def digest(data: bytes, size: int = 16) -> str:
    """BLAKE2b of `data` as 2 * `size` hex digits."""
    return blake2b(data, digest_size=size).hexdigest()
