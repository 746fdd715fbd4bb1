"""What a model does with a prompt: asked, answered, judged.

Planned = answered + no answer + failed + unknown + not run. Only an answer is ever judged, and only
answers are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from promptops.model import Message


class State(StrEnum):
    """What became of one call."""

    ANSWER = "answer"  # text came back whole, from the model that was asked
    NO_ANSWER = "no_answer"  # refused by a filter, empty, cut, another model
    FAILED = "failed"  # transport, status, time-out, malformed body, after all retries
    UNKNOWN = "unknown"  # it went out and the connection broke: perhaps paid
    NOT_RUN = "not_run"  # budget, interrupt


@dataclass(frozen=True, slots=True)
class Request:
    """One call. Everything that can change the answer is part of it, the repeat index included.

    parameters: temperature, max_tokens, seed, … as the provider takes them; unset ones are absent.
    base_url: "" for the provider's own.
    """

    provider: str
    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    repeat: int = 0
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider reported them; None where it said nothing."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of one call.

    text: of an answer, "" otherwise. reason: why there is none ("content filter", "HTTP 503").
    cut: it ended by its length, so its end means nothing. usd: settled, None where unknown.
    seconds: the answering attempt alone. attempts: how often it was tried. model: as it named itself.
    """

    state: State
    text: str = ""
    reason: str = ""
    cut: bool = False
    usage: Usage = Usage()
    usd: float | None = None
    seconds: float = 0.0
    attempts: int = 1
    model: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one assertion says of one answer.

    passed: None where it could not be judged (a pattern ran out of time, the judge gave no
    verdict, the answer is cut and its end matters). reason: one sentence for a person, which names
    what was found and what was wanted. span: the characters of the answer that decided, or None.
    """

    passed: bool | None
    reason: str = ""
    span: tuple[int, int] | None = None
