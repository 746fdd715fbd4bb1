"""A model over HTTP with planted behaviour: it keeps the rules it is shown, more or less.

Every answer follows from what was asked and how often it was asked before, so that neither the
order of requests nor the load changes anything.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from math import exp, log
from statistics import NormalDist
from typing import Any

from loopback import Reply, completion

TEXT = "Say the word {} somewhere."
NOTHING: Mapping[tuple[int, int], float] = {}


def word(rule: int) -> str:
    return f"w{rule}x"


def prompt_text(
    rules: int,
    cases: int,
    checked: float = 0.3,
    model: str = "m",
    extra: str = "",
    order: Sequence[int] | None = None,
) -> str:
    """A governed prompt: each rule wants its word, and is tested on a random part of the cases."""
    listed = "".join(
        f"""  - id: rule-{i}
    text: {TEXT.format(word(i))}
    rationale: Because of {i}.
    tests:
      - cases: [{", ".join(f"c{c}" for c in range(cases) if c == i % cases or draw("check", i, c) < checked)}]
        assert: {{contains: {word(i)}}}
"""
        for i in (range(rules) if order is None else order)
    )
    asked = "".join(
        f"  - id: c{c}\n    variables: {{q: Question number {c:03}.}}\n" for c in range(cases)
    )
    return f"""promptops: 1
id: world
version: 1.0.0
models: [{model}]
variables: {{q: {{examples: [x]}}}}
messages:
  - role: system
    content: |
      You help people.

      {{{{ rules }}}}
  - role: user
    content: "{{{{ q }}}}"
rules:
{listed}{extra}cases:
{asked}"""


def draw(*names: object) -> float:
    """A number in (0, 1) that belongs to these names."""
    text = "\0".join(map(str, names))
    packed = blake2b(text.encode(), digest_size=6).digest()
    return (int.from_bytes(packed, "big") + 0.5) / 2**48


def normal(*names: object) -> float:
    return NormalDist().inv_cdf(draw(*names))


@dataclass
class Model:
    """harm: (offender, target) -> points lost, a fraction. fall: (rules it holds, log-odds lost
    for every rule beyond). length: log-odds lost for each thousand characters. faults: share of
    first attempts that end in a 503. lost: share of calls that never get an answer."""

    rules: int
    harm: Mapping[tuple[int, int], float] = field(default_factory=dict)
    base: float = 0.92
    fall: tuple[float, float] = (1e9, 0.0)
    length: float = 0.0
    faults: float = 0.0
    lost: float = 0.0
    refuses: float = 0.0
    seed: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, _number: int, body: dict[str, Any]) -> Reply:
        told = body["messages"][0]["content"]
        asked = body["messages"][-1]["content"]
        with self.lock:
            self.seen[told + asked] += 1
            times = self.seen[told + asked]
        if draw(self.seed, "lost", told, asked) < self.lost:
            return Reply(400, b'{"error": {"message": "no"}}')
        if times == 1 and draw(self.seed, "fault", told, asked) < self.faults:
            return Reply(503, b"{}", {"retry-after-ms": "1"})
        if draw(self.seed, "refuse", told, asked, times) < self.refuses:
            return Reply(body=completion(None, refusal="I will not", model=body["model"]))
        return Reply(body=completion(self.said(told, asked, times), model=body["model"]))

    def said(self, told: str, asked: str, times: int) -> str:
        present = [i for i in range(self.rules) if TEXT.format(word(i)) in told]
        shock = 0.4 * normal(self.seed, "call", told, asked, times)
        kept = [
            word(i)
            for i in present
            if draw(self.seed, "toss", i, told, asked, times)
            < self.chance(i, present, asked, len(told), shock)
        ]
        return "Here you are: " + " ".join(kept)

    def chance(
        self, rule: int, present: Sequence[int], asked: str, size: int, shock: float
    ) -> float:
        x = log(self.base / (1 - self.base))
        lost = sum(self.harm.get((i, rule), 0.0) for i in present)
        if lost:
            left = max(self.base - lost, 0.02)
            x = log(left / (1 - left))
        holds, cost = self.fall
        x -= cost * max(0.0, len(present) - holds) + self.length * size / 1000
        x += shock + 0.4 * normal(self.seed, "case", asked) + 0.5 * normal(self.seed, asked, rule)
        return 1 / (1 + exp(-x))
