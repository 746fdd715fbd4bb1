"""What the litellm provider makes of a real litellm and a server full of faults.

`python tests/litellm_calls.py` prints a JSON object by fault; a process of its own, because the
import takes seconds, changes the process and warns.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from loopback import Loopback, Reply, completion

from promptops.evals import Request
from promptops.evals.providers import Link, Provider, Retry, Stop, provider
from promptops.model import Message

KEY = "sk-loopback-0123456789"
SLOW = 3.0  # seconds a call: a busy machine answers in less, a drip does not


def error(status: int, code: str, **headers: str) -> Reply:
    body = json.dumps({"error": {"code": code, "message": code}}).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


FAULTS = {
    "fine": Reply(body=completion("hi", model="m")),
    "cut": Reply(body=completion("hi", model="m", finish="length")),
    "filtered": Reply(body=completion("half", finish="content_filter")),
    "null": Reply(body=completion(None)),
    "refusal": Reply(body=completion(None, refusal="I can't")),
    "no choices": Reply(body=completion(choices=[])),
    "wrong model": Reply(body=completion("hi", model="other")),
    "huge": Reply(body=completion("x" * (3 << 20))),
    "truncated": Reply(body=completion("x")[:40]),
    "empty": Reply(body=b""),
    "html": Reply(body=b"<html>busy</html>"),
    "deep": Reply(body=b"[" * 100_000),
    "reset": Reply(body=completion("x" * 100), reset=30),
    "closed": Reply(body=completion("x" * 100), cut=30),
    "drip": Reply(body=completion("x" * 1000), drip=0.1),
    "forged": Reply(
        body=completion("hi", usage={"prompt_tokens": -5, "completion_tokens": 10**12})
    ),
    "no usage": Reply(body=completion("hi", usage=None)),
    "wrong key": error(401, f"your key {KEY}"),
    "moved": Reply(302, b"", {"Location": "http://127.0.0.1:1/v1"}),
    "no model": error(404, "gone"),
    "bad request": error(400, "odd"),
    "crowded": error(429, "slow down", Retry_After="3"),
    "quota": error(429, "insufficient_quota"),
    "server error": error(500, "oops"),
    "unavailable": error(503, "later", Retry_After="1"),
}


def said(outcome: Any) -> dict[str, Any]:
    """The outcome of one attempt, as JSON can hold it."""
    if isinstance(outcome, Retry):
        names = ("after", "sent", "broken", "crowded", "reason")
        return {"end": "retry", **{name: getattr(outcome, name) for name in names}}
    if isinstance(outcome, Stop):
        return {"end": "stop", "reason": str(outcome)}
    usage = [outcome.usage.input, outcome.usage.output]
    return {
        "end": outcome.state.value,
        "text": outcome.text[:50],
        "reason": outcome.reason,
        "cut": outcome.cut,
        "usage": usage,
    }


async def one(asks: Provider, url: str, seconds: float) -> dict[str, Any]:
    request = Request("litellm", "openai/m", (Message("user", "q"),), {"max_tokens": 5}, 0, url)
    try:
        return said(await asks.ask(request, seconds))
    except (Retry, Stop) as failed:
        return said(failed)


async def main() -> None:
    asks = provider("litellm", Link(key=KEY, answers_as=("m",)))
    told = {"nobody": await one(asks, "http://127.0.0.1:1/v1", 30)}
    for name, reply in FAULTS.items():
        with Loopback(lambda *_, reply=reply: reply) as server:
            told[name] = await one(asks, server.url, SLOW if reply.drip else 30)
            told[name]["served"] = server.count
    await asks.close()
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)  # litellm's own threads would be waited for
