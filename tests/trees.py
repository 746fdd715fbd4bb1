"""A tree of files that lives in a dictionary, for tests that read thousands of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptops.errors import InputError


class MemoryTree:
    """Files by path, as bytes or text."""

    def __init__(self, files: Mapping[str, bytes | str]) -> None:
        self.files = {p: c.encode() if isinstance(c, str) else c for p, c in files.items()}

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def listed(self, folder: str) -> Sequence[str]:
        return sorted(p for p in self.files if p.rpartition("/")[0] == folder.rstrip("/"))

    def exists(self, path: str) -> bool:
        return path in self.files

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise InputError("cannot read it: No such file or directory", path=path)
        return self.files[path]
