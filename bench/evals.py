"""Calls a second, CPU a call, memory and resume against a loopback server, as ratios in one run.

Bare loops and ours take turns (A B A B …) on the same questions, as many at once, and read whole
replies; what is printed are medians, and medians of the ratios of neighbours. The bare loops store
nothing. Rivals are measured where they are installed: aiohttp for the direct provider, litellm.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from bench._server import compiled, serving, shares
from promptops.evals import Request, State
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, Provider, provider
from promptops.evals.runner import Means, Run, Runner
from promptops.evals.store import Store
from promptops.model import Message

CALLS, AT_ONCE = 2_000, 64
ROUNDS = 5
RESUMED = 10_000
HELD = 20_000
TEXT = "x" * 500


def requests(url: str, n: int, kind: str = "openai_compatible", model: str = "m") -> list[Request]:
    """So many different questions after one long message, which they share as those of a plan do."""
    shared = Message("system", TEXT)
    return [Request(kind, model, (shared, Message("user", f"q{i}")), {}, 0, url) for i in range(n)]


@dataclass(frozen=True)
class Took:
    """calls a second, CPU microseconds a call of this process, and the run where it was ours."""

    rate: float
    cpu: float
    run: Run | None = None


Loop = Callable[[Sequence[Request]], Any]  # gives a coroutine


def took(asked: Sequence[Request], loop: Loop, on: asyncio.Runner | None = None) -> Took:
    """One loop over all of them."""
    start, cpu = time.perf_counter(), time.process_time()
    run = on.run(loop(asked)) if on else asyncio.run(loop(asked))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return Took(len(asked) / seconds, 1e6 * cpu / len(asked), run)


async def bare(asked: Sequence[Request], ask: Callable[[Request], Any]) -> None:
    """A plain loop: as many workers as calls at once."""
    left = iter(asked)

    async def work() -> None:
        for one in left:
            await ask(one)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def bare_aiohttp(asked: Sequence[Request]) -> None:
    """With aiohttp, which makes its connections anew, as ours does."""
    import aiohttp  # type: ignore[import-not-found, unused-ignore]

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def ask(one: Request) -> None:
            told = [{"role": m.role, "content": m.content} for m in one.messages]
            body = {"model": one.model, "messages": told}
            async with session.post(f"{one.base_url}/chat/completions", json=body) as reply:
                await reply.json()

        await bare(asked, ask)


async def direct(folder: str, url: str, asked: Sequence[Request]) -> Run:
    """The runner with its store and the direct provider."""
    one = provider("openai_compatible", Link(url, answers_as=("m",)))
    try:
        return await stored(folder, one, asked)
    finally:
        await one.close()


async def stored(folder: str, asks: Provider, asked: Sequence[Request]) -> Run:
    """The runner with a store of its own."""
    store = Store(folder)
    try:
        return await Runner(Means(asks, store, Limits(concurrency=AT_ONCE))).run(asked)
    finally:
        store.close()


def turns(asked: Sequence[Request], theirs: Loop, ours: Loop, on: Any = None) -> list[list[Took]]:
    """[bare, ours] of each round; ours has an empty store each time."""
    return [[took(asked, loop, on) for loop in (theirs, ours)] for _ in range(ROUNDS)]


def told(what: str, rival: str, pairs: list[list[Took]]) -> None:
    """A line for a set of pairs."""
    theirs, ours = (median(one[i].rate for one in pairs) for i in (0, 1))
    ratio = median(own.rate / other.rate for other, own in pairs)
    spent, own = (median(one[i].cpu for one in pairs) for i in (0, 1))
    print(f"{what}: {ours:.0f} calls/s, {ratio:.2f} x {rival} ({theirs:.0f})")
    print(f"  CPU {own:.0f} us a call, bare {spent:.0f}", flush=True)


def speed(latency: float) -> None:
    """The direct provider at one latency, and what it says of its replies' times."""
    with serving(latency) as url:
        asked = requests(url, CALLS)

        async def ours(some: Sequence[Request]) -> Run:
            with tempfile.TemporaryDirectory() as folder:
                return await direct(folder, url, some)

        if find_spec("aiohttp"):
            told(
                f"{1000 * latency:.0f} ms", "a bare aiohttp loop", turns(asked, bare_aiohttp, ours)
            )
        run = took(asked, ours).run
        truth = float(asking(f"{url}/p50"))
    assert run is not None
    assert run.count(State.ANSWER) == CALLS
    p50 = median(answer.seconds for answer in run.answers)
    against = f", {p50 / truth:.2f} x the server's own {1000 * truth:.1f}" if latency else ""
    print(f"  p50 {1000 * p50:.1f} ms{against}")


def asking(url: str) -> str:
    """What a GET says."""
    from urllib.request import urlopen

    with urlopen(url) as reply:
        return str(reply.read().decode())


def litellm_speed() -> None:
    """Through litellm, where it is installed: the bare loop has the same switches as ours."""
    if find_spec("litellm") is None:
        return
    asks = provider("litellm", Link(key="sk-none", answers_as=("m",)))
    import litellm

    async def one(request: Request) -> None:
        told = [{"role": m.role, "content": m.content} for m in request.messages]
        to = {"api_base": request.base_url, "api_key": "sk-none", "timeout": 60.0}
        await litellm.acompletion(
            model=request.model, messages=told, max_retries=0, num_retries=0, **to
        )

    async def theirs(asked: Sequence[Request]) -> None:
        await bare(asked, one)

    async def ours(asked: Sequence[Request]) -> Run:
        with tempfile.TemporaryDirectory() as folder:
            return await stored(folder, asks, asked)

    with serving(0.02) as url, asyncio.Runner() as loop:
        asked = requests(url, CALLS // 4, "litellm", "openai/m")
        loop.run(asks.ask(asked[0], 60))  # its imports, and collecting rarely, as for ours
        loop.run(bare(asked[:AT_ONCE], one))
        pairs = turns(asked, theirs, ours, loop)
        told("litellm, 20 ms", "a bare litellm loop", pairs)
        loop.run(asks.close())


def sharded() -> None:
    """The same questions in one process, and in two with a half each, once both are ready."""
    if find_spec("litellm") is None:
        return
    if compiled() is None:
        print(f"two shards through litellm: not measured: {shares()}")
        return
    with serving(0.02) as url:
        ratios = []
        for _ in range(3):
            one, two = (shards(url, many, CALLS // 2) for many in (1, 2))
            ratios.append(one / two)
    print(f"two shards through litellm: {median(ratios):.2f} x one process")


def shards(url: str, many: int, n: int) -> float:
    """Seconds that so many processes take for n calls on one store."""
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-m", "bench.evals", "--shard", url, folder, str(n // many)]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running = [subprocess.Popen([*argv, str(i)], **pipes) for i in range(many)]
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        start = time.perf_counter()
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        for one in running:  # all have begun: `communicate` would wait for the first to end
            one.communicate()
        return time.perf_counter() - start


def shard(url: str, folder: str, n: int, part: int) -> None:
    """In a process of its own: ready, then, told to go, its n calls."""
    asks = provider("litellm", Link(key="sk-none", answers_as=("m",)))
    asked = [replace(one, repeat=part) for one in requests(url, n, "litellm", "openai/m")]
    with asyncio.Runner() as loop:
        loop.run(asks.ask(asked[0], 60))
        print("ready", flush=True)
        sys.stdin.readline()
        run = loop.run(stored(folder, asks, asked))
        loop.run(asks.close())
    assert run.count(State.ANSWER) == n


def resuming() -> None:
    """A finished run from the store: nothing is asked."""
    with serving(0.0) as url, tempfile.TemporaryDirectory() as folder:
        asked = requests(url, RESUMED)
        asyncio.run(direct(folder, url, asked))
        start = time.perf_counter()
        run = asyncio.run(direct(folder, url, asked))
        seconds = time.perf_counter() - start
        assert (run.kept, run.calls) == (RESUMED, 0)
    print(f"resume of {RESUMED:,} answers: {seconds:.2f} s", flush=True)


def held() -> None:
    """What a process of its own has resident at its peak, its questions included."""
    with serving(0.0) as url:
        argv = [sys.executable, "-m", "bench.evals", "--held", url]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
    print(f"{HELD:,} calls direct: {done.stdout.strip()}", flush=True)


def hold(url: str) -> None:
    """In a process of its own."""
    before = resident()
    asked = requests(url, HELD)
    questions = resident() - before
    with tempfile.TemporaryDirectory() as folder:
        run = asyncio.run(direct(folder, url, asked))
    assert run.count(State.ANSWER) == HELD
    print(f"{peak():.0f} MB resident at the peak, {questions:.0f} MB of it questions")


def soak() -> None:
    """100,000 calls in ten runs on one store: what is resident after each."""
    with serving(0.0) as url, tempfile.TemporaryDirectory() as folder:
        sizes = []
        for part in range(10):
            asked = [replace(one, repeat=part) for one in requests(url, 10_000)]
            run = asyncio.run(direct(folder, url, asked))
            assert run.count(State.ANSWER) == 10_000
            del run, asked
            sizes.append(resident())
    print(f"100,000 calls: MB after each 10,000: {', '.join(f'{size:.0f}' for size in sizes)}")


def resident() -> float:
    """Megabytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def peak() -> float:
    """Megabytes of this process at most; what `getrusage` says begins with its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """All of it, about a minute on an idle machine; `python -m bench.evals --soak` soaks."""
    print(f"{CALLS:,} calls, {AT_ONCE} at once, each answer on its way to the disk before the next")
    print(f"call goes out, and there before a run ends; {shares()}", flush=True)
    for latency in (0.0, 0.02):
        speed(latency)
    resuming()
    held()
    litellm_speed()
    sharded()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--shard", url, folder, n, part]:
            shard(url, folder, int(n), int(part))
        case ["--held", url]:
            hold(url)
        case ["--soak"]:
            soak()
        case _:
            main()
