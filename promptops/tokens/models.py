"""Which tokenizer a model name stands for: one explicit table, `data/models.json`.

tiktoken and litellm guess (`gpt-4-anything` is cl100k there, `claude-opus-5` a Claude 2); here a
name that no row covers is unknown, and the nearest known name is offered. Provider prefixes,
Bedrock's and Azure's spellings, fine-tunes and dated versions are taken off first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from typing import Any


EXACT, ASSUMED, COUNTED, ESTIMATED, UNKNOWN = (
    "exact",
    "assumed",
    "counted",
    "estimated",
    "unknown",
)

_BEDROCK = (  # `us.anthropic.claude-…-v1:0`: a region of cross-region inference, then the vendor
    r"(?:(?:us|eu|apac|global|jp|au|in|ca|sa|us-gov)\.)?"
    r"(?:anthropic|meta|mistral|deepseek|amazon|cohere|qwen|openai|google|xai|ai21)\.(?=[a-z])"
)
_BEDROCK_END = r"-v\d+(?::\d+)?(?::\d+k)?$|-\d:\d$"
# dated versions and release stages: `-2024-08-06`, `-20250929`, `-0613`, `@20240620`, `-latest`
_VERSION = r"(?:[-@](?:20\d\d-?[01]\d-?[0-3]\d|\d{4}|latest|preview|default|exp)|:free|:latest)$"
# (patterns are compiled where a name is like them: `gpt-4o` pays for none)


class Model:
    """What the table says of a model name.

    id: the name without provider, version and spelling; known: the best class its counts can
    have; encoding: a vocabulary's name or ""; note: the assumption, or why it is unknown; ctok,
    margin, factors: for estimates, of ctok's count and of the o200k_base count.
    """

    __slots__ = (
        "as_of",
        "ctok",
        "encoding",
        "factors",
        "family",
        "id",
        "known",
        "margin",
        "name",
        "note",
        "source",
    )

    def __init__(self, name: str, canonical: str, row: Mapping[str, Any]) -> None:
        self.name = name
        self.id = canonical
        self.family: str = row.get("family", "")
        self.known: str = row["known"]
        self.encoding: str = row.get("encoding", "")
        self.note: str = row.get("note", "")
        self.ctok: str = row.get("ctok", "")
        self.margin: float = row.get("margin", 0.0)
        self.factors: tuple[float, ...] = tuple(row.get("factors", ()))
        self.source: str = row.get("source", "")
        self.as_of: str = row.get("as_of", "")


@cache
def _data() -> tuple[frozenset[str], dict[str, Any], list[tuple[str, Any]]]:
    """Providers, rows by explicit name, and (prefix, row) with the longest prefix first."""
    import json

    path = os.path.join(os.path.dirname(__file__), "data", "models.json")
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    rows = data["models"]
    named = {name: row for row in rows for name in row.get("names", ())}
    prefixed = [(prefix, row) for row in rows for prefix in row.get("prefixes", ())]
    return frozenset(data["providers"]), named, sorted(prefixed, key=lambda p: -len(p[0]))


def canonical(name: str) -> str:
    """The model's own name: lower case, without provider, region, fine-tune and deployment."""
    providers = _data()[0]
    short = name.strip().lower()
    while "/" in short and (short.split("/", 1)[0] in providers or _is_region(short)):
        short = short.split("/", 1)[1]
    if short.startswith("ft:"):
        short = short.split(":")[1]
    head, _, tail = short.partition(".")
    if head.replace("-", "").isalpha() and tail and (match := re.match(_BEDROCK, short)):
        vendor = "deepseek-" if "deepseek." in match.group() else ""  # `deepseek.r1-v1:0`
        short = vendor + re.sub(_BEDROCK_END, "", short[match.end() :])
    return short


def _is_region(name: str) -> bool:
    return re.match(r"[a-z]{2}(-[a-z]+)+-\d/", name) is not None


def resolve(name: str, own: Mapping[str, Any] | None = None) -> Model:
    """What is known of a model name; `known` is "unknown" where that is nothing.

    own: the user's models, by name: `{"model": "openai/gpt-4o"}` makes an alias, `{"encoding":
    "o200k_base"}` names a vocabulary, which is then "assumed".
    """
    mine = (own or {}).get(name)
    if isinstance(mine, dict):
        if isinstance(mine.get("encoding"), str):
            note = f"the configuration says it uses {mine['encoding']}"
            row = {"known": ASSUMED, "encoding": mine["encoding"], "note": note}
            return Model(name, canonical(name), row | {"source": "configuration"})
        if isinstance(mine.get("model"), str) and mine["model"] != name:
            found = resolve(mine["model"])
            found.name = name
            return found
    short = canonical(name)
    for candidate in _spellings(short):
        row = _row(candidate)
        if row is not None:
            return Model(name, candidate, row)
    return Model(name, short, {"known": UNKNOWN, "note": _unknown(name, own)})


def _spellings(short: str) -> Iterable[str]:
    """The name, then without its dated versions, one after the other."""
    while True:
        yield short
        shorter = re.sub(_VERSION, "", short)
        if shorter == short or not shorter:
            return
        short = shorter


def _row(name: str) -> Any:
    _, named, prefixed = _data()
    if name in named:
        return named[name]
    for prefix, row in prefixed:
        if name.startswith(prefix) and not name[len(prefix) : len(prefix) + 1].isalnum():
            rest = name[len(prefix) :]
            if not re.match(r"\.\d", rest):  # qwen3 is not qwen3.9
                return row
    return None


def _unknown(name: str, own: Mapping[str, Any] | None) -> str:
    nearest = suggest(name, own)
    return (
        f"no such model is known; did you mean {nearest}?" if nearest else "no such model is known"
    )


def suggest(name: str, own: Mapping[str, Any] | None = None) -> str:
    """The known name nearest to an unknown one, "" where none is near."""
    from difflib import get_close_matches

    names = [*_data()[1], *(own or {})]
    return next(iter(get_close_matches(canonical(name), names, 1, 0.75)), "")
