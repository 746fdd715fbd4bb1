"""Logs of inspect_ai, `.eval` files and JSON (`--log-format json`).

Read after inspect_ai's src/inspect_ai/log/_log.py (EvalLog, EvalSample) and
src/inspect_ai/model/_model_output.py (ModelOutput).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.evals import Answer, State
from promptops.evals.recorded import (
    Record,
    answered,
    last_of_user,
    messages_of,
    text_of,
    texts_of,
)
from promptops.model import Message

NAME = "inspect log"
_CUT = ("max_tokens", "model_length", "length")
_ATTACHMENT = "attachment://"


def document(data: Any) -> list[Any] | None:
    """The samples of a log, each with the model of the run."""
    if not isinstance(data, Mapping) or not isinstance(data.get("eval"), Mapping):
        return None
    model = data["eval"].get("model", "")
    samples = data.get("samples") or []
    return [{"run_model": model, **it} if isinstance(it, Mapping) else it for it in samples]


def is_row(row: Any) -> bool:
    """True for an EvalSample."""
    return isinstance(row, Mapping) and {"id", "epoch", "input"} <= row.keys()


def records(row: Mapping[str, Any]) -> Iterator[Record]:
    """The answer of one sample in one epoch."""
    kept = row.get("attachments") or {}
    given = row["input"]
    messages = _asked(row, kept) or messages_of(given)
    prompt = _whole(given, kept) if isinstance(given, str) else last_of_user(messages_of(given))
    output = row.get("output") or {}
    model = row.get("run_model") or output.get("model") or ""  # what failed names no model itself
    yield Record(
        _answer(row, output, model, kept),
        (str(row["id"]),),
        prompt,
        messages,
        texts_of(row.get("metadata")),
        model,
        repeat=int(row["epoch"]) - 1,
    )


def _asked(row: Mapping[str, Any], kept: Mapping[str, str]) -> tuple[Message, ...]:
    """What was sent before the last answer, with what solvers added to the input."""
    told = [Message(it.role, _whole(it.content, kept)) for it in messages_of(row.get("messages"))]
    if told and told[-1].role == "assistant":
        told.pop()
    return tuple(told)


def _answer(
    row: Mapping[str, Any], output: Mapping[str, Any], model: str, kept: Mapping[str, str]
) -> Answer:
    choice = (output.get("choices") or [{}])[0]
    stop = choice.get("stop_reason", "")
    if stop == "content_filter":
        return Answer(State.NO_ANSWER, reason="content filter", model=model)
    error = row.get("error") or output.get("error")
    said = error.get("message", "error") if isinstance(error, Mapping) else error
    text = output.get("completion") or text_of(choice.get("message", {}).get("content"))
    return answered(_whole(text, kept), error=str(said or ""), cut=stop in _CUT, model=model)


def _whole(text: str, kept: Mapping[str, str]) -> str:
    """The text that an attachment stands for."""
    return kept.get(text.removeprefix(_ATTACHMENT), text) if text.startswith(_ATTACHMENT) else text
