"""Prompts and instruction files of other tools, brought in without loss and taken out again.

Nothing in an imported file is ever run. What a prompt of ours cannot say is listed, and a copy of
the file stays beside the prompt. One format a file in `formats/`.
"""

from __future__ import annotations

from promptops.importing.interface import Exported, Imported, Left, Piece, Source
from promptops.importing.registry import exports, read_foreign, readable

__all__ = [
    "Exported",
    "Imported",
    "Left",
    "Piece",
    "Source",
    "exports",
    "read_foreign",
    "readable",
]
