"""One run of the runner against a server, in this process or (`python tests/asking.py PLACE URL N`)
in one of its own, which prints how many answers there are and how many calls went out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from promptops.evals import Request, State
from promptops.evals.keys import hider
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, provider
from promptops.evals.runner import Means, Run, Runner
from promptops.evals.store import Store
from promptops.model import Message

QUICK = Limits(first_wait=0.005, longest_wait=0.3, seconds=30)
KEY = "sk-loopback-0123456789"


def requests(url: str, n: int, **parameters: Any) -> list[Request]:
    """n different questions: q0000, q0001, …"""
    return [
        Request("openai_compatible", "m", (Message("user", f"q{i:04}"),), parameters, 0, url)
        for i in range(n)
    ]


def look(runner: Runner, during: Callable[[Runner], None], when: Callable[[], bool]) -> None:
    if when():
        during(runner)
    else:
        asyncio.get_running_loop().call_later(0.005, look, runner, during, when)


def asked(
    place: object,
    url: str,
    n: int = 100,
    limits: Limits = QUICK,
    tariff: Tariff | None = None,
    during: Callable[[Runner], None] | None = None,
    when: Callable[[], bool] = lambda: True,
) -> Run:
    """One run, as a process of its own would do it; `during` is called as soon as `when` is true."""

    async def go() -> Run:
        store = Store(str(place))
        one = provider("openai_compatible", Link(url, KEY))
        hide = hider({"MY_API_KEY": KEY})
        runner = Runner(Means(one, store, limits, tariff or Tariff(), hide))
        if during:
            look(runner, during, when)
        try:
            return await runner.run(requests(url, n, max_tokens=50))
        finally:
            await one.close()
            store.close()

    run = asyncio.run(go())
    assert sum(run.count(state) for state in State) == len(run.answers) == n
    return run


if __name__ == "__main__":
    told = asked(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    print(told.count(State.ANSWER), told.calls, flush=True)
