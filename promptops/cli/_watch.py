"""A tree that remembers what was asked of it, so that the same answer can be given again."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from promptops.cli._warm import applies, found, remember
from promptops.digest import digest
from promptops.errors import InputError
from promptops.source.tree import DiskTree

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

MOST_OUTPUT = 1 << 20


class WatchedTree(DiskTree):
    """The disk, with a note of every file read, every name looked for, every folder listed."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.was_read: dict[str, str] = {}
        self.looked_for: dict[str, bool] = {}
        self.was_listed: dict[str, list[str]] = {}

    def listed(self, folder: str) -> Sequence[str]:
        listed = super().listed(folder)
        self.was_listed[folder] = list(listed)
        return listed

    def exists(self, path: str) -> bool:
        there = self.looked_for[path] = super().exists(path)
        return there

    def read(self, path: str) -> bytes:
        try:
            content = super().read(path)
        except InputError as error:
            self.was_read[path] = f"?{error.message}"
            raise
        self.was_read[path] = digest(content)
        return content

    def remember(self, globs: str, output: str, code: int) -> None:
        """Keep `output` as the answer to what was typed, while the files stay as they are.

        globs: a regular expression for every file whose coming or going changes the answer.
        """
        arguments = sys.argv[1:]
        if applies(arguments) and len(output) < MOST_OUTPUT:
            remember(arguments, self._record(globs, output, code))

    def _record(self, globs: str, output: str, code: int) -> dict[str, Any]:
        plain = DiskTree(self.root)
        walked = self._walked is not None
        read = sorted(self.was_read)
        match = re.compile(globs).fullmatch  # what it matches is among `found`, if it is there
        looked_for = {p: at for p, at in self.looked_for.items() if not (walked and match(p))}
        return {
            "root": self.root,
            "globs": globs if walked else None,
            "found": found(plain, globs) if walked else [],
            "looked_for": looked_for,
            "listed": self.was_listed,
            "read": read,
            "state": digest("".join(self.was_read[path] for path in read).encode()),
            "output": output,
            "code": code,
        }
