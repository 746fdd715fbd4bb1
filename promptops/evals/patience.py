"""When to send: one scheduler for all calls to one provider.

Back-off with jitter for a call that failed; a pause of all calls where the provider asks for one;
fewer at once when it is crowded, more again as it answers (additive increase, multiplicative
decrease: Chiu & Jain 1989); a circuit breaker that tries one call now and then until the provider
is back. Times are the loop's monotonic seconds.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random

from promptops.evals.providers import Retry


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may do. Seconds throughout.

    seconds: of one attempt, all told. attempts: of one call; being turned away with Retry-After
    does not count, up to `patience` seconds of waiting. longest_wait: a Retry-After above it is
    not waited for. patience: how long nobody may get an answer. per_minute: attempts, None for no
    limit. drain: how long calls in flight may take to end after an interrupt.
    """

    concurrency: int = 8
    seconds: float = 60.0
    attempts: int = 5
    max_usd: float | None = None
    max_calls: int | None = None
    per_minute: float | None = None
    first_wait: float = 0.5
    longest_wait: float = 60.0
    patience: float = 300.0
    drain: float = 30.0
    seed: int = 0


class Patience:
    """The scheduler. `stop` makes every wait end at once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.stopped = False
        self.at_once = float(limits.concurrency)  # how many may be in flight now
        self.in_flight = 0
        self.failures = 0  # of first attempts, with no answer in between
        self._not_before = 0.0
        self._slot = 0.0
        self._cooling = limits.first_wait
        self._failing_since: float | None = None
        self._random = Random(limits.seed)
        self._bell = asyncio.Event()
        self._waiting = 0

    @property
    def breaks_at(self) -> int:
        """Calls in a row whose first attempts open the circuit by failing."""
        return max(10, 2 * self.limits.concurrency)

    def stop(self) -> None:
        """Let nobody begin, and nobody wait."""
        self.stopped = True
        self._ring()

    async def turn(self) -> bool:
        """Wait until one more attempt may go out; False: none may any more."""
        while not self.stopped:
            now = _now()
            wait = (self._not_before if self._not_before > self._slot else self._slot) - now
            if wait <= 0 and self.in_flight < max(1, int(self.at_once)):
                self.in_flight += 1
                if self.limits.per_minute:
                    self._slot = max(self._slot, now) + 60 / self.limits.per_minute
                return True
            await self._pause(wait if wait > 0 else None)
        return False

    async def pause(self, seconds: float) -> bool:
        """Wait; False where that was cut short because the run stops."""
        until = _now() + seconds
        while not self.stopped and (left := until - _now()) > 0:
            await self._pause(left)
        return not self.stopped

    def answered(self) -> None:
        """An attempt got through, whatever it said."""
        self.in_flight -= 1
        self.failures = 0
        self._cooling = self.limits.first_wait
        self._failing_since = None
        if self.at_once < self.limits.concurrency:
            self.at_once = min(self.at_once + 1, self.limits.concurrency)
        self._ring()

    def left(self) -> None:
        """An attempt ended without telling anything about the provider."""
        self.in_flight -= 1
        self._ring()

    def failed(self, retry: Retry, *, first: bool = True) -> None:
        """An attempt failed: pause all where that was asked for, send fewer, or open the circuit.

        first: it was the call's first. Only these can open the circuit: requests that never get an
        answer fail again and again, and hold all workers before long, with nothing amiss otherwise.
        """
        self.in_flight -= 1
        self.failures += first
        now = _now()
        self._failing_since = now if self._failing_since is None else self._failing_since
        if retry.after is not None:
            wait = min(retry.after, self.limits.longest_wait)
            self._not_before = max(self._not_before, now + wait)
        elif retry.crowded:
            self.at_once = max(1.0, self.at_once / 2)
        if self.failures >= self.breaks_at and retry.after is None and now >= self._not_before:
            self.at_once = 1.0  # what was under way before fails on, and opens nothing again
            self._not_before = now + self._cooling
            self._cooling = min(self._cooling * 2, self.limits.longest_wait)
        self._ring()

    def given_up(self) -> bool:
        """True once nobody has had an answer for `patience` seconds."""
        if self._failing_since is None or self.failures < self.breaks_at:
            return False
        return _now() - self._failing_since > self.limits.patience

    def wait_after(self, tried: int, retry: Retry) -> float:
        """Seconds until a call's next attempt: what was asked for, or back-off; both with jitter."""
        jitter = self._random.random()
        if retry.after is not None:
            return retry.after + jitter * min(0.1 * retry.after + 0.01, 1.0)
        wait: float = min(
            self.limits.first_wait * 2 ** min(tried - 1, 20), self.limits.longest_wait
        )
        return wait * (0.5 + jitter / 2)

    async def _pause(self, seconds: float | None) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1

    def _ring(self) -> None:
        if self._waiting:
            self._bell.set()
            self._bell = asyncio.Event()


def _now() -> float:
    return asyncio.get_running_loop().time()
