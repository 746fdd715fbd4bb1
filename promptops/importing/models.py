"""Names of models: litellm's, which ours are, and those of other tools."""

from __future__ import annotations

from collections.abc import Mapping

_PROMPTFOO: Mapping[str, str] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "azure": "azure",
    "azureopenai": "azure",
    "google": "gemini",
    "vertex": "vertex_ai",
    "bedrock": "bedrock",
    "ollama": "ollama",
    "groq": "groq",
    "mistral": "mistral",
    "openrouter": "openrouter",
    "deepseek": "deepseek",
    "xai": "xai",
    "togetherai": "together_ai",
    "together": "together_ai",
    "cohere": "cohere",
    "perplexity": "perplexity",
    "fireworks": "fireworks_ai",
    "cerebras": "cerebras",
}
_BACK = {ours: theirs for theirs, ours in reversed(list(_PROMPTFOO.items()))}
_WAYS = frozenset({"chat", "completion", "messages", "responses", "realtime"})
_DOTPROMPT = {"googleai": "gemini", "vertexai": "vertex_ai"}
_DOTPROMPT_BACK = {ours: theirs for theirs, ours in _DOTPROMPT.items()}


def from_promptfoo(provider: str) -> str:
    """`openai:chat:gpt-4o` as `openai/gpt-4o`; "" for what is no model (code, a host)."""
    family, colon, rest = provider.partition(":")
    if not colon or family not in _PROMPTFOO:
        return ""
    way, colon, name = rest.partition(":")
    model = name if colon and way in _WAYS else rest
    return f"{_PROMPTFOO[family]}/{model}" if model and model not in _WAYS else ""


def to_promptfoo(model: str) -> str:
    """`openai/gpt-4o` as `openai:gpt-4o`; `litellm:…` where promptfoo has no word for it."""
    family, slash, name = model.partition("/")
    if not slash:
        return f"openai:{model}"
    if family == "anthropic":
        return f"anthropic:messages:{name}"
    if family == "azure":
        return f"azure:chat:{name}"
    return f"{_BACK[family]}:{name}" if family in _BACK else f"litellm:{model}"


def from_dotprompt(model: str) -> str:
    """`googleai/gemini-2.5-flash` as `gemini/gemini-2.5-flash`."""
    family, slash, name = model.partition("/")
    return f"{_DOTPROMPT.get(family, family)}/{name}" if slash else model


def to_dotprompt(model: str) -> str:
    """The other way round."""
    family, slash, name = model.partition("/")
    return f"{_DOTPROMPT_BACK.get(family, family)}/{name}" if slash else model


def joined(provider: str, name: str) -> str:
    """`openai` and `gpt-4o` as `openai/gpt-4o`; a name alone stays one."""
    family = {"azure_openai": "azure", "azure": "azure", "google": "gemini"}.get(provider, provider)
    return f"{family}/{name}" if family and "/" not in name else name
