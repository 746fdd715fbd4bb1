"""Results of promptfoo (`--output results.json` or `.jsonl`), summaries of versions 2 to 4.

Read after promptfoo's src/types/index.ts (EvaluateResult, EvaluateSummaryV2 and V3) and
src/util/output.ts. `error` also says which assertion failed; only `failureReason: 2` is a call that
failed. With PROMPTFOO_STRIP_RESPONSE_OUTPUT there are no answers to read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from promptops.evals.recorded import (
    Record,
    answered,
    last_of_user,
    messages_of,
    texts_of,
)

NAME = "promptfoo results"
FAILED = 2
_STRIPPED = "[output stripped]"
_CUT = ("length", "max_tokens", "max_output_tokens", "model_context_window_exceeded")


def document(data: Any) -> list[Any] | None:
    """The results of an output file, or of a bare summary."""
    results = data.get("results") if isinstance(data, Mapping) else None
    if isinstance(results, Mapping):
        results = results.get("results")
    return results if isinstance(results, list) and all(map(is_row, results)) else None


def is_row(row: Any) -> bool:
    """True for an EvaluateResult."""
    return isinstance(row, Mapping) and "vars" in row and ("provider" in row or "success" in row)


def records(row: Mapping[str, Any]) -> Iterator[Record]:
    """The one answer of a result."""
    provider, prompt = row.get("provider") or {}, row.get("prompt") or {}
    model = provider if isinstance(provider, str) else provider.get("label") or provider.get("id")
    response = row.get("response") or {}
    if response.get("output") == _STRIPPED:
        raise ValueError("its answer was left out (PROMPTFOO_STRIP_RESPONSE_OUTPUT)")
    raw = prompt if isinstance(prompt, str) else prompt.get("raw", "")
    messages = _messages(raw)
    case = row.get("testCase") or {}
    named = [
        case.get("description"),
        *((case.get("metadata") or {}).get(n) for n in ("id", "case")),
    ]
    yield Record(
        answered(
            response.get("output"),
            error=_error(row, response),
            cut=str(response.get("finishReason", "")).lower() in _CUT,
            model=model or "",
        ),
        tuple(str(name) for name in named if name),
        last_of_user(messages) or raw,
        messages,
        texts_of(row.get("vars")),
        model or "",
        "" if isinstance(prompt, str) else str(prompt.get("label") or row.get("promptIdx", "")),
    )


def _error(row: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    failed = row.get("failureReason") == FAILED or "output" not in response
    said = response.get("error") or row.get("error")
    return str(said or "no output") if failed or response.get("error") else ""


def _messages(raw: Any) -> Any:
    """The messages of a chat prompt, which promptfoo writes as a text of JSON."""
    if isinstance(raw, str) and raw.lstrip()[:1] == "[":
        try:
            return messages_of(json.loads(raw))
        except (ValueError, RecursionError):
            return ()
    return ()
