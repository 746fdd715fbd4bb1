"""Requests and answers as canonical JSON, and the key under which an answer is known again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from json.encoder import encode_basestring as _text
from typing import Any
from urllib.parse import quote, unquote

from promptops.digest import digest
from promptops.errors import UsageError
from promptops.evals import Answer, Request, State, Usage
from promptops.model import Message

SCHEMA = 1
SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")
SHORTEST_SECRET = 8
_FORM: Any = {"sort_keys": True, "separators": (",", ":"), "allow_nan": False}
_COMPACT = json.JSONEncoder(ensure_ascii=False, **_FORM)  # made once: `json.dumps` makes one a call
_ESCAPED = json.JSONEncoder(**_FORM)


def canonical(data: Any) -> str:
    """JSON with sorted keys and no white space: equal data gives equal text, which UTF-8 can hold."""
    text = _COMPACT.encode(data)
    return text if _holds(text) else _ESCAPED.encode(data)


def _holds(text: str) -> bool:
    """False for a text with half a character: UTF-8 cannot hold it, so it has to be escaped."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def request_text(request: Request, version: int) -> str:
    """All that can change the answer; `version` is that of the adapter which asks."""
    text = _request_json(request, version)
    return text if _holds(text) else canonical(json.loads(text))


def _request_json(request: Request, version: int) -> str:
    """As `canonical` writes it. Both texts are put together by hand: a call needs four of them, and
    the encoder's own preparations cost more than its work."""
    messages = ",".join([f"[{_text(one.role)},{_text(one.content)}]" for one in request.messages])
    parameters = canonical(dict(request.parameters)) if request.parameters else "{}"
    return (
        f'{{"adapter":{version},"base_url":{_text(request.base_url)},"messages":[{messages}],'
        f'"model":{_text(request.model)},"parameters":{parameters},'
        f'"provider":{_text(request.provider)},"repeat":{request.repeat},"schema":{SCHEMA}}}'
    )


def key_of(text: str) -> str:
    """The key of a request: the digest of its `request_text`."""
    return digest(text.encode(), 20)


def request_of(text: str) -> Request:
    """The request that `request_text` wrote."""
    data = json.loads(text)
    return Request(
        data["provider"],
        data["model"],
        tuple(Message(role, content) for role, content in data["messages"]),
        data["parameters"],
        data["repeat"],
        data["base_url"],
    )


def answer_text(answer: Answer) -> str:
    """An answer as JSON."""
    text = _answer_json(answer)
    return text if _holds(text) else canonical(json.loads(text))


def _answer_json(answer: Answer) -> str:
    usage = answer.usage
    used = f"{_number(usage.input)},{_number(usage.output)},{_number(usage.cached)}"
    return (
        f'{{"attempts":{answer.attempts},"cut":{"true" if answer.cut else "false"},'
        f'"model":{_text(answer.model)},"reason":{_text(answer.reason)},'
        f'"seconds":{round(answer.seconds, 6)!r},"state":"{answer.state.value}",'
        f'"text":{_text(answer.text)},"usage":[{used}],"usd":{_number(answer.usd)}}}'
    )


def _number(value: float | None) -> str:
    return "null" if value is None else repr(value)


def answer_of(text: str) -> Answer:
    """The answer that `answer_text` wrote."""
    data = json.loads(text)
    state, usage = State(data.pop("state")), Usage(*data.pop("usage"))
    return Answer(state=state, usage=usage, **data)


def row_digest(*parts: str) -> str:
    """One digest of a row's columns; no two rows share it by moving text between columns."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return digest(joined.encode(), 20)


def secrets(environ: Mapping[str, str], named: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """(name, value) of what must stay in the environment: the variables `named`, those whose name
    holds KEY, TOKEN, SECRET or PASSWORD, and the password in any variable that is a URL, as it
    stands and decoded."""
    for name, value in environ.items():
        if name in named or any(word in name.upper() for word in SECRET_NAMES):
            yield name, value
        elif "://" in value and (found := password_of(value)):
            yield name, found
            if unquote(found) != found:
                yield name, unquote(found)


def key_in(environ: Mapping[str, str], name: str) -> str:
    """The key in the variable `name`, "" where it holds none; UsageError for what no header may hold:
    a line break would begin another header, and a typographic quote was never part of a key."""
    key = environ.get(name, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        hint = (
            "it holds blanks, line breaks or other characters that keys never have: export it again"
        )
        raise UsageError(f"the environment variable {name} holds no key", hint)
    return key


def password_of(url: str) -> str:
    """The password in a URL as it is written there, "" where there is none."""
    _, _, rest = url.partition("://")
    before, at, _ = rest.rpartition("@")
    return before.partition(":")[2] if at else ""


def hider(environ: Mapping[str, str], named: Collection[str] = ()) -> Callable[[str], str]:
    """A function that takes the values of keys out of a text: plain, URL-encoded and in base64.

    Keys are the `secrets` of the environment, of 8 characters or more.
    """
    from base64 import b64encode

    spellings: dict[str, str] = {}
    for name, found in secrets(environ, named):
        value = found.strip()  # it is sent without the line break that came with it
        if len(value) < SHORTEST_SECRET:
            continue
        encoded = b64encode(value.encode("utf-8", "surrogateescape")).decode().rstrip("=")
        for spelling in (value, quote(value, safe=""), encoded):
            spellings[spelling] = f"[{name}]"
    longest_first = sorted(spellings.items(), key=lambda one: -len(one[0]))  # keys may begin alike

    def hide(text: str) -> str:
        for spelling, shown in longest_first:
            if spelling in text:
                text = text.replace(spelling, shown)
        return text

    return hide
