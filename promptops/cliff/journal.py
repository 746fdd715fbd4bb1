"""Which calls of a study failed, round by round: with the answer store, all that a resume needs.

What is asked next follows from what was seen. A call that failed and were to succeed on a second
run would send the study down another path, away from the answers that are paid for; so a closed
round stays as it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from promptops.errors import PromptopsError

FOLDER = "cliff"


class Journal:
    """The closed rounds of one study. A file that cannot be read is a study that has not begun."""

    def __init__(self, folder: str, study: str) -> None:
        self.path = os.path.join(folder, FOLDER, f"{study}.json") if folder else ""
        self.lost: list[tuple[int, ...]] = self._read()

    def failed(self, number: int) -> frozenset[int] | None:
        """The calls of a round that got no answer; None where the round was never closed."""
        return frozenset(self.lost[number]) if number < len(self.lost) else None

    def close(self, number: int, failed: Sequence[int]) -> None:
        """Keep what became of a round; the file is replaced as a whole."""
        if number < len(self.lost):
            return
        self.lost.append(tuple(failed))
        if not self.path:
            return
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            with open(self.path + ".new", "w", encoding="ascii") as file:
                json.dump(self.lost, file)
            os.replace(self.path + ".new", self.path)
        except OSError as error:
            raise PromptopsError(
                f"cannot keep the course of the study: {error.strerror}",
                "make room or set PROMPTOPS_HOME, and run the same command again",
                path=self.path,
            ) from None

    def _read(self) -> list[tuple[int, ...]]:
        try:
            with open(self.path, encoding="ascii") as file:
                data = json.load(file)
            return [tuple(int(number) for number in row) for row in data]
        except (OSError, ValueError, TypeError, RecursionError):
            return []
