"""What a provider adds round the text: tokens that frame messages.

No provider publishes its framing as a promise: every figure here is estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptops.model import Message
from promptops.tokens.facts import by_family
from promptops.tokens.models import Model
from promptops.values import dataclass

Size = Callable[[str], int]  # a text's tokens


@dataclass(frozen=True, slots=True)
class Framing:
    """Tokens round the messages, give or take `slack`; `each` is of one message, in order."""

    tokens: int
    slack: int
    each: tuple[int, ...]
    source: str
    as_of: str


def framing(messages: Sequence[Message], model: Model, size: Size) -> Framing | None:
    """What frames these messages; None where nothing is published or measured for the model."""
    row = by_family("framing", model.family)
    if row is None:
        return None
    each = tuple(
        row["per_message"] + (size(message.role) if row["role"] else 0) for message in messages
    )
    tokens = sum(each) + row.get("start", 0) + row["reply"]
    return Framing(tokens, row["slack"] * len(messages), each, row["source"], row["as_of"])
