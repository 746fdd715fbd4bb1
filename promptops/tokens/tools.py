"""What tool definitions cost: by a published rule where there is one, else between bounds.

OpenAI's cookbook has a rule for two generations of models; nobody else publishes one. What a
provider puts round the definitions and how it writes them stands in `data/facts.json`, with where
it was read. Every figure here is estimated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import ceil

from promptops.model import Tool
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.facts import Row, by_model, rows
from promptops.tokens.framing import Size
from promptops.tokens.models import ESTIMATED, UNKNOWN, Model

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

NONE = Count(0, 0, 0, "exact")
_FORMS: Mapping[str, Mapping[str, Any]] = {
    "compact": {"separators": (",", ":")},
    "spaced": {},
    "indented": {"indent": 4},
}


def tool_count(tools: Sequence[Tool], model: str, counter: Counter) -> Count:
    """The tokens of all definitions together, with what the provider puts round them.

    Unknown where the model's tokens are, or where nothing is known of how it is told of tools.
    """
    if not tools:
        return NONE
    known = counter.model(model)
    row = tool_row(known)
    whole = counter.count(_written(tools, row or {}), model)
    if row is None or whole.tokens is None or whole.low is None or whole.high is None:
        return Count(None, None, None, UNKNOWN, "how this model is told of its tools is not known")
    least, most = row.get("around", (0, 0))
    low = int(whole.low * row.get("json_low", 0)) + least
    high = ceil(whole.high * row.get("json_high", 0)) + most
    tokens = (low + high) // 2
    if row["rule"] == "cookbook":
        tokens = cookbook([definition(tool) for tool in tools], row, _size(counter, model))
        slack = row.get("slack", 0) * len(tools)
        low, high = min(low or tokens, tokens - slack), max(high, tokens + slack)
    how = "the OpenAI cookbook's rule" if row["rule"] == "cookbook" else "the definitions as JSON"
    digest = whole.vocab_sha256
    return Count(
        tokens, low, high, ESTIMATED, how, whole.encoding, digest, row["source"], row["as_of"]
    )


def each_tool(tools: Sequence[Tool], model: str, counter: Counter) -> Mapping[str, int]:
    """What each definition takes of it: what leaving it out would save. Empty where unknown."""
    whole = tool_count(tools, model, counter).tokens
    if whole is None:
        return {}
    left_out = ((tool.name, [one for one in tools if one is not tool]) for tool in tools)
    return {
        name: whole - (tool_count(others, model, counter).tokens or 0) for name, others in left_out
    }


def tool_row(model: Model) -> Row | None:
    """What is known of how a model is told of its tools: its own row, else its family's."""
    own = by_model("tools", model)
    if own is not None:
        return own
    listed = rows("tools")
    row = next((r for r in listed if not r["models"] and r["family"] == model.family), None)
    if row is None or "like" not in row:
        return row
    return {**next(r for r in listed if row["like"] in r["models"]), **row, "slack": 0}


def definition(tool: Tool) -> dict[str, Any]:
    """The function as APIs take it; what is empty is left out."""
    parts = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {key: value for key, value in parts.items() if value}


def cookbook(functions: Sequence[Mapping[str, Any]], row: Row, size: Size) -> int:
    """OpenAI function definitions by the cookbook's rule, `How_to_count_tokens_with_tiktoken`."""
    if not functions:
        return 0
    end: int = row["end"]
    return end + sum(_function(function, row, size) for function in functions)


def _function(function: Mapping[str, Any], row: Row, size: Size) -> int:
    described = f"{function.get('name', '')}:{_sentence(function)}"
    total: int = row["function"] + size(described)
    parameters = function.get("parameters", {})
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    if not isinstance(properties, dict) or not properties:
        return total
    total += row["properties"]
    return total + sum(_key(name, schema, row, size) for name, schema in properties.items())


def _key(name: str, schema: Any, row: Row, size: Size) -> int:
    schema = schema if isinstance(schema, dict) else {}
    total: int = row["key"] + size(f"{name}:{schema.get('type', '')}:{_sentence(schema)}")
    options = schema.get("enum")
    if isinstance(options, list | tuple):
        total += row["enum"] + sum(row["item"] + size(str(one)) for one in options)
    return total


def _sentence(described: Mapping[str, Any]) -> str:
    return str(described.get("description", "")).removesuffix(".")


def _written(tools: Sequence[Tool], row: Row) -> str:
    """The definitions as JSON, in the form in which the model's template writes them."""
    form = _FORMS[row.get("form", "compact")]
    wrapped = [{"type": "function", "function": definition(tool)} for tool in tools]
    return "\n".join(json.dumps(one, ensure_ascii=False, **form) for one in wrapped)


def _size(counter: Counter, model: str) -> Size:
    return lambda text: counter.part(text, model) if text else 0
