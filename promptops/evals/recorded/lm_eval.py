"""Samples of lm-evaluation-harness (`--log_samples`): samples_<task>_<date>.jsonl.

Read after lm_eval/evaluator.py and lm_eval/loggers/evaluation_tracker.py. One line is one document
under one filter; `resps` are the answers before it, one list a request and one entry a repeat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from promptops.evals.recorded import Record, answered, last_of_user, messages_of, texts_of

NAME = "lm-eval samples"


def is_row(row: Any) -> bool:
    """True for a logged sample."""
    return isinstance(row, Mapping) and {"doc", "resps", "arguments"} <= row.keys()


def records(row: Mapping[str, Any]) -> Iterator[Record]:
    """Each repeat's answer; ValueError for tasks whose requests are no questions."""
    arguments, resps = row["arguments"], row["resps"]
    first = (
        arguments["gen_args_0"] if isinstance(arguments, Mapping) else dict(enumerate(arguments[0]))
    )
    prompt, how = first.get("arg_0", first.get(0)), first.get("arg_1", first.get(1))
    if len(resps) != 1 or not isinstance(how, Mapping):
        raise ValueError("its request compares likelihoods, there is no answer in words")
    messages = _messages(prompt)
    doc = row["doc"] if isinstance(row["doc"], Mapping) else {}
    ids = (doc.get("id"), doc.get("key"), row.get("doc_id"))
    for repeat, text in enumerate(resps[0]):
        yield Record(
            answered(text),
            tuple(str(it) for it in ids if it is not None),
            last_of_user(messages) or str(prompt),
            messages,
            texts_of(doc),
            variant=str(row.get("filter", "")),
            repeat=repeat,
        )


def _messages(prompt: Any) -> Any:
    """The messages of a chat, which is logged as a text of JSON in a list of one."""
    text = prompt[0] if isinstance(prompt, list) and len(prompt) == 1 else prompt
    if isinstance(text, str) and text.lstrip()[:1] == "[":
        try:
            return messages_of(json.loads(text))
        except (ValueError, RecursionError):
            return ()
    return messages_of(prompt)
