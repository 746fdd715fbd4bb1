"""Vocabularies that exist only as a Hugging Face `tokenizer.json`: run by the `tokenizers` library.

Its byte-pair merges are a list of pairs, which a table of ranks does not reproduce exactly; so the
library itself counts, where it is installed. It takes a tenth of a second to load.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from promptops.errors import InputError
from promptops.tokens.encode import Encoder
from promptops.tokens.tables import Table


def available() -> bool:
    """True if the `tokenizers` library is installed."""
    return find_spec("tokenizers") is not None


class HubEncoder(Encoder):
    """The same promises as Encoder's; special-token text is plain text here too."""

    __slots__ = ("_tokenizer",)

    def __init__(self, data: bytes, sha256: str) -> None:
        """InputError where the library refuses `data`."""
        import tokenizers

        super().__init__(_NO_TABLE, lambda text: [text] if text else [])
        self.sha256 = sha256
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_str(data.decode("utf-8"))
        except Exception as error:  # the library raises plain Exception
            raise InputError(f"the tokenizer file cannot be used: {error}") from None
        self._tokenizer.encode_special_tokens = True

    def _encode(self, piece: str) -> tuple[int, ...]:
        self.bytes_of(piece)  # refuses what is no text
        return tuple(self._tokenizer.encode(piece, add_special_tokens=False).ids)

    def decode(self, ids: Any) -> bytes:
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text.encode()


class _NoTable(Table):
    """Stands where a table of ranks would."""

    def __init__(self) -> None:
        self.size = 0
        self.sha256 = ""


_NO_TABLE = _NoTable()
