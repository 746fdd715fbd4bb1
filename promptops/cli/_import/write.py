"""Writing what an import made: nothing over what is there, and nothing by halves."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.cli._import.said import Brought
from promptops.errors import InputError
from promptops.source.tree import DiskTree
from promptops.source.write import replace_file


def refuse_existing(tree: DiskTree, brought: Sequence[Brought]) -> None:
    """InputError for the first file that exists and is not what would be written."""
    for one in brought:
        for path, text in one.files.items():
            if tree.exists(path) and tree.read(path) != text.encode():
                hint = "--id gives it another name, --force overwrites it with its rationales and tests"
                raise InputError("it exists: nothing was written", hint, path=path)


def write_all(tree: DiskTree, brought: Sequence[Brought]) -> None:
    """Write every file that differs from what is there, each atomically."""
    present = {
        path: tree.read(path) if tree.exists(path) else None
        for one in brought
        for path in one.files
    }
    for one in brought:
        for path, text in one.files.items():
            if present[path] != text.encode():
                replace_file(tree.root, path, text, present[path])
