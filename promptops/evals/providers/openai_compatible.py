"""Servers that speak the OpenAI chat protocol: vLLM, llama.cpp, Ollama, gateways, OpenAI itself."""

from __future__ import annotations

import json
from typing import Any

from promptops.evals import Answer, Request
from promptops.evals.http import Broken, Client, Reply
from promptops.evals.providers import Link, Provider, Retry, Stop
from promptops.evals.providers._chat import classify

PATH = "/chat/completions"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # `json.dumps` makes one a call
LONGEST_REASON = 4000  # cut further once keys are hidden: half a key would not be known as one
_QUOTA = ("insufficient_quota", "billing", "credit balance", "exceeded your current quota")
_UNPAID = (408, 409, 425, 429, 503, 529)  # turned away, not answered


def make(link: Link) -> Provider:
    """A provider for the base URL of the command line."""
    return OpenAICompatible(link)


class OpenAICompatible:
    """Asks `BASE_URL/chat/completions` directly. No redirects, no proxies, 2 MiB an answer."""

    name = "openai_compatible"
    version = 1

    def __init__(self, link: Link) -> None:
        headers = {"Authorization": f"Bearer {link.key}"} if link.key else {}
        self._client = Client(link.base_url, {**headers, "Accept": "application/json"})
        self._answers_as = link.answers_as

    async def ask(self, request: Request, seconds: float) -> Answer:
        body = _JSON.encode(body_of(request)).encode("utf-8", "backslashreplace")
        try:
            reply = await self._client.post(PATH, body, seconds)
        except Broken as error:
            raise Retry(error.reason, sent=error.sent, broken=error.sent) from None
        if reply.status != 200:
            return refused(reply)
        return classify(_json(reply), request, reply.seconds, self._answers_as)

    async def close(self) -> None:
        await self._client.close()


def body_of(request: Request) -> dict[str, Any]:
    """The JSON body of a chat request."""
    messages = [{"role": m.role, "content": m.content} for m in request.messages]
    return {"model": request.model, "messages": messages, **request.parameters}


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        raise Retry("the body is not JSON", sent=True) from None


def refused(reply: Reply) -> Answer:
    """What another status than 200 means: Stop, Retry, or a failed call."""
    from promptops.evals import State

    said = _said(reply)
    reason = f"HTTP {reply.status}{': ' + said if said else ''}"
    if reply.status in (401, 402, 403, 404) or 300 <= reply.status < 400:
        raise Stop(reason)
    if reply.status == 429 and any(word in said.lower() for word in _QUOTA):
        raise Stop(reason)
    if reply.status in _UNPAID or reply.status >= 500:
        crowded = reply.status in (429, 503, 529)
        sent = reply.status not in _UNPAID
        raise Retry(reason, _after(reply.headers), sent=sent, crowded=crowded)
    return Answer(State.FAILED, reason=reason)


def _said(reply: Reply) -> str:
    """The server's own words on one line, its error code first."""
    try:
        error = json.loads(reply.body)["error"]
        parts = (error.get("code"), error.get("type"), error.get("message"))
        said = " ".join(str(part) for part in parts if part)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        said = reply.body[:LONGEST_REASON].decode("utf-8", "replace")
    return " ".join(said.split())[:LONGEST_REASON]


def _after(headers: dict[str, str]) -> float | None:
    """Seconds of Retry-After. A date there is no use without trusting two clocks."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
