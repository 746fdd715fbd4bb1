"""Dask against Ray on a local cluster: what the decision record on workers rests on.

`python -m bench.engines` measures those that are installed, each in a process of its own; Ray with
`uv run --with ray python -m bench.engines`, or `pip install ray` first. A call is 20 ms of waiting. With
`--install` it also says what an install adds, each into an empty folder.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SECONDS = 0.02
WORKERS, CALLS, AT_ONCE = 2, 2000, 32
SINGLE = 400  # calls as a task each
PACKAGES = {"dask": "distributed", "ray": "ray"}


def shard(calls: int) -> int:
    """So many calls, some at once: what a worker does with its shard."""

    async def go() -> None:
        turn = asyncio.Semaphore(AT_ONCE)

        async def call() -> None:
            async with turn:
                await asyncio.sleep(SECONDS)

        await asyncio.gather(*(call() for _ in range(calls)))

    asyncio.run(go())
    return calls


def one(_number: int) -> int:
    """A call as a task of its own."""
    time.sleep(SECONDS)
    return 1


def dask() -> tuple[Callable[[], Any], Callable[..., int]]:
    """(start, run): `run(work, arguments)` gives the sum."""
    import distributed

    from promptops.evals.engines.dask import _SETTINGS

    held: list[Any] = []

    def start() -> None:
        import dask

        dask.config.set(_SETTINGS)
        made = distributed.LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=None)
        held.append(distributed.Client(made))

    def run(work: Callable[[int], int], arguments: list[int]) -> int:
        return sum(held[0].gather(held[0].map(work, arguments, pure=False)))

    return start, run


def ray() -> tuple[Callable[[], Any], Callable[..., int]]:
    import ray

    def start() -> None:
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)

    def run(work: Callable[[int], int], arguments: list[int]) -> int:
        task = ray.remote(work)
        return sum(ray.get([task.remote(argument) for argument in arguments]))

    return start, run


def measured(name: str) -> None:
    """One line of figures; in a process of its own."""
    begun = time.perf_counter()
    start, run = {"dask": dask, "ray": ray}[name]()
    start()
    run(one, [0])
    ready = time.perf_counter() - begun
    begun = time.perf_counter()
    assert run(shard, [CALLS // WORKERS] * WORKERS) == CALLS
    shards = time.perf_counter() - begun
    begun = time.perf_counter()
    assert run(one, list(range(SINGLE))) == SINGLE
    single = time.perf_counter() - begun
    print(f"| {name} | {ready:.1f} s | {shards:.2f} s | {single:.1f} s | {_resident():.0f} MB |")
    sys.stdout.flush()
    os._exit(0)


def _resident() -> float:
    """Megabytes of this process and of all that it started, which share a session."""
    session, total = os.getsid(0), 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                total += int(fields[21])
        except (OSError, ValueError, IndexError):
            continue
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6


def installed(package: str) -> float:
    """Megabytes that an install adds."""
    with tempfile.TemporaryDirectory() as folder:
        argv = ["uv", "pip", "install", "-q", "--target", folder, package]
        subprocess.run(argv, check=True)
        return sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / 1e6


def main() -> None:
    least = CALLS * SECONDS / WORKERS / AT_ONCE
    print(
        f"{CALLS} calls of {SECONDS * 1000:.0f} ms on {WORKERS} workers; {least:.2f} s is the least"
    )
    print("| engine | start to first task | two shards | 400 tasks | resident |")
    print("|---|---:|---:|---:|---:|", flush=True)
    for name, package in PACKAGES.items():
        if find_spec(package) is None:
            print(f"| {name} | not installed: pip install {package} |", flush=True)
            continue
        argv = [sys.executable, "-m", "bench.engines", name]
        done = subprocess.run(argv, start_new_session=True, check=False, stderr=subprocess.DEVNULL)
        if done.returncode:
            print(f"| {name} | did not start: the machine may be too busy |", flush=True)
        if "--install" in sys.argv:
            print(f"  an install adds {installed(package):.0f} MB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in PACKAGES:
        measured(sys.argv[1])
    main()
