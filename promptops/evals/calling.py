"""One call: its turn, its money, its attempts, and what it ends as."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from promptops.errors import PromptopsError, ProviderError
from promptops.evals import Answer, Request, State
from promptops.evals.money import Purse
from promptops.evals.patience import Patience
from promptops.evals.providers import Retry, Stop
from promptops.evals.run import Means

BUDGET = "budget"
GONE = "the provider does not answer"
LONGEST_REASON = 200
CHECK = "check the key, the model's name and the address; `--model simulated/plain` needs none"


class Caller:
    """Makes calls for one run. `end(reason, error)` is told why no more may go out.

    got_through: some call was answered, whatever was said. connected: somebody is there.
    """

    def __init__(
        self,
        means: Means,
        purse: Purse,
        patience: Patience,
        end: Callable[[str, PromptopsError | None], None],
    ) -> None:
        self.got_through = False
        self.connected = False
        self._means = means
        self._purse = purse
        self._patience = patience
        self._end = end

    async def call(self, request: Request) -> Answer | None:
        """One call with its retries; None where nothing went out because the run stops."""
        counted = tried = 0
        waited = 0.0
        last: Retry | None = None
        while True:
            said = await self._attempt(request, first=not tried)
            if said is None:
                return self._unfinished(last, tried) if last else None
            tried += 1
            if isinstance(said, Answer):
                return said if tried == 1 else replace(said, attempts=tried)
            last = said
            turned_away = said.after is not None and not said.sent
            counted += not turned_away
            wait = self._patience.wait_after(counted or 1, said)
            waited += wait
            if self._hopeless(counted, waited, wait) or not await self._patience.pause(wait):
                return self._unfinished(said, tried)

    def _hopeless(self, counted: int, waited: float, wait: float) -> bool:
        """True where this call is given up, and perhaps all of them."""
        limits = self._means.limits
        if self._patience.given_up():
            self._end(GONE, None)
            return True
        over = counted >= limits.attempts or waited > limits.patience
        return over or wait > limits.longest_wait * 1.2

    def _unfinished(self, retry: Retry, tried: int) -> Answer:
        state = State.UNKNOWN if retry.broken else State.FAILED
        return Answer(state, reason=self._reason(retry.reason), attempts=tried)

    async def _attempt(self, request: Request, *, first: bool) -> Answer | Retry | None:
        """One attempt, paid for; None where it may not go out any more."""
        if not await self._patience.turn():
            return None
        bound = self._means.tariff.bound(request)
        if not await self._purse.reserve(bound):
            self._patience.left()
            self._end(BUDGET, None)
            return None
        if self._patience.stopped:  # while waiting for money
            self._purse.calls -= 1
            self._purse.settle(bound, 0.0)
            self._patience.left()
            return None
        return await self._ask(request, bound, first)

    async def _ask(
        self, request: Request, bound: float | None, first: bool
    ) -> Answer | Retry | None:
        usd, assumed = bound, True  # what counts as spent, unless we learn better
        try:
            answer = await self._means.provider.ask(request, self._means.limits.seconds)
        except Retry as retry:
            usd, assumed = (bound, True) if retry.sent else (0.0, False)
            self._patience.failed(retry, first=first)
            self.connected = self.connected or retry.sent or retry.crowded
            return retry
        except Stop as stop:
            usd, assumed = 0.0, False
            self._patience.left()
            reason = self._reason(str(stop))
            error = ProviderError(f"no call can succeed: {reason}", CHECK)
            self._end(error.message, error)
            return Answer(State.FAILED, reason=reason)
        except asyncio.CancelledError:
            self._patience.left()
            return Answer(State.UNKNOWN, reason="interrupted")
        else:
            usd, assumed = self._means.tariff.settled(request, answer.usage, bound)
            if answer.state is State.FAILED:
                usd, assumed = 0.0, False
            self.got_through = self.got_through or answer.state is not State.FAILED
            self.connected = True
            self._patience.answered()
            return self._clean(answer, usd)
        finally:
            self._purse.settle(bound, usd, assumed=assumed)

    def _reason(self, said: str) -> str:
        """What was said, without keys; cut only then, as half a key would not be known as one."""
        return self._means.hide(said)[:LONGEST_REASON] if said else ""

    def _clean(self, answer: Answer, usd: float | None) -> Answer:
        hide, reason = self._means.hide, self._reason(answer.reason)
        text, model, seconds = hide(answer.text), hide(answer.model), round(answer.seconds, 6)
        return Answer(answer.state, text, reason, answer.cut, answer.usage, usd, seconds, 1, model)
