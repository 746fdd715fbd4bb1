"""A batch as JSON lines: requests out, answers in, in whatever order and state they come back.

The format is OpenAI's (https://platform.openai.com/docs/guides/batch), which litellm translates for
providers that have another. `custom_id` is the key of the call in the answer store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promptops.evals import Answer, Request, State
from promptops.evals.providers import Retry
from promptops.evals.providers._chat import classify

ENDPOINT = "/v1/chat/completions"
MOST_REQUESTS = 50_000  # in one batch, by OpenAI's documentation
MOST_BYTES = 200 * 1000 * 1000
LONGEST_REASON = 4000
_NEVER_RAN = ("batch_expired", "batch_cancelled", "batch_canceled")
_FILTERED = ("content_filter", "content_policy_violation")
_TWICE = "two different answers in the batch"


@dataclass
class Found:
    """Answers by key. strange: rows for calls that were not in the batch; torn: no row at all."""

    answers: dict[str, Answer] = field(default_factory=dict)
    strange: int = 0
    torn: int = 0


def line(key: str, body: Mapping[str, Any]) -> bytes:
    """One request."""
    row = {"custom_id": key, "method": "POST", "url": ENDPOINT, "body": dict(body)}
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def parts(
    lines: Iterable[tuple[str, bytes]], requests: int = MOST_REQUESTS, size: int = MOST_BYTES
) -> Iterator[tuple[list[str], bytes]]:
    """(keys, file) of as few batches as take all lines, in their order."""
    keys: list[str] = []
    held: list[bytes] = []
    room = size
    for key, one in lines:
        if keys and (len(keys) == requests or len(one) > room):
            yield keys, b"".join(held)
            keys, held, room = [], [], size
        keys.append(key)
        held.append(one)
        room -= len(one)
    if keys:
        yield keys, b"".join(held)


def read(
    files: Sequence[bytes], requests: Mapping[str, Request], answers_as: tuple[str, ...] = ()
) -> Found:
    """What the output and the error file say of these requests.

    A row that comes twice counts once; where the two differ there is no answer, as nothing says
    which of them it is.
    """
    found = Found()
    for one in (row for file in files for row in file.splitlines() if row.strip()):
        row = _decoded(one)
        if row is None:
            found.torn += 1
            continue
        key = row.get("custom_id")
        request = requests.get(key) if isinstance(key, str) else None
        if request is None or not isinstance(key, str):
            found.strange += 1
            continue
        answer = _answer(row, request, answers_as)
        before = found.answers.get(key, answer)
        found.answers[key] = answer if before == answer else _disputed(before)
    return found


def _disputed(answer: Answer) -> Answer:
    return replace(answer, state=State.NO_ANSWER, text="", reason=_TWICE)


def _decoded(one: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(one)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _answer(row: Mapping[str, Any], request: Request, answers_as: tuple[str, ...]) -> Answer:
    """What became of one call."""
    response = row.get("response")
    response = response if isinstance(response, Mapping) else {}
    status, body = response.get("status_code"), response.get("body")
    if status == 200 and not row.get("error"):
        try:
            return classify(body, request, 0.0, answers_as)
        except Retry as retry:
            return Answer(State.FAILED, reason=retry.reason[:LONGEST_REASON])
    code, said = _error(row.get("error")) if row.get("error") else _error(body)
    if code in _NEVER_RAN:
        return Answer(State.NOT_RUN, reason=code.replace("_", " "))
    if code in _FILTERED:
        return Answer(State.NO_ANSWER, reason="content filter")
    reason = ": ".join(part for part in (f"HTTP {status}" if status else "", said or code) if part)
    return Answer(State.FAILED, reason=(reason or "no response")[:LONGEST_REASON])


def _error(found: Any) -> tuple[str, str]:
    """(code, message) of an error object, wherever it is wrapped."""
    inner = found.get("error") if isinstance(found, Mapping) else None
    found = inner if isinstance(inner, Mapping) else found
    if not isinstance(found, Mapping):
        return "", str(found or "")
    return str(found.get("code") or ""), str(found.get("message") or "")
