"""The user's vocabularies: what is on this machine, adding a file, and proving that tables are whole."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from dataclasses import dataclass
from datetime import date
from typing import Any

from promptops.errors import InputError, UsageError
from promptops.tokens import vocab
from promptops.tokens.formats import READERS
from promptops.tokens.hub import LIBRARIES, available, load
from promptops.tokens.tables import BadTable, Table, compile_table, open_table, write_table
from promptops.tokens.vocab import Places, Vocabulary

READY, FOUND, MISSING, DAMAGED, UNPROVEN = "ready", "found", "missing", "damaged", "unproven"


@dataclass(frozen=True, slots=True)
class Standing:
    """One vocabulary on this machine.

    state: ready (its table is kept), found (a file that may be it is here), missing; after a
    proof also damaged, or unproven where nothing is left to compare with. path: of what is here.
    """

    vocabulary: Vocabulary
    state: str
    path: str
    note: str = ""


def listing(where: Places) -> list[Standing]:
    """Every vocabulary we know, with where it stands; nothing is read."""
    return [_standing(vocabulary, where) for vocabulary in vocab.known(where.cache).values()]


def _standing(vocabulary: Vocabulary, where: Places) -> Standing:
    path = vocab.table_path(vocabulary, where)
    if path and os.path.isfile(path):
        return Standing(vocabulary, READY, path)
    for candidate in vocab.candidates(vocabulary, where):
        return Standing(vocabulary, FOUND, candidate)
    return Standing(vocabulary, MISSING, "")


def add(path: str, where: Places, name: str, like: str, today: date) -> Vocabulary:
    """Compile the file at `path` and keep the table; the file itself is left as it is.

    A file whose hash is pinned needs no name. Any other needs `name`, and a list of tokens `like`:
    the vocabulary whose pattern splits its texts (a `tokenizer.json` and a SentencePiece model say
    themselves how). Raises InputError for a file that cannot be used, UsageError
    for names that mean nothing.
    """
    if not where.cache:
        raise UsageError("there is no folder to keep it in", "set HOME or PROMPTOPS_HOME")
    data = vocab.read_source(path)
    digest = vocab.digest(data)
    known = vocab.known(where.cache)
    found = next((v for v in known.values() if v.sha256 == digest), None)
    if found is None:
        found = _new(path, data, digest, where, name, like, today)
    elif name and name != found.name:
        raise UsageError(f"this is {found.name}", "leave out --name", path=path)
    write_table(vocab.table_path(found, where), _compiled(found, path))
    return found


def _compiled(vocabulary: Vocabulary, path: str) -> bytes:
    try:
        return vocab.compiled(vocabulary, path)
    except ValueError as error:
        raise InputError(f"the vocabulary cannot be used: {error}", path=path) from None


def _new(
    path: str, data: bytes, digest: str, where: Places, name: str, like: str, today: date
) -> Vocabulary:
    known = vocab.known(where.cache)
    kind = _kind(data)
    whole = kind in vocab.BY_LIBRARY
    if not name or not (like or whole):
        raise InputError(
            f"this is none of the vocabularies that are known here: its SHA-256 is {digest}",
            "the file was left alone; for one of your own give --name NAME"
            + ("" if whole else " --like ENCODING"),
            path=path,
        )
    if not whole and like not in known:
        raise UsageError(f"no vocabulary `{like}` is known", f"known: {', '.join(known)}")
    if name in known:
        raise UsageError(f"`{name}` is taken", "choose another name")
    row: dict[str, Any] = {
        "name": name,
        "sha256": digest,
        "format": kind,
        "source": f"added from {os.path.basename(path)}",
        "as_of": today.isoformat(),
    }
    row |= _of_library(kind, data, digest, path) if whole else _of_list(kind, data, known[like])
    _remember(row, where)
    return Vocabulary(row)


def _kind(data: bytes) -> str:
    """The format of a file, by how it begins."""
    if data[:1] == b"\n":  # the first field of a SentencePiece model
        return "sentencepiece"
    if data.lstrip()[:1] != b"{":
        return "tiktoken"
    return "tekken" if b'"token_bytes"' in data else "huggingface"


def _of_list(kind: str, data: bytes, like: Vocabulary) -> dict[str, Any]:
    tokens = len(READERS[kind](data, frozenset()))
    return {"tokens": tokens, "pattern": like.pattern, "nfc": like.nfc}


def _of_library(kind: str, data: bytes, digest: str, path: str) -> dict[str, Any]:
    """Proven by loading it; `get` is the library, which may be gone one day."""
    library = LIBRARIES[kind].library
    get = f"pip install {library}"
    if not available(kind):
        raise InputError(f"this file needs the library `{library}`", get, path=path)
    try:
        size = load(kind, data, digest).size
    except InputError as error:
        error.path = path
        raise
    return {"tokens": size, "pattern": "", "get": get}


def _remember(row: dict[str, object], where: Places) -> None:
    path = os.path.join(where.cache, vocab.ADDED)
    rows: list[object] = []
    if os.path.exists(path):
        try:
            with open(path, encoding="utf-8") as file:
                rows = json.load(file)["vocabularies"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError("the list of added vocabularies is damaged", path=path) from None
    write_table(path, json.dumps({"vocabularies": [*rows, row]}, indent=1).encode())
    vocab.known.cache_clear()


def verify(vocabulary: Vocabulary, where: Places) -> Standing:
    """Prove that its table holds exactly the pinned vocabulary; a damaged one is removed.

    A table of a `base64 id` file is written out again and hashed; another is compared with what
    its source compiles to. A source is never changed.
    """
    path = vocab.table_path(vocabulary, where)
    if not path or not os.path.isfile(path):
        return _verified_source(vocabulary, where)
    try:
        if vocabulary.format in vocab.BY_LIBRARY:
            vocab.pinned(vocabulary, path)
            return Standing(vocabulary, READY, path)
        proven = _proven(open_table(path, vocabulary.sha256), vocabulary, where)
    except (BadTable, InputError, OSError, IndexError) as error:
        return _removed(vocabulary, path, str(error))
    if proven is None:
        return Standing(vocabulary, UNPROVEN, path, "its source is not here any more")
    if not proven:
        return _removed(vocabulary, path, "it does not hold the pinned vocabulary")
    return Standing(vocabulary, READY, path)


def _removed(vocabulary: Vocabulary, path: str, why: str) -> Standing:
    os.unlink(path)  # our own table: it is built again when it is needed
    return Standing(vocabulary, DAMAGED, path, f"{why}; it will be built again")


def _verified_source(vocabulary: Vocabulary, where: Places) -> Standing:
    for candidate in vocab.candidates(vocabulary, where):
        try:
            vocab.compiled(vocabulary, candidate)
        except InputError as error:
            return Standing(vocabulary, DAMAGED, candidate, error.message)
        return Standing(vocabulary, FOUND, candidate)
    return Standing(vocabulary, MISSING, "")


def _proven(table: Table, vocabulary: Vocabulary, where: Places) -> bool | None:
    tokens, holes = list(table.tokens()), vocabulary.holes
    whole = (
        _sound(tokens, holes) and compile_table(tokens, vocabulary.sha256, holes) == table.content()
    )
    if vocabulary.format == "tiktoken":
        lines = (
            b"%s %d\n" % (b64encode(token), rank) for rank, token in enumerate(tokens) if token
        )
        if vocab.digest(b"".join(lines)) == vocabulary.sha256:
            return whole
    for candidate in vocab.candidates(vocabulary, where):
        try:
            return vocab.compiled(vocabulary, candidate) == table.content()
        except InputError:
            continue
    return None if whole and vocabulary.format != "tiktoken" else False


def _sound(tokens: list[bytes], holes: frozenset[int]) -> bool:
    """True if no token stands twice and none is empty but the holes."""
    empty = {rank for rank, token in enumerate(tokens) if not token}
    return empty == holes and len(set(tokens)) == len(tokens) - max(len(holes) - 1, 0)
