"""Batches by litellm: OpenAI, Azure, Vertex AI, Bedrock, Mistral, xAI, vLLM, a litellm proxy.

A server of one's own (`--api-base`) is spoken to as litellm speaks to OpenAI.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from promptops.errors import ProviderError, UsageError
from promptops.evals import Request
from promptops.evals.batches import Status, UnlistedError, UnsureError
from promptops.evals.batches.lines import ENDPOINT
from promptops.evals.http import split
from promptops.evals.patience import Limits, Patience
from promptops.evals.providers import Link, Retry, Stop
from promptops.evals.providers.litellm import LiteLLM, failed, loaded
from promptops.evals.providers.openai_compatible import OpenAICompatible, body_of

ORDER = (
    "openai",
    "azure",
    "vertex_ai",
    "bedrock",
    "mistral",
    "xai",
    "hosted_vllm",
    "litellm_proxy",
)
LIST = ("openai", "azure", "vertex_ai", "xai", "hosted_vllm", "litellm_proxy")
_NAMED = ("bedrock", "mistral")  # whose batches litellm finds by the model's name only
_OPENAI_BODY = ("openai", "azure", "mistral", "xai", "hosted_vllm", "litellm_proxy")
SECONDS = 600.0  # for a file of 200 MB
MOST_PAGES, PAGE = 50, 100
T = TypeVar("T")


class Service:
    """The batch interface of one model's provider."""

    def __init__(self, provider: str, model: str, link: Link, limits: Limits) -> None:
        if link.base_url:
            split(link.base_url)
        self._litellm = loaded()
        _stay()
        self._limits = limits
        self._patience = Patience(limits)
        own = provider == OpenAICompatible.name
        self.version = OpenAICompatible.version if own else LiteLLM.version
        self._own = own
        self._model, self._provider = (model, "openai") if own else self._named(model)
        self._access: dict[str, Any] = {
            "custom_llm_provider": self._provider,
            "max_retries": 0,
            "num_retries": 0,
            "timeout": SECONDS,
            **({"api_base": link.base_url} if link.base_url else {}),
            **({"api_key": link.key or "none"} if link.key or own else {}),
            **({"model": model} if self._provider in _NAMED else {}),
        }

    def _named(self, model: str) -> tuple[str, str]:
        try:
            name, provider, *_ = self._litellm.get_llm_provider(model=model)
        except Exception:
            raise UsageError(f"litellm knows no provider of {model}") from None
        if provider not in ORDER:
            hint = f"litellm orders batches at {', '.join(ORDER)}; leave --engine batch out"
            raise UsageError(f"no batches can be ordered at {provider} through litellm", hint)
        return str(name), str(provider)

    def body(self, request: Request) -> Mapping[str, Any]:
        if self._own:
            return body_of(request)
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        parameters = dict(request.parameters)
        if self._provider in _OPENAI_BODY:
            mapped = self._litellm.utils.get_optional_params(
                model=self._model, custom_llm_provider=self._provider, **parameters
            )
            extra = mapped.pop("extra_body", None) or {}
            mapped.pop("stream", None)
            parameters = {k: v for k, v in {**mapped, **extra}.items() if v is not None}
        return {"model": self._model, "messages": messages, **parameters}

    async def upload(self, name: str, lines: bytes) -> str:
        file = (f"{name}.jsonl", lines, "application/jsonl")
        made = await self._call(self._litellm.acreate_file, file=file, purpose="batch")
        return str(made.id)

    async def order(self, file: str, name: str) -> Status:
        asked = partial(
            self._litellm.acreate_batch,
            completion_window="24h",
            endpoint=ENDPOINT,
            input_file_id=file,
            metadata={"promptops": name},
            **self._access,
        )
        return _status(await self._patiently(asked, once=True))

    async def look(self, batch: str) -> Status:
        # else litellm would read the whole output in the background, to log what it cost
        quiet = {"litellm_metadata": {"batch_ignore_default_logging": True}}
        return _status(await self._call(self._litellm.aretrieve_batch, batch_id=batch, **quiet))

    async def find(self, file: str) -> Status | None:
        if self._provider not in LIST:
            raise UnlistedError(f"litellm does not list the batches of {self._provider}")
        after = None
        for _ in range(MOST_PAGES):
            page = await self._call(self._litellm.alist_batches, after=after, limit=PAGE)
            found = list(_get(page, "data") or ())
            for one in found:
                if _get(one, "input_file_id") == file:
                    return _status(one)
            if not (_get(page, "has_more") and found):
                return None
            after = _get(found[-1], "id")
        raise UnlistedError(f"over {MOST_PAGES * PAGE} batches to look through")

    async def read(self, file: str) -> bytes:
        content = await self._call(self._litellm.afile_content, file_id=file)
        return bytes(content.content)

    async def close(self) -> None:
        closing = getattr(self._litellm, "close_litellm_async_clients", None)
        if closing is not None:
            await closing()

    async def _call(self, what: Callable[..., Awaitable[T]], **arguments: Any) -> T:
        return await self._patiently(partial(what, **arguments, **self._access))

    async def _patiently(self, what: Callable[[], Awaitable[T]], *, once: bool = False) -> T:
        """What it gives, tried again where that may help. once: never after it may have been done."""
        tried = 0
        while True:
            tried += 1
            try:
                async with asyncio.timeout(SECONDS):
                    return await what()
            except TimeoutError:
                retry = Retry(f"no answer within {SECONDS:g} s", sent=True)
            except Exception as error:
                retry = _meant(error)
            if once and retry.sent:
                raise UnsureError(retry.reason)
            wait = self._patience.wait_after(tried, retry)
            if tried >= self._limits.attempts or wait > self._limits.longest_wait * 1.2:
                hint = "what was ordered is kept: run the same command again later"
                raise ProviderError(f"the provider does not answer: {retry.reason}", hint)
            await asyncio.sleep(wait)


def _meant(error: Exception) -> Retry:
    """What may be tried again; ProviderError for what may not."""
    try:
        said = failed(error).reason
    except Retry as retry:
        return retry
    except Stop as stop:
        said = str(stop)
    hint = "check the key, the model's name and whether the provider has batches"
    raise ProviderError(f"the batch interface says no: {said}", hint)


def _status(found: Any) -> Status:
    counts = _get(found, "request_counts")
    total, done, bad = (int(_get(counts, n) or 0) for n in ("total", "completed", "failed"))
    errors = _get(_get(found, "errors"), "data") or ()
    problem = "; ".join(str(_get(one, "message") or _get(one, "code") or one) for one in errors)
    files = (str(_get(found, "output_file_id") or ""), str(_get(found, "error_file_id") or ""))
    return Status(
        str(_get(found, "id")), str(_get(found, "status")), total, done, bad, *files, problem
    )


def _get(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)


def _stay() -> None:
    """Redirects are not followed: they would post all requests elsewhere."""
    from litellm.llms.openai.openai import OpenAIBatchesAPI, OpenAIFilesAPI

    for api in (OpenAIBatchesAPI, OpenAIFilesAPI):
        if api.get_openai_client.__name__ != "staying":
            api.get_openai_client = _staying(api.get_openai_client)


def _staying(made: Callable[..., Any]) -> Callable[..., Any]:
    def staying(*args: Any, **kwargs: Any) -> Any:
        client = made(*args, **kwargs)
        client._client.follow_redirects = False
        return client

    return staying
