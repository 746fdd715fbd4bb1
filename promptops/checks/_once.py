"""Work that several checks need of one prompt, done once."""

from __future__ import annotations

from collections.abc import Callable

from promptops.model import Prompt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


def once(work: Callable[[Prompt], T]) -> Callable[[Prompt], T]:
    """`work`, remembering its answer for the last prompt it was asked about.

    Checks run one after another on one prompt; a prompt cannot be hashed, so it is known by identity.
    """
    kept: tuple[Prompt, T] | None = None

    def remembered(prompt: Prompt) -> T:
        nonlocal kept
        now = kept
        if now is None or now[0] is not prompt:
            now = kept = (prompt, work(prompt))
        return now[1]

    return remembered
