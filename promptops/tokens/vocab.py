"""Which vocabularies we know, where a copy may already be, and how one becomes a table.

Nothing is downloaded. A vocabulary is found in an installed package (never imported: its file is
read), in tiktoken's own cache, or in a file that the user adds; its whole SHA-256 must match the
pin in `data/vocabularies.json`. A file that does not match is refused, named and left alone.
The compiled table is kept in the user's cache, under a name that carries the hash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache

from promptops.errors import InputError, unreadable
from promptops.tokens.encode import Encoder
from promptops.tokens.places import Places as Places
from promptops.tokens.places import places as places
from promptops.tokens.pretokenize import splitter
from promptops.tokens.tables import BadTable, Table, compile_table, open_table, write_table

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from typing import Any


BY_LIBRARY = ("huggingface", "sentencepiece")  # formats that no table can hold
ADDED = "added.json"
MAX_SOURCE = 64 << 20  # bytes; the largest known one has 19 MB


class Vocabulary:
    """One vocabulary we know: its pin, its pattern, where it may be found.

    sources: (package, path inside it); cached_as: tiktoken's file name (SHA-1 of its address);
    get: the one command that brings it; tokens: how many ids it has, those in `holes` unused.
    """

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.name: str = row["name"]
        self.sha256: str = row["sha256"]
        self.tokens: int = row["tokens"]
        self.format: str = row["format"]
        self.pattern: str = row["pattern"]
        self.nfc: bool = row.get("nfc", False)
        self.holes = frozenset(row.get("holes", ()))
        self.sources: tuple[tuple[str, str], ...] = tuple(map(tuple, row.get("sources", ())))
        self.cached_as: str = row.get("cached_as", "")
        self.get: str = row.get("get", "")
        self.source: str = row["source"]
        self.as_of: str = row["as_of"]


@cache
def known(cache_folder: str = "") -> Mapping[str, Vocabulary]:
    """The vocabularies pinned in the package, by name, and those the user has added.

    An added one cannot take a pinned one's name.
    """
    import json

    path = os.path.join(os.path.dirname(__file__), "data", "vocabularies.json")
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)["vocabularies"]
    try:
        with open(os.path.join(cache_folder, ADDED), encoding="utf-8") as file:
            rows = json.load(file)["vocabularies"] + rows
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none added, or a damaged list: the pinned ones stay good
    return {row["name"]: Vocabulary(row) for row in rows}


def candidates(vocabulary: Vocabulary, where: Places) -> Iterator[str]:
    """Paths of existing files that may be this vocabulary, best first; none is opened."""
    wanted = [os.path.join(package, inner) for package, inner in vocabulary.sources]
    paths = [os.path.join(entry, name) for name in wanted for entry in where.path if entry]
    if vocabulary.cached_as:
        paths += [os.path.join(folder, vocabulary.cached_as) for folder in where.folders]
    return (path for path in paths if os.path.isfile(path))


def present(vocabulary: Vocabulary, where: Places) -> bool:
    """True if its table, or a file that may be it, is on this machine; none is opened."""
    path = table_path(vocabulary, where)
    return bool(path and os.path.isfile(path)) or any(True for _ in candidates(vocabulary, where))


def read_source(path: str) -> bytes:
    """A vocabulary file's bytes, unpacked where its name ends in .gz; InputError if unreadable."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SOURCE + 1)
        if path.endswith(".gz"):
            from zlib import decompressobj

            data = decompressobj(wbits=31).decompress(data, MAX_SOURCE + 1)
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__ != "zlib":
            raise
        if isinstance(error, OSError) and error.strerror:
            raise unreadable(error, path) from None
        hint = "download it again"
        raise InputError(f"cannot read the vocabulary: {error}", hint, path=path) from None
    if len(data) > MAX_SOURCE:
        raise InputError("the vocabulary is over 64 MiB", path=path)
    return data


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    from hashlib import sha256

    return sha256(data).hexdigest()


def compiled(vocabulary: Vocabulary, path: str) -> bytes:
    """What is kept of the file at `path`: its table's bytes, or the file's own where no table can be.

    InputError where it is not the vocabulary.
    """
    data = pinned(vocabulary, path)
    if vocabulary.format in BY_LIBRARY:
        return data
    from promptops.tokens.formats import READERS

    holes = vocabulary.holes
    tokens = READERS[vocabulary.format](data, holes)[: vocabulary.tokens]
    return compile_table(tokens, vocabulary.sha256, holes)


def pinned(vocabulary: Vocabulary, path: str) -> bytes:
    """The file's bytes; InputError where their hash is not the pinned one. The file is left alone."""
    data = read_source(path)
    found = digest(data)
    if found != vocabulary.sha256:
        raise InputError(
            f"this is not {vocabulary.name}: its SHA-256 is {found}, not {vocabulary.sha256}",
            f"the file was left alone; for a true copy: {vocabulary.get}",
            path=path,
        )
    return data


def table_path(vocabulary: Vocabulary, where: Places) -> str:
    """Where its table is kept, "" where nothing may be."""
    name = f"{vocabulary.name}-{vocabulary.sha256[:16]}.table"
    return os.path.join(where.cache, name) if where.cache else ""


def table(vocabulary: Vocabulary, where: Places, refused: list[InputError]) -> Table | None:
    """Its table: mapped from the cache, or compiled from the first good source, or None.

    A damaged table is rebuilt. What was refused on the way is appended to `refused`.
    """
    path = table_path(vocabulary, where)
    if path:
        try:
            return open_table(path, vocabulary.sha256)
        except (BadTable, OSError):
            pass
    for candidate in candidates(vocabulary, where):
        try:
            data = compiled(vocabulary, candidate)
        except InputError as error:
            refused.append(error)
            continue
        _keep(path, data)
        return Table(data)
    return None


def _keep(path: str, data: bytes) -> None:
    if path:
        try:
            write_table(path, data)
        except OSError:
            pass  # a read-only home costs a compilation a run, not the answer


def encoder(name: str, where: Places, refused: list[InputError] | None = None) -> Encoder | None:
    """The encoder of a known vocabulary, or None where no copy of it is on this machine.

    KeyError for a name we do not know.
    """
    vocabulary = known(where.cache)[name]
    refused = refused if refused is not None else []
    if vocabulary.format in BY_LIBRARY:
        return _by_library(vocabulary, where, refused)
    found = table(vocabulary, where, refused)
    if found is None:
        return None
    return Encoder(found, splitter(vocabulary.pattern), nfc=vocabulary.nfc)


def _by_library(vocabulary: Vocabulary, where: Places, refused: list[InputError]) -> Encoder | None:
    from promptops.tokens.hub import available, load

    if not available(vocabulary.format):
        return None
    kept = table_path(vocabulary, where)
    for path in (
        *([kept] if kept and os.path.isfile(kept) else []),
        *candidates(vocabulary, where),
    ):
        try:
            return load(vocabulary.format, pinned(vocabulary, path), vocabulary.sha256)
        except InputError as error:
            error.path = error.path or path
            refused.append(error)
    return None
