"""A server of OpenAI chats for benchmarks: `server.c` where a C compiler is here, so that the cores
are the clients' own; else a Python one, which takes its share of them and is said to."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = HERE.parent / "tests" / "loopback.py"


@cache
def compiled() -> str | None:
    """The C server, made anew; None where it cannot be."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = f"{folder}/server"
    argv = [compiler, "-O2", "-o", program, str(HERE / "server.c")]
    done = subprocess.run(argv, check=False, stderr=subprocess.DEVNULL)
    return program if done.returncode == 0 else None


def shares() -> str:
    """What the server takes from those it serves, in words."""
    if compiled() is None:
        return "the server is written in Python and takes its share of the cores: no C compiler"
    return "the server is a C program that takes some microseconds a call"


@contextmanager
def serving(seconds: float) -> Iterator[str]:
    """The URL of a server, in a process of its own, that takes so long for each call."""
    program = compiled()
    argv = [program] if program else [sys.executable, str(PYTHON)]
    command = [*argv, str(seconds)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
