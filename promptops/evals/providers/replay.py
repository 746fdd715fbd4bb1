"""Recorded answers, as `promptops store export` writes them: nobody is asked, nothing is paid."""

from __future__ import annotations

import json
from typing import Any

from promptops.errors import InputError, unreadable
from promptops.evals import Answer, Request, State
from promptops.evals.keys import answer_of, canonical
from promptops.evals.providers import Link, Provider

MOST_BYTES = 1 << 30


def make(link: Link) -> Provider:
    """The answers of the file that the command line names."""
    return Replay(link.records)


class Replay:
    """Answers a request whose messages, repeat and (where it was named) model were recorded."""

    name = "replay"
    version = 1

    def __init__(self, path: str) -> None:
        self._known: dict[str, Answer] = {}
        try:
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        self._add(line, path, number)
        except OSError as error:
            raise unreadable(error, path) from None
        except UnicodeDecodeError as error:
            raise InputError(f"not UTF-8 (byte {error.start})", path=path) from None

    async def ask(self, request: Request, seconds: float) -> Answer:  # noqa: ARG002
        messages = [[message.role, message.content] for message in request.messages]
        for model in (request.model, ""):
            found = self._known.get(_key(messages, request.repeat, model))
            if found is not None:
                return found
        return Answer(State.NO_ANSWER, reason="not recorded")

    async def close(self) -> None:
        pass

    def _add(self, line: str, path: str, number: int) -> None:
        try:
            data = json.loads(line)
            request = data["request"]
            answer = answer_of(canonical(data["answer"]))
            told = (request["messages"], request.get("repeat", 0))
            model = str(request["model"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            hint = "`promptops store export` writes such files"
            raise InputError("not a recorded answer", hint, path=path, line=number) from None
        self._known[_key(*told, model)] = answer
        self._known.setdefault(_key(*told, ""), answer)


def _key(messages: Any, repeat: int, model: str) -> str:
    return canonical([messages, repeat, model])
