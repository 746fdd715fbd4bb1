"""A Dask cluster of processes of their own: `dask scheduler`, `dask worker`, and nothing shared but a
database. Workers start in empty folders, so that no file of the repository is theirs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QUIET = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical"}
STARTING_SECONDS = 120


@dataclass
class Cluster:
    """environ: what every process of it has. before: put before each command (`ip netns exec …`)."""

    folder: Path
    environ: Mapping[str, str]
    security: Sequence[str] = ()
    scheme: str = "tcp"
    host: str = "127.0.0.1"
    before: Mapping[str, Sequence[str]] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    address: str = ""

    def start(self) -> None:
        """The scheduler; `address` is known afterwards."""
        file = self.folder / "scheduler.json"
        more = ("--host", f"{self.scheme}://{self.host}:0", "--scheduler-file", str(file))
        self._run("scheduler", "scheduler", *more, "--no-dashboard", "--no-jupyter")
        _until(file.exists, "no scheduler")
        import json

        def written() -> bool:
            return bool(file.read_text())

        _until(written, "no scheduler")
        self.address = json.loads(file.read_text())["address"]

    def worker(self, name: str, **environ: str) -> None:
        """One worker of one thread; "" takes a variable away."""
        more = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name)
        more += ("--memory-limit", "0", "--death-timeout", "60")
        self._run(name, "worker", self.address, *more, **environ)

    def kill(self, name: str) -> None:
        """As the kernel does it when memory is short."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_for(self, workers: int) -> None:
        """Until so many workers are known to the scheduler."""
        script = (
            "import sys, distributed; c = distributed.Client(sys.argv[1], timeout=60);"
            " c.wait_for_workers(int(sys.argv[2]), timeout=100); c.close()"
        )
        argv = (*self.before.get("client", ()), sys.executable, "-c", script)
        argv = (*argv, self.address, str(workers))
        subprocess.run(argv, env={**os.environ, **QUIET, **self.environ}, check=True)

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def _run(self, name: str, *argv: str, **environ: str) -> None:
        own = {**os.environ, **QUIET, **self.environ, **environ}
        own = {key: value for key, value in own.items() if value}
        home = self.folder / name
        home.mkdir(exist_ok=True)
        dask = [sys.executable, "-c", "import sys; from dask.__main__ import main; main()"]
        command = [*self.before.get(name, ()), *dask, *argv, *self.security]
        with open(home / "log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=home, env=own, stdout=log, stderr=log
            )


@contextmanager
def cluster(workers: int = 2, **more: Any) -> Iterator[Cluster]:
    """A scheduler and workers `w0`, `w1`, … that have what is in `environ`."""
    with tempfile.TemporaryDirectory() as folder:
        made = Cluster(Path(folder), more.pop("environ", {}), **more)
        try:
            made.start()
            for number in range(workers):
                made.worker(f"w{number}")
            made.wait_for(workers)
            yield made
        finally:
            made.close()


def _until(true: Any, otherwise: str) -> None:
    end = time.monotonic() + STARTING_SECONDS
    while not true():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)
