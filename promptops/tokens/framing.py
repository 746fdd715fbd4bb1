"""What a provider adds round the text: tokens that frame messages, and tools.

No provider publishes its framing as a promise: every figure here is estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptops.model import Message
from promptops.tokens.facts import by_family, by_model
from promptops.tokens.models import Model

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


def tool_tokens(tools: Sequence[Mapping[str, Any]], model: Model, size: Size) -> int | None:
    """What OpenAI function definitions cost, by the OpenAI cookbook's rule; estimated.

    tools: as sent (`{"type": "function", "function": {…}}`, or the functions themselves). None
    where the rule is not known for the model: raw JSON overstates by a third to double.
    """
    row = by_model("framing", model, "tools")
    if row is None:
        return None
    if not tools:
        return 0
    end: int = row["end"]
    return end + sum(_function(tool.get("function", tool), row, size) for tool in tools)


def _function(function: Mapping[str, Any], row: Mapping[str, Any], size: Size) -> int:
    described = f"{function.get('name', '')}:{_sentence(function)}"
    total: int = row["function"] + size(described)
    properties = function.get("parameters", {}).get("properties", {})
    if properties:
        total += row["properties"]
    for name, schema in properties.items():
        total += row["key"] + size(f"{name}:{schema.get('type', '')}:{_sentence(schema)}")
        if "enum" in schema:
            total += row["enum"] + sum(row["item"] + size(str(one)) for one in schema["enum"])
    return total


def _sentence(described: Mapping[str, Any]) -> str:
    return str(described.get("description", "")).removesuffix(".")
