"""Answers that other tools recorded, read without loss: one file a format, the folder is the registry.

A format is a module with `NAME`; `is_row(row)`; `records(row)`, which may raise what indexing raises;
and, where a file may be one JSON value, `document(data)`: its rows, or None where it is another's. What can't be matched, is empty or comes too often is said, never dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Any

from promptops.digest import digest
from promptops.errors import InputError
from promptops.evals import Answer, State
from promptops.model import Message

MOST_REPEATS = 1000
KNOWN = "promptfoo results, inspect logs, lm-eval samples, {prompt, response} or {case, response}"


@dataclass(frozen=True, slots=True)
class Record:
    """One answer and what is said of its question; empty where the file doesn't say.

    ids: names that may be the case's id. prompt: the last user message, or all of a plain prompt.
    variant: which of several prompts. repeat: from 0, None where the order in the file says it.
    """

    answer: Answer
    ids: tuple[str, ...] = ()
    prompt: str = ""
    messages: tuple[Message, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    variant: str = ""
    repeat: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file of recorded answers, in its order. digest: of its bytes."""

    format: str
    records: tuple[Record, ...]
    digest: str = ""

    @property
    def models(self) -> tuple[str, ...]:
        """The models that answered, each once."""
        return tuple(sorted({record.model for record in self.records}))

    @property
    def variants(self) -> tuple[str, ...]:
        """The prompts that were asked, each once."""
        return tuple(sorted({record.variant for record in self.records}))

    @property
    def repeats(self) -> int:
        """How many answers a case has, where the file numbers them; else 1."""
        return 1 + max((record.repeat or 0 for record in self.records), default=0)

    def only(self, model: str = "", variant: str = "") -> Recorded:
        """The answers of one model and one prompt; "" leaves the choice open."""
        kept = (r for r in self.records if not model or r.model == model)
        kept = (r for r in kept if not variant or r.variant == variant)
        return replace(self, records=tuple(kept))


def read(data: bytes, path: str) -> Recorded:
    """The recorded answers of a file's bytes; InputError with the line for what can't be read."""
    rows, of_document = _of_zip(data, path) if data[:2] == b"PK" else _rows(_text(data, path), path)
    if not rows:
        raise InputError("there are no answers in it", f"known are {KNOWN}", path=path)
    chosen = of_document or next((it for it in formats() if it.is_row(rows[0][1])), None)
    if chosen is None:
        raise InputError("no format that is known here", f"known are {KNOWN}", path=path)
    found: list[Record] = []
    for line, row in rows:
        found += _records(chosen, row, path, line)
    return Recorded(chosen.NAME, tuple(found), digest(data))


@cache
def formats() -> tuple[Any, ...]:
    """Every format's module, in order of name; `plain` comes last, because it takes the most."""
    files = (os.path.splitext(file) for file in os.listdir(os.path.dirname(__file__)))
    names = {name for name, end in files if end == ".py" and not name.startswith("_")} - {"match"}
    ordered = sorted(names, key=lambda name: (name == "plain", name))
    return tuple(import_module(f"{__name__}.{name}") for name in ordered)


def _of_zip(data: bytes, path: str) -> tuple[list[tuple[int, Any]], Any]:
    from promptops.evals.recorded import inspect
    from promptops.evals.recorded._zipped import unzipped

    return [(0, row) for row in inspect.document(unzipped(data, path)) or ()], inspect


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", path=path) from None


def _rows(text: str, path: str) -> tuple[list[tuple[int, Any]], Any]:
    """(line, row) of each row, and the format where the file as a whole says it."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return list(_lines(text, path)), None
    for format in formats():
        inner = format.document(data) if hasattr(format, "document") else None
        if inner is not None:
            return [(0, row) for row in inner], format
    return [(0, row) for row in (data if isinstance(data, list) else [data])], None


def _lines(text: str, path: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                message = f"neither JSON nor JSON Lines: {error.msg.lower()}"
                place = {"line": number, "column": error.colno}
                raise InputError(message, "is the line cut off?", path=path, **place) from None
            except (ValueError, RecursionError):
                message = "a number too long, or nested too deep"
                raise InputError(message, path=path, line=number) from None


def _records(format: Any, row: Any, path: str, line: int) -> Sequence[Record]:
    try:
        if not format.is_row(row):
            raise ValueError(f"not one of {format.NAME}, as the first one is")
        found = tuple(format.records(row))
        if any(not 0 <= (record.repeat or 0) < MOST_REPEATS for record in found):
            raise ValueError(f"a repeat that is not in 0 to {MOST_REPEATS - 1}")
        return found
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        said = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"an entry that can't be read: {said}", f"known are {KNOWN}", path=path, line=line
        ) from None


def answered(text: Any, *, error: str = "", cut: bool = False, model: str = "") -> Answer:
    """What came back: an answer, or none where `text` is empty, or a failure that was recorded.

    A value that is no text is the answer's JSON.
    """
    if error:
        return Answer(State.FAILED, reason=error[:200], model=model)
    if text is not None and not isinstance(text, str):
        text = json.dumps(text, ensure_ascii=False)
    if not text or not text.strip():
        return Answer(State.NO_ANSWER, reason="empty", model=model)
    return Answer(State.ANSWER, text, cut=cut, model=model)


def texts_of(values: Any) -> dict[str, str]:
    """The entries of a mapping whose values are text, or numbers, which become text."""
    pairs = values.items() if isinstance(values, Mapping) else ()
    plain = {k: str(v) for k, v in pairs if isinstance(v, int | float) and not isinstance(v, bool)}
    return plain | {k: v for k, v in pairs if isinstance(v, str)}


def messages_of(value: Any) -> tuple[Message, ...]:
    """The messages of a list of {role, content}, parts of text joined; () for anything else."""
    if not isinstance(value, list) or not value:
        return ()
    if not all(isinstance(it, Mapping) and {"role", "content"} <= it.keys() for it in value):
        return ()
    return tuple(Message(str(it["role"]), text_of(it["content"])) for it in value)


def text_of(content: Any) -> str:
    """A message's text: itself, or its parts of type text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    return "".join(it.get("text", "") for it in parts if it.get("type", "text") == "text")


def last_of_user(messages: Sequence[Message]) -> str:
    """The last user message, or ""."""
    return next((it.content for it in reversed(messages) if it.role == "user"), "")
