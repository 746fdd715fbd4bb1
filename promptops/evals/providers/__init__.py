"""Who answers: one narrow interface, one file each; the folder is the registry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

from promptops.errors import UsageError
from promptops.evals import Answer, Request
from promptops.model import Prompt


@dataclass(frozen=True, slots=True)
class Link:
    """What the command line tells a provider; nothing of it ever comes from the repository.

    base_url: "" for the provider's own. key: "" where none is sent; key_env: the
    variable that holds it. answers_as: names under which
    the model asked for may answer. argv: of the `command` provider. environ: of our own process.
    records: the file of the `replay` provider. prompts: what the `simulated` provider follows.
    """

    base_url: str = ""
    key: str = ""
    key_env: str = ""
    answers_as: tuple[str, ...] = ()
    concurrency: int = 8
    seed: int = 0
    argv: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    records: str = ""
    prompts: tuple[Prompt, ...] = ()


class Provider(Protocol):
    """Somebody who answers requests. It makes one attempt; patience, money and counting are the runner's."""

    name: str
    version: int  # raised when the same request would be asked in another way

    async def ask(self, request: Request, seconds: float) -> Answer:
        """One attempt within `seconds`, all told. Never raises for what the other side does:
        a failure is an `Answer` whose state and reason say so, `Retry` where it is worth another try.
        """
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class Retry(Exception):
    """The attempt failed and may be tried again: `reason`, and how many seconds the other side
    asked to wait (None where it did not say). `sent`: the request may have been paid for;
    `broken`: and its end was never seen. `crowded`: the other side has too much to do."""

    def __init__(
        self,
        reason: str,
        after: float | None = None,
        *,
        sent: bool = False,
        broken: bool = False,
        crowded: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.sent = sent
        self.broken = broken
        self.crowded = crowded


class Stop(Exception):
    """No call can succeed: a wrong key, a spent quota. The run ends at once."""


def names() -> tuple[str, ...]:
    """Every provider: the modules of this folder."""
    files = (os.path.splitext(file) for file in os.listdir(os.path.dirname(__file__)))
    return tuple(sorted(n for n, ext in files if ext == ".py" and not n.startswith("_")))


def provider(name: str, link: Link) -> Provider:
    """The provider of that name, ready to be asked; UsageError where there is none."""
    if name not in names():
        raise UsageError(f"no provider `{name}`", f"providers: {', '.join(names())}")
    made: Provider = import_module(f"{__name__}.{name}").make(link)
    return made
