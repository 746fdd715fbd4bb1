"""promptfoo's assertions as ours and back: https://www.promptfoo.dev/docs/configuration/expected-outputs/."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from promptops.importing.asserting import checked
from promptops.importing.interface import Left
from promptops.model import Assertion
from promptops.source.foreign_yaml import Map, Seq, text_of

CODE = frozenset({"javascript", "python", "ruby", "webhook"})
_SAME: Mapping[str, tuple[str, bool]] = {  # promptfoo's name -> (ours, case ignored)
    "equals": ("equals", False),
    "contains": ("contains", False),
    "icontains": ("contains", True),
    "contains-any": ("contains_any", False),
    "icontains-any": ("contains_any", True),
    "contains-all": ("contains_all", False),
    "icontains-all": ("contains_all", True),
    "starts-with": ("starts_with", False),
    "regex": ("regex", False),
}
_KEPT_ELSEWHERE = frozenset({"type", "value", "metric", "threshold"})
_MEASURED = frozenset({"latency", "cost", "perplexity", "perplexity-score"})


def assertion(given: Map, values: Mapping[str, str]) -> tuple[Assertion | None, Left | None]:
    """One assertion as ours, and what of it could not be said; `{{name}}` in it is filled in."""
    kind = text_of(given.get("type"))
    negated = kind.startswith("not-")
    bare = kind.removeprefix("not-")
    value = _filled(given.get("value"), values)
    if bare in CODE or _is_code(value):
        return None, Left(
            f"`{kind}` assertion", "code is never run; the kept copy has it", given.line
        )
    made = _made(bare, value, given)
    made = checked(replace(made, negated=made.negated != negated)) if made is not None else None
    if made is None:
        why = "time and money are no property of an answer" if bare in _MEASURED else ""
        why = why or "no assertion here says it; the kept copy has it"
        return None, Left(f"`{kind}` assertion", why, given.line)
    more = sorted(set(given) - _KEPT_ELSEWHERE)
    if more:
        what = f"{', '.join(f'`{key}`' for key in more)} of a `{kind}` assertion"
        return made, Left(what, "no assertion here has it; the kept copy does", given.line)
    return made, None


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and re.match(r"(?:file|package)://|exec:", value) is not None


def _made(kind: str, value: Any, given: Map) -> Assertion | None:
    if kind in _SAME:
        ours, folded = _SAME[kind]
        argument = _texts(value) if ours.endswith(("any", "all")) else _text(value)
        options = {"ignore_case": True} if folded else {}
        return None if argument in (None, "", []) else Assertion(ours, argument, options=options)
    maker = _MADE.get(kind)
    return maker(value, given) if maker else None


def _json(value: Any, given: Map) -> Assertion:  # noqa: ARG001
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    schema = _data(value) if value else None
    return Assertion("json_schema", schema) if schema else Assertion("json", True)


def _judge(value: Any, given: Map) -> Assertion | None:  # noqa: ARG001
    rubric = " ".join(_text(value).split()) if isinstance(value, str) else ""
    return Assertion("judge", {"rubric": rubric}) if rubric else None


def _similar(value: Any, given: Map) -> Assertion | None:
    try:
        least = float(text_of(given.get("threshold")) or 0.75)
    except ValueError:
        return None
    return Assertion("similar_to", {"text": value, "at_least": least}) if _text(value) else None


def _words(value: Any, given: Map) -> Assertion | None:  # noqa: ARG001
    if isinstance(value, Map):
        limits = {key: int(n) for key, n in value.items() if _digits(n) and key in ("min", "max")}
        return Assertion("word_count", limits) if limits else None
    return Assertion("word_count", {"exactly": int(value)}) if _digits(value) else None


def _refusal(value: Any, given: Map) -> Assertion:  # noqa: ARG001
    return Assertion("refusal", True)


def _digits(value: Any) -> bool:
    return isinstance(value, str) and value.isdecimal() and len(value) < 9


_MADE: Mapping[str, Callable[[Any, Map], Assertion | None]] = {
    "is-json": _json,
    "llm-rubric": _judge,
    "g-eval": _judge,
    "model-graded-closedqa": _judge,
    "similar": _similar,
    "word-count": _words,
    "is-refusal": _refusal,
}


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda m: values.get(m[1], m[0]), value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else text_of(value)


def _texts(value: Any) -> list[str]:
    """A list, or texts between commas, as promptfoo takes them."""
    if isinstance(value, Seq):
        return [text_of(one) for one in value]
    return [part.strip() for part in _text(value).split(",") if part.strip()]


def _data(value: Any) -> Any:
    """Plain data with numbers as numbers: what stands in a JSON Schema."""
    if isinstance(value, Mapping):
        return {key: _data(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_data(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", value):
        return json.loads(value) if not re.match(r"-?0\d", value) else value
    return value


# -- and back --------------------------------------------------------------------------------------

_NOT_JAVASCRIPT = re.compile(r"\(\?(?:[a-zA-Z-]+[:)]|P)|\\[AzZQE]|\[\[:")
_BACK = {ours: theirs for theirs, ours in reversed(list(_SAME.items()))}


def written(one: Assertion, metric: str = "") -> dict[str, Any] | None:
    """Our assertion as promptfoo's, None where it has none."""
    folded = bool(one.options.get("ignore_case"))
    made = _written(one, folded)
    if made is None or set(one.options) - {"ignore_case"}:
        return None
    made["type"] = f"not-{made['type']}" if one.negated else made["type"]
    return {**made, "metric": metric} if metric else made


def _written(one: Assertion, folded: bool) -> dict[str, Any] | None:
    if one.kind == "regex" and _NOT_JAVASCRIPT.search(one.argument):
        return None
    if (one.kind, folded) in _BACK:
        many = isinstance(one.argument, list | tuple)
        return {
            "type": _BACK[one.kind, folded],
            "value": list(one.argument) if many else one.argument,
        }
    if folded:
        return None
    match one.kind:
        case "ends_with":
            return {"type": "regex", "value": re.escape(one.argument) + r"\s*$"}
        case "json" if one.argument is True:
            return {"type": "is-json"}
        case "json_schema" if isinstance(one.argument, Mapping):
            return {"type": "is-json", "value": one.argument}
        case "judge":
            return {"type": "llm-rubric", "value": one.argument["rubric"]}
        case "similar_to":
            least = one.argument.get("at_least", 0.8)
            return {"type": "similar", "value": one.argument["text"], "threshold": least}
        case "refusal" if one.argument is True:
            return {"type": "is-refusal"}
        case "word_count":
            exactly = one.argument.get("exactly")
            return {"type": "word-count", "value": one.argument if exactly is None else exactly}
    return None
