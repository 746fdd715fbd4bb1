"""What `promptops store export` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.evals.keys import answer_of, canonical
from promptops.evals.recorded import Record, last_of_user
from promptops.model import Message

NAME = "promptops store export"


def is_row(row: Any) -> bool:
    """True for a request with its answer."""
    return isinstance(row, Mapping) and all(
        isinstance(row.get(name), Mapping) for name in ("request", "answer")
    )


def records(row: Mapping[str, Any]) -> Iterator[Record]:
    """The answer to the request."""
    asked = row["request"]
    messages = tuple(Message(role, content) for role, content in asked["messages"])
    yield Record(
        answer_of(canonical(row["answer"])),
        prompt=last_of_user(messages),
        messages=messages,
        model=str(asked["model"]),
        repeat=int(asked.get("repeat", 0)),
    )
