"""Who answers: one narrow interface, one file each; the folder is the registry."""

from __future__ import annotations

from typing import Protocol

from promptops.evals import Answer, Request


class Provider(Protocol):
    """Somebody who answers requests. It makes one attempt; patience, money and counting are the runner's."""

    name: str

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
    asked to wait (None where it did not say). `sent`: the request may have been paid for."""

    def __init__(self, reason: str, after: float | None = None, *, sent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.sent = sent


class Stop(Exception):
    """No call can succeed: a wrong key, a spent quota. The run ends at once."""
