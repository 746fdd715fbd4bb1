"""Vocabularies that no table of ranks reproduces: run by the library they were made with.

A Hugging Face `tokenizer.json` holds merges as a list of pairs, a SentencePiece model scores of
pieces; so `tokenizers` or `sentencepiece` itself counts, where it is installed. Each takes a tenth
of a second to load.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from promptops.errors import InputError
from promptops.tokens.encode import Encoder
from promptops.tokens.tables import Table


def available(format: str) -> bool:
    """True if the library that runs vocabularies of this format is installed."""
    return find_spec(LIBRARIES[format].library) is not None


def load(format: str, data: bytes, sha256: str) -> LibraryEncoder:
    """The encoder of a vocabulary file; InputError where its library refuses `data`."""
    return LIBRARIES[format](data, sha256)


class LibraryEncoder(Encoder):
    """The same promises as Encoder's; special-token text is plain text here too."""

    __slots__ = ("_tokenizer",)
    library = ""

    def __init__(self, data: bytes, sha256: str) -> None:
        """InputError where the library refuses `data`."""
        super().__init__(_NO_TABLE, lambda text: [text] if text else [])
        self.sha256 = sha256
        try:
            self._tokenizer: Any = self._load(data)
        except Exception as error:  # the libraries raise plain Exception, RuntimeError, TypeError
            raise InputError(f"the tokenizer file cannot be used: {error}") from None

    @abstractmethod
    def _load(self, data: bytes) -> Any:
        """The library's own object; may raise anything."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many tokens it has."""


class HubEncoder(LibraryEncoder):
    """A Hugging Face `tokenizer.json`."""

    __slots__ = ()
    library = "tokenizers"

    def _load(self, data: bytes) -> Any:
        import tokenizers

        found = tokenizers.Tokenizer.from_str(data.decode("utf-8"))
        found.encode_special_tokens = True
        return found

    @property
    def size(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def _encode(self, piece: str) -> tuple[int, ...]:
        self.bytes_of(piece)  # refuses what is no text
        return tuple(self._tokenizer.encode(piece, add_special_tokens=False).ids)

    def decode(self, ids: Any) -> bytes:
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text.encode()


class PieceEncoder(LibraryEncoder):
    """A SentencePiece `tokenizer.model`; the marks of beginning and end are framing, not text."""

    __slots__ = ()
    library = "sentencepiece"

    def _load(self, data: bytes) -> Any:
        import sentencepiece

        return sentencepiece.SentencePieceProcessor(model_proto=data)

    @property
    def size(self) -> int:
        return int(self._tokenizer.get_piece_size())

    def _encode(self, piece: str) -> tuple[int, ...]:
        self.bytes_of(piece)
        return tuple(self._tokenizer.encode(piece))

    def decode(self, ids: Any) -> bytes:
        text: str = self._tokenizer.decode(list(ids))
        return text.encode()


LIBRARIES: Mapping[str, type[LibraryEncoder]] = {
    "huggingface": HubEncoder,
    "sentencepiece": PieceEncoder,
}


class _NoTable(Table):
    """Stands where a table of ranks would."""

    def __init__(self) -> None:
        self.size = 0
        self.sha256 = ""


_NO_TABLE = _NoTable()
