"""Plain entries: {prompt, response} as IFEval has them, {case, response}, or {id, answer} …"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.evals.recorded import Record, answered, last_of_user, messages_of, texts_of

NAME = "plain answers"
_TEXTS = ("response", "answer", "output", "completion")
_IDS = ("case", "case_id", "id", "key")
_PROMPTS = ("prompt", "input", "question")
_CUT = ("length", "max_tokens")


def document(data: Any) -> list[Any] | None:
    """A list of entries, also under one name such as `responses`."""
    if isinstance(data, Mapping) and len(data) == 1:
        data = next(iter(data.values()))
    return data if isinstance(data, list) and data and all(map(is_row, data)) else None


def is_row(row: Any) -> bool:
    """True where there is an answer, and something that says to what."""
    if not isinstance(row, Mapping):
        return False
    asked = any(name in row for name in (*_IDS, *_PROMPTS, "messages", "variables"))
    return asked and any(name in row for name in (*_TEXTS, "error"))


def records(row: Mapping[str, Any]) -> Iterator[Record]:
    """The one answer of an entry."""
    asked = next((row[name] for name in ("messages", *_PROMPTS) if name in row), "")
    messages = messages_of(asked)
    model = str(row.get("model") or "")
    repeat = row.get("repeat")
    yield Record(
        answered(
            next((row[name] for name in _TEXTS if name in row), None),
            error=str(row.get("error") or ""),
            cut=row.get("cut") is True or row.get("finish_reason") in _CUT,
            model=model,
        ),
        tuple(str(row[name]) for name in _IDS if row.get(name) not in (None, "")),
        last_of_user(messages) or (asked if isinstance(asked, str) else ""),
        messages,
        texts_of(row.get("variables") or row.get("vars")),
        model,
        repeat=None if repeat is None else int(repeat),
    )
