"""Counts by the provider's own endpoint, through litellm: only when asked for, and kept.

OpenAI: `POST /v1/responses/input_tokens`, "the exact count the model will receive". Anthropic:
`POST /v1/messages/count_tokens`, "an estimate". Gemini: `countTokens`. litellm falls back to a
local guess without a word; such an answer is refused here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from promptops.distribution import install
from promptops.errors import ProviderError
from promptops.model import Message, Tool
from promptops.tokens.count import Count
from promptops.tokens.models import COUNTED, Model
from promptops.tokens.tables import write_table
from promptops.tokens.tools import definition
from promptops.tokens.vocab import Places, digest

Ask = Callable[[Model, Sequence[Message], Sequence[Tool]], int]
_OF_ESTIMATES = 0.02  # Anthropic calls its count an estimate
_TIMEOUT = 30.0  # seconds for one count


def counted(
    messages: Sequence[Message],
    model: Model,
    where: Places,
    today: date,
    ask: Ask,
    tools: Sequence[Tool] = (),
) -> Count:
    """What the endpoint says these messages are with their tools, framing included; asked once for
    each content. Images are not sent, and not in it.

    Raises ProviderError where it cannot be asked.
    """
    path = os.path.join(where.cache, "counted.json") if where.cache else ""
    kept = _load(path)
    said = [[m.role, m.content] for m in messages]
    sent = json.dumps([model.name, said, *([_told(tools, "")] if tools else [])])
    key = digest(sent.encode("utf-8", "surrogatepass"))
    if key not in kept:
        kept[key] = (ask(model, messages, tools), today.isoformat())
        if path:
            _keep(path, kept)
    tokens, as_of = kept[key]
    slack = round(tokens * _OF_ESTIMATES) if model.family == "claude" else 0
    how = "the provider's count endpoint"
    return Count(
        tokens, tokens - slack, tokens + slack, COUNTED, how, "", "", "count endpoint", as_of
    )


def _load(path: str) -> dict[str, tuple[int, str]]:
    try:
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    except (OSError, ValueError):
        return {}
    good = rows.items() if isinstance(rows, dict) else ()
    return {key: (row[0], row[1]) for key, row in good if _is_row(row)}


def _is_row(row: object) -> bool:
    return isinstance(row, list) and len(row) == 2 and type(row[0]) is int and type(row[1]) is str


def _keep(path: str, rows: object) -> None:
    try:
        write_table(path, json.dumps(rows).encode())
    except OSError:
        pass  # it will be asked again, which costs nothing but time


def _told(tools: Sequence[Tool], family: str) -> list[dict[str, Any]]:
    """The tools as litellm hands them on: it rewrites OpenAI's form for OpenAI alone."""
    each = [definition(tool) for tool in tools]
    match family:
        case "claude":
            schema = {"type": "object"}
            return [
                {**_but(one, "parameters"), "input_schema": one.get("parameters", schema)}
                for one in each
            ]
        case "gemini":
            return [{"functionDeclarations": each}]
        case _:
            return [{"type": "function", "function": one} for one in each]


def _but(one: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != key}


def ask_litellm(known: Model, messages: Sequence[Message], tools: Sequence[Tool]) -> int:
    """One request through litellm, whose import must neither read a `.env` nor fetch prices."""
    os.environ["LITELLM_MODE"] = "PRODUCTION"
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    try:
        import litellm
    except ImportError:
        hint = install("litellm")
        raise ProviderError("counting at the provider needs litellm", hint) from None
    import asyncio

    model = known.name
    more = {"tools": _told(tools, known.family)} if tools else {}
    sent = [{"role": message.role, "content": message.content} for message in messages]

    async def once() -> object:
        counting = litellm.acount_tokens(model=model, messages=sent, **more)
        return await asyncio.wait_for(counting, _TIMEOUT)

    try:
        answer = asyncio.run(once())
    except Exception as error:  # whatever a provider's client raises
        raise ProviderError(f"{model} could not be asked: {error}", "is its key set?") from None
    tokens = getattr(answer, "total_tokens", None)
    if getattr(answer, "tokenizer_type", "local_tokenizer") == "local_tokenizer":
        hint = "is its key set? OpenAI, Anthropic, Gemini, Vertex and Bedrock have count endpoints"
        raise ProviderError(f"no count endpoint answered for {model}", hint)
    if type(tokens) is not int or tokens < 0:
        raise ProviderError(f"the count endpoint of {model} gave no number", "try again later")
    return tokens
