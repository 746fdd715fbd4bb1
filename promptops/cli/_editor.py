"""A file as an editor has it, not yet saved, in the midst of those on the disk."""

from __future__ import annotations

import sys

from promptops.errors import UsageError
from promptops.source.tree import MAX_BYTES, DiskTree


class EditedTree(DiskTree):
    """The disk, but one file (`path`, relative to the root) holds other bytes."""

    def __init__(self, root: str, path: str, content: bytes) -> None:
        super().__init__(root)
        self.path, self.content = path, content

    def exists(self, path: str) -> bool:
        return path == self.path or super().exists(path)

    def read(self, path: str) -> bytes:
        return self.content if path == self.path else super().read(path)


def edited(root: str, path: str) -> EditedTree:
    """The tree in which the file at `path` holds what stands on standard input."""
    DiskTree(root).inside(path)
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError("standard input is over 1 MiB", "a prompt that large is no prompt")
    return EditedTree(root, path, content)
