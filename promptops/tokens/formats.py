"""The file formats vocabularies come in: bytes to tokens in the order of their ids.

A reader raises InputError where the file is not of its format, or its ids are not 0, 1, 2 …
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promptops.errors import InputError


def tiktoken_file(data: bytes, holes: frozenset[int] = frozenset()) -> list[bytes]:
    """`base64 id` lines: OpenAI's, Llama's `tokenizer.model`, Qwen's; b"" at the ids in `holes`."""
    from binascii import Error, a2b_base64

    words = data.split()  # not line by line: a first count waits for this
    try:
        tokens = [a2b_base64(word, strict_mode=True) for word in words[::2]]
        ranks = list(map(int, words[1::2]))
    except (Error, ValueError):
        raise InputError("the vocabulary is not of `base64 id` lines") from None
    for hole in sorted(holes):
        tokens.insert(hole, b"")
        ranks.insert(hole, hole)
    return _dense(tokens, ranks == list(range(len(tokens))))


def tekken(data: bytes, holes: frozenset[int] = frozenset()) -> list[bytes]:  # noqa: ARG001
    """Mistral's `tekken_….json`: entries of `rank` and `token_bytes`."""
    import json
    from binascii import Error, a2b_base64

    try:
        rows = json.loads(data)["vocab"]
        tokens = [a2b_base64(row["token_bytes"], strict_mode=True) for row in rows]
        dense = all(row["rank"] == at for at, row in enumerate(rows))
    except (Error, ValueError, KeyError, TypeError, RecursionError):
        raise InputError("the vocabulary is not a tekken file") from None
    return _dense(tokens, dense)


def _dense(tokens: list[bytes], dense: bool) -> list[bytes]:
    if not dense:
        raise InputError("the vocabulary's ids are not 0, 1, 2 … in this order")
    return tokens


READERS: Mapping[str, Callable[[bytes, frozenset[int]], list[bytes]]] = {
    "tiktoken": tiktoken_file,
    "tekken": tekken,
}
