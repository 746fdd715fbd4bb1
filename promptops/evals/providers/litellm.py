"""Any model that litellm knows. It is an optional extra, and imported when the first call goes out.

What its import and its defaults do is switched off here: it would read a `.env` found upwards from
its package (and send a key to the host named there), fetch prices, retry by itself, and start a
client per call. Prices, retries, deadlines and the judgement of what came back are ours.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import re
from contextlib import suppress
from functools import partialmethod
from typing import Any

from promptops.distribution import install
from promptops.errors import UsageError
from promptops.evals import Answer, Request, State
from promptops.evals.providers import Link, Provider, Retry, Stop
from promptops.evals.providers._chat import classify

SWITCHES = {
    "LITELLM_MODE": "PRODUCTION",  # no .env
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # no fetched prices
    "EXPERIMENTAL_OPENAI_BASE_LLM_HTTP_HANDLER": "true",  # measured: half as many calls again
}
MALWARE = ("1.82.7", "1.82.8")
OLDEST = 1, 106, 2  # older ones follow redirects, or count at OpenAI whatever OPENAI_BASE_URL says
_STOPS = ("AuthenticationError", "PermissionDeniedError", "NotFoundError", "BudgetExceededError")
_UNREACHED = ("ClientConnectorError", "ConnectError", "ConnectTimeout", "ConnectionRefusedError")


def make(link: Link) -> Provider:
    """A provider by litellm; UsageError where it is not installed or is a known bad release."""
    return LiteLLM(loaded(), link)


def loaded() -> Any:
    """litellm with its habits switched off; UsageError where it is not installed or not to be had."""
    os.environ.update(SWITCHES)
    refused = "the model needs litellm, which is not installed"
    hint = f"{install('litellm')}; --api-base asks a server of your own without it, and"
    hint += " `--model simulated/plain` a model made of dice"
    try:
        from importlib.metadata import PackageNotFoundError, version

        found = version("litellm")
        if found in MALWARE:
            raise UsageError("this release of litellm holds malware", "remove it and rotate keys")
        if tuple(int(n) for n in re.findall(r"\d+", found)[:3]) < OLDEST:
            raise UsageError(f"litellm {found} is too old", hint)
        import litellm
    except (ImportError, PackageNotFoundError):
        raise UsageError(refused, hint) from None
    _stay(litellm)
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.num_retries = 0
    litellm.turn_off_message_logging = True
    return litellm


def _stay(litellm: Any) -> None:
    """Redirects are not followed: they would post the prompt, and perhaps the key, elsewhere."""
    handler = litellm.llms.custom_httpx.http_handler.AsyncHTTPHandler
    if not isinstance(inspect.getattr_static(handler, "__init__"), partialmethod):
        handler.__init__ = partialmethod(handler.__init__, follow_redirects=False)


class LiteLLM:
    """Asks through `litellm.acompletion`, one attempt a call."""

    name = "litellm"
    version = 1

    def __init__(self, litellm: Any, link: Link) -> None:
        self._litellm = litellm
        self._link = link
        self._warm = False

    async def ask(self, request: Request, seconds: float) -> Answer:
        arguments = {
            "model": request.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_retries": 0,
            "num_retries": 0,
            "timeout": seconds,
            **({"api_base": request.base_url} if request.base_url else {}),
            **({"api_key": self._link.key} if self._link.key else {}),
            **request.parameters,
        }
        if not self._warm:  # its first call imports for seconds: none of the call's own time
            self._warm = True
            with suppress(Exception):
                await self._litellm.acompletion(**arguments, mock_response="ready")
            gc.collect()
            gc.freeze()  # what litellm holds is not looked at again: halves the slowest calls
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            async with asyncio.timeout(seconds):
                reply = await self._litellm.acompletion(**arguments)
        except TimeoutError:
            raise Retry(f"no answer within {seconds:g} s", sent=True, broken=True) from None
        except Exception as error:
            return failed(error)
        return classify(_plain(reply), request, loop.time() - start, self._link.answers_as)

    async def close(self) -> None:
        gc.unfreeze()
        closing = getattr(self._litellm, "close_litellm_async_clients", None)
        if closing is not None:
            await closing()


def failed(error: Exception) -> Answer:
    """What an exception of litellm means: Stop, Retry, or a failed call."""
    name = type(error).__name__
    status = getattr(error, "status_code", None)
    said = plainly(str(error))
    if _never_sent(error):
        raise Retry(said) from None
    if name in _STOPS or status in (401, 402, 403, 404) or _is_redirect(status):
        raise Stop(said) from None
    if status == 429 and "quota" in said.lower():
        raise Stop(said) from None
    if name == "ContentPolicyViolationError":
        return Answer(State.NO_ANSWER, reason="content filter")
    if name in ("Timeout", "APIConnectionError"):
        raise Retry(said, sent=True, broken=True) from None
    if status == 429 or name == "RateLimitError":
        raise Retry(said, _after(error), crowded=True) from None
    if isinstance(status, int) and 400 <= status < 500:
        return Answer(State.FAILED, reason=said)
    raise Retry(said, _after(error), sent=True, crowded=status in (503, 529)) from None


def plainly(said: str) -> str:
    """What litellm says, without its traceback, its own class names and objects of the library."""
    flat = " ".join(said.partition("Traceback (most")[0].split())
    if "LLM Provider NOT provided" in flat:
        return "the name says no provider; write it as openai/gpt-4o-mini"
    flat = re.sub(r"^(?:litellm\.)?(\w+): (?:\1: )?(?:\w+(?:Exception|Error) - )?", "", flat)
    return re.sub(r" ssl:(?:<[^>]*>|\w+)", "", flat)


def _never_sent(error: BaseException | None) -> bool:
    """True if nobody was reached; litellm says so in the causes of what it raises only."""
    seen = 0
    while error is not None and seen < 20:
        if type(error).__name__ in _UNREACHED:
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def _is_redirect(status: Any) -> bool:
    return isinstance(status, int) and 300 <= status < 400


def _after(error: Exception) -> float | None:
    """Seconds of Retry-After; litellm 1.106 keeps the headers beside a response without any."""
    for holder, name in ((error, "litellm_response_headers"), (error, "response")):
        found = getattr(holder, name, None)
        headers = getattr(found, "headers", None) or found
        try:
            seconds = float(headers.get("retry-after", ""))  # type: ignore[union-attr]
        except (ValueError, TypeError, AttributeError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _plain(reply: Any) -> Any:
    """The reply as the JSON it came from."""
    plain = getattr(reply, "model_dump", None)
    return plain() if callable(plain) else reply
