"""Calls a second, CPU a call, memory and resume against a loopback server, as ratios in one run.

Rivals are measured where they are installed: aiohttp for the direct provider.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from promptops.evals import Request, State
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, provider
from promptops.evals.runner import Means, Run, Runner
from promptops.evals.store import Store
from promptops.model import Message

SERVER = Path(__file__).parent.parent / "tests" / "loopback.py"
CALLS, AT_ONCE = 2_000, 64
RESUMED = 10_000
TEXT = "x" * 500


@contextmanager
def serving(seconds: float) -> Iterator[str]:
    """The URL of a server, in a process of its own, that takes so long for each call."""
    argv = [sys.executable, str(SERVER), str(seconds)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def requests(url: str, n: int) -> list[Request]:
    """So many different questions."""
    return [
        Request("openai_compatible", "m", (Message("user", f"q{i} {TEXT}"),), {}, 0, url)
        for i in range(n)
    ]


async def direct(folder: str, url: str, asked: Sequence[Request]) -> Run:
    """The runner with its store and the direct provider."""
    store = Store(folder)
    one = provider("openai_compatible", Link(url, answers_as=("m",)))
    try:
        return await Runner(Means(one, store, Limits(concurrency=AT_ONCE))).run(asked)
    finally:
        await one.close()
        store.close()


async def bare_aiohttp(url: str, n: int) -> float:
    """Calls a second of a plain loop with aiohttp, which stores nothing; 0 without aiohttp."""
    try:
        import aiohttp  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return 0.0
    numbers = iter(range(n))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def work() -> None:
            for i in numbers:
                message = {"role": "user", "content": f"q{i} {TEXT}"}
                body: dict[str, Any] = {"model": "m", "messages": [message]}
                async with session.post(f"{url}/chat/completions", json=body) as reply:
                    await reply.json()

        start = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return n / (time.perf_counter() - start)


def timed(folder: str, url: str, n: int) -> tuple[float, float, Run]:
    """(seconds, CPU seconds, the run)."""
    asked = requests(url, n)
    start, cpu = time.perf_counter(), time.process_time()
    run = asyncio.run(direct(folder, url, asked))
    return time.perf_counter() - start, time.process_time() - cpu, run


def speed(latency: float) -> None:
    """One latency: we, the rival, we again; medians would need an idle machine."""
    with serving(latency) as url, tempfile.TemporaryDirectory() as folder:
        rival = asyncio.run(bare_aiohttp(url, CALLS))
        took, cpu, run = timed(folder, url, CALLS)
        rival = (rival + asyncio.run(bare_aiohttp(url, CALLS))) / 2
        assert run.count(State.ANSWER) == CALLS
        ours = CALLS / took
        seconds = sorted(answer.seconds for answer in run.answers)
        against = f", {ours / rival:.2f} x a bare aiohttp loop ({rival:.0f})" if rival else ""
        print(f"{1000 * latency:.0f} ms: {ours:.0f} calls/s{against}")
        print(f"  CPU {1e6 * cpu / CALLS:.0f} us a call, p50 {1000 * seconds[CALLS // 2]:.1f} ms")


def resuming() -> None:
    """A finished run from the store: nothing is asked."""
    with serving(0.0) as url, tempfile.TemporaryDirectory() as folder:
        timed(folder, url, RESUMED)
        took, _, run = timed(folder, url, RESUMED)
        assert run.kept == RESUMED
        assert run.calls == 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"resume of {RESUMED:,} answers: {took:.2f} s; peak {peak:.0f} MB resident")


async def through_litellm(folder: str, url: str, n: int) -> tuple[float, float]:
    """Calls a second of a bare loop of litellm, and of the runner with its store through litellm."""
    asks = provider("litellm", Link(key="sk-none", answers_as=("m",)))
    import litellm

    questions = [
        Request("litellm", "openai/m", (Message("user", f"q{i} {TEXT}"),), {}, 0, url)
        for i in range(n)
    ]
    numbers = iter(range(n))

    async def work() -> None:
        for i in numbers:
            told = [{"role": "user", "content": f"q{i} {TEXT}"}]
            await litellm.acompletion(
                model="openai/m", messages=told, api_base=url, api_key="sk-none", max_retries=0
            )

    await asks.ask(questions[0], 60)  # its imports
    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    bare = n / (time.perf_counter() - start)
    store = Store(folder)
    try:
        start = time.perf_counter()
        run = await Runner(Means(asks, store, Limits(concurrency=AT_ONCE))).run(questions)
        ours = n / (time.perf_counter() - start)
    finally:
        await asks.close()
        store.close()
    assert run.count(State.ANSWER) == n
    return bare, ours


def litellm_speed() -> None:
    """The same through litellm, where it is installed."""
    if find_spec("litellm") is None:
        return
    with serving(0.02) as url, tempfile.TemporaryDirectory() as folder:
        bare, ours = asyncio.run(through_litellm(folder, url, CALLS // 4))
    print(
        f"litellm, 20 ms: {ours:.0f} calls/s, {ours / bare:.2f} x a bare litellm loop ({bare:.0f})"
    )


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
    print(f"100,000 calls: {sizes[0]:.0f} MB resident after 10,000, {sizes[-1]:.0f} MB at the end")


def resident() -> float:
    """Megabytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def main() -> None:
    """All of it, about half a minute on an idle machine; `python -m bench.evals --full` soaks too."""
    print(f"{CALLS:,} calls, {AT_ONCE} at once, each answer durable before it counts")
    for latency in (0.0, 0.02):
        speed(latency)
    resuming()
    litellm_speed()
    if "--full" in sys.argv:
        soak()


if __name__ == "__main__":
    main()
