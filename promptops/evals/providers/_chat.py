"""What a chat completion says: which of the five states, and why."""

from __future__ import annotations

import re
from functools import lru_cache
from sys import intern
from typing import Any

from promptops.evals import Answer, Request, State, Usage
from promptops.evals.providers import Retry

MOST_TEXT = 2 << 20


def classify(
    data: Any, request: Request, seconds: float, answers_as: tuple[str, ...] = ()
) -> Answer:
    """The answer in a decoded completion. Retry where the body is no completion at all.

    Servers report success for empty choices, null content, refusals, filters and other models:
    each is looked at here.
    """
    if not isinstance(data, dict) or not isinstance(data.get("choices"), list):
        said = data.get("error") if isinstance(data, dict) else None
        raise Retry(f"the body is no completion{f': {said}'[:4000] if said else ''}", sent=True)
    usage = usage_of(data.get("usage"))
    model = data["model"] if isinstance(data.get("model"), str) else ""
    text, cut, reason = _content(data["choices"])
    if not reason and model and not same_model(request.model, model, answers_as):
        reason = f"another model answered: {model[:80]}"
    if reason:
        state, text = State.NO_ANSWER, ""
    else:
        state = State.ANSWER
    return Answer(state, text, reason, cut, usage, None, seconds, 1, intern(model[:200]))


def _content(choices: list[Any]) -> tuple[str, bool, str]:
    """(text, cut, why there is no answer)."""
    if not choices:
        return "", False, "no choices"
    choice = choices[0] if isinstance(choices[0], dict) else {}
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    finish = choice.get("finish_reason")
    content = message.get("content")
    if finish == "content_filter":
        return "", False, "content filter"
    if message.get("refusal"):
        return "", False, "refused"
    if isinstance(content, list):  # parts, as some gateways send them
        parts = (p.get("text", "") for p in content if isinstance(p, dict))
        content = "".join(part for part in parts if isinstance(part, str))
    if isinstance(content, str) and len(content) > MOST_TEXT:
        return "", False, "over 2 MiB"
    if not isinstance(content, str) or not content.strip():
        return "", False, "cut before it said anything" if finish == "length" else "empty"
    return content, finish == "length", ""


def usage_of(data: Any) -> Usage:
    """The tokens reported; a figure that is no number of tokens counts as not reported."""
    if not isinstance(data, dict):
        return Usage()
    details = data.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    told = data.get("prompt_tokens"), data.get("completion_tokens"), cached
    return _usage(*map(_tokens, told))


@lru_cache(1000)
def _usage(*tokens: int | None) -> Usage:
    """Answers alike share theirs: a run keeps all of them to its end."""
    return Usage(*tokens)


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def same_model(asked: str, answered: str, answers_as: tuple[str, ...] = ()) -> bool:
    """True if `answered` names the model asked for: the name itself, or a dated version of it."""
    if answered in answers_as:
        return True
    wanted, got = (_undated(name.lower().rpartition("/")[2]) for name in (asked, answered))
    return got == wanted


def _undated(name: str) -> str:
    """A model name without what dates or tags it: `-2024-07-18`, `-0613`, `-latest`, `:8b`."""
    return re.sub(r"(-latest|-v?\d[\d.-]*|[:@][\w.-]*|\.gguf)+$", "", name) or name
