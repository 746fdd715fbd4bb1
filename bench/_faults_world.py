"""A scratch repository, the real command in processes of its own, and a disk that fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AT_ONCE = 8
PROMPT = """promptops: 1
id: p
version: 1.0.0
models: [m]
variables: {{q: {{examples: [x]}}}}
messages:
  - role: user
    content: "{{{{ q }}}}"
rules:
  - id: yes
    text: Say yes.
    rationale: Because.
    tests:
      - cases: all
        assert: {{contains: "yes"}}
cases:
{cases}"""
SETTINGS = """[tool.promptops.models.m]
input_cost_per_token = 1e-5
output_cost_per_token = 1e-4
"""
# Fails every write and sync of the store's files from the n-th on, as a full or broken disk does.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int fails(int fd) {
    static int count = 0;
    char link[64], path[4096];
    const char *nth = getenv("FAIL_FROM");
    if (!nth) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    if (!strstr(path, "answers.db")) return 0;
    if (__sync_add_and_fetch(&count, 1) < atoi(nth)) return 0;
    errno = getenv("FAIL_FULL") ? ENOSPC : EIO;
    return 1;
}
#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, #name)
typedef ssize_t (*pwrite_t)(int, const void *, size_t, off_t);
typedef ssize_t (*write_t)(int, const void *, size_t);
typedef int (*sync_t)(int);
ssize_t pwrite64(int fd, const void *b, size_t n, off_t at) {
    REAL(pwrite64, pwrite_t); return fails(fd) ? -1 : real(fd, b, n, at);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
    REAL(pwrite, pwrite_t); return fails(fd) ? -1 : real(fd, b, n, at);
}
ssize_t write(int fd, const void *b, size_t n) {
    REAL(write, write_t); return fails(fd) ? -1 : real(fd, b, n);
}
int fsync(int fd) { REAL(fsync, sync_t); return fails(fd) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync, sync_t); return fails(fd) ? -1 : real(fd); }
"""


@dataclass(frozen=True)
class Ended:
    """What a command left. rss: megabytes resident at its peak."""

    code: int
    out: bytes
    err: str
    seconds: float
    rss: float

    @property
    def result(self) -> dict[str, Any]:
        """The JSON report, {} where there is none."""
        return json.loads(self.out)["result"] if self.out else {}

    @property
    def report(self) -> dict[str, Any]:
        """The report without what tells how much of it came from the store."""
        drop = ("attempts", "from_store", "usd", "usd_assumed")
        return {k: v for k, v in self.result.items() if k not in drop}


@dataclass
class Started:
    """A command that runs."""

    process: subprocess.Popen[bytes]
    out: Any
    err: Any
    since: float = field(default_factory=time.monotonic)

    def ended(self) -> Ended:
        """Wait for it."""
        rss = 0
        if self.process.returncode is None:
            _, status, usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            rss = usage.ru_maxrss
        took = time.monotonic() - self.since
        self.out.seek(0)
        self.err.seek(0)
        out, err = self.out.read(), self.err.read().decode("utf-8", "replace")
        self.out.close()
        self.err.close()
        return Ended(self.process.returncode, out, err, took, rss / 1024)


class World:
    """A repository with one prompt of n cases, and a folder for its answers."""

    def __init__(self, folder: Path, n: int) -> None:
        self.root, self.home = folder / "repo", folder / "home"
        cases = "".join(f"  - id: c{i}\n    variables: {{q: q{i:04}}}\n" for i in range(n))
        (self.root / "prompts").mkdir(parents=True)
        (self.root / "prompts" / "p.prompt.yaml").write_text(PROMPT.format(cases=cases))
        (self.root / "pyproject.toml").write_text(SETTINGS)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)

    def start(self, url: str, *more: str, environ: dict[str, str] | None = None) -> Started:
        """`promptops eval` in a process of its own."""
        to = ["--api-base", url, "--model", "m", "--answers-as", "m"]
        argv = [sys.executable, "-m", "promptops", "eval", "p", *to, "--format", "json"]
        argv += ["--concurrency", str(AT_ONCE), "--max-tokens", "50", *more]
        env = {**os.environ, "PROMPTOPS_HOME": str(self.home), **(environ or {})}
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        return Started(
            subprocess.Popen(argv, stdout=out, stderr=err, cwd=self.root, env=env), out, err
        )

    def eval(self, url: str, *more: str, environ: dict[str, str] | None = None) -> Ended:
        """The same, to its end."""
        return self.start(url, *more, environ=environ).ended()

    def store(self, work: str = "verify") -> Ended:
        """`promptops store WORK`."""
        argv = [sys.executable, "-m", "promptops", "store", work, "--format", "json"]
        env = {**os.environ, "PROMPTOPS_HOME": str(self.home)}
        done = subprocess.run(argv, capture_output=True, cwd=self.root, env=env, check=False)
        return Ended(done.returncode, done.stdout, done.stderr.decode(), 0.0, 0.0)

    def forget(self) -> None:
        """Begin with no answers."""
        shutil.rmtree(self.home, ignore_errors=True)


@contextmanager
def world(n: int) -> Iterator[World]:
    """A scratch repository that goes away again."""
    with tempfile.TemporaryDirectory() as folder:
        yield World(Path(folder), n)


def failing_disk(folder: Path) -> dict[str, str] | None:
    """The environment in which writes fail from `FAIL_FROM` on; None without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    source, library = folder / "shim.c", folder / "shim.so"
    source.write_text(SHIM)
    command: Sequence[str] = (compiler, "-shared", "-fPIC", "-O1", "-w", str(source), "-ldl")
    subprocess.run([*command, "-o", str(library)], check=True)
    return {"LD_PRELOAD": str(library)}
