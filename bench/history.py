"""`promptops why AGENTS.md:LINE` against git's own floor for the same path.

The repository is generated: 20,000 commits (every eleventh a merge), 3,000 files, an AGENTS.md that
is born at 60 % of history, is reworded 30 times and was renamed once. Floor: `git rev-list HEAD --
AGENTS.md` of the same run. Measured without a commit-graph (a fresh clone, CI), with one
(`git gc`), and with changed-path filters. Targets: 1.5 x floor + 80 ms of start-up in each state;
flat where the stream may stop at creation: the last column doubles history below the creation.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

COMMITS, FILES, RUNS = 20_000, 3_000, 7
BORN, RENAMED = 0.6, 0.8
START_UP = 80.0
ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
}
STATES = (
    ("no commit-graph", ()),
    ("commit-graph", ("commit-graph", "write", "--reachable")),
    ("changed-path filters", ("commit-graph", "write", "--reachable", "--changed-paths")),
)
WORDS = [
    "cite",
    "policy",
    "section",
    "answer",
    "customer",
    "branch",
    "import",
    "module",
    "test",
    "suite",
    "schema",
    "ledger",
]


def git(root: str, *arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRON, input=given, capture_output=True, check=True
    )
    return done.stdout


def instructions(edition: int) -> str:
    """Sixty rules; each edition rewords two of them and adds one at the end."""
    texts = []
    for at in range(60):
        turn = max((e for e in range(edition + 1) if at in (e % 60, (e * 7) % 60)), default=0)
        said = " ".join(WORDS[(at * 5 + k * 3) % len(WORDS)] for k in range(6))
        texts.append(f"- Rule {at}: {said}, as of edition {turn}, number {at * 17}.")
    texts += [
        f"- Added in edition {e}: {WORDS[e % 12]} comes before {WORDS[e % 7]}."
        for e in range(edition)
    ]
    return "# Working here\n\n" + "\n".join(texts) + "\n"


def history(commits: int) -> Iterator[str]:
    """A fast-import stream."""
    born, renamed = int(commits * BORN), int(commits * RENAMED)
    every = (commits - born) // 30
    edition = 0
    for number in range(1, commits + 1):
        branch = "refs/heads/main"
        yield f"commit {branch}\nmark :{number}\ncommitter a <a@example.org> {1_600_000_000 + number * 60} +0000\ndata 6\nchange\n"
        if number > 1:
            yield f"from :{number - 1}\n"
        if number % 11 == 0 and number > 22:
            yield f"merge :{number - 9}\n"
        if number == 1:
            for at in range(FILES):
                yield put(f"src/d{at % 61}/e{at % 7}/f{at}.py", f"x = {at}\n")
        yield put(f"src/d{number % 61}/e{number % 7}/f{number % FILES}.py", f"y = {number}\n")
        if number >= born and (number - born) % every == 0:
            yield put("AGENTS.md" if number >= renamed else "CLAUDE.md", instructions(edition))
            edition += 1
        if number == renamed:
            yield "D CLAUDE.md\n" + put("AGENTS.md", instructions(edition))


def put(path: str, text: str) -> str:
    return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"


def build(root: str, commits: int) -> None:
    git(root, "init", "-q", "-b", "main")
    git(root, "fast-import", "--quiet", given="".join(history(commits)).encode())
    git(root, "reset", "-q", "--hard")


def timed(root: str, *command: str) -> float:
    """The median of some runs, in milliseconds; one before them warms the caches."""
    taken = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, cwd=root, env=ENVIRON | {"PROMPTOPS_HOME": f"{root}/.kept"},
                       stdout=subprocess.DEVNULL, check=True)  # fmt: skip
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[1:])


def main() -> None:
    tool = str(Path(sys.executable).parent / "promptops")
    print("state                  floor ms   why ms   target   why / target")
    with tempfile.TemporaryDirectory() as folder:
        once, twice = f"{folder}/once", f"{folder}/twice"
        for root, commits in ((once, COMMITS), (twice, 2 * COMMITS)):
            os.mkdir(root)
            build(root, commits)
        for name, prepare in STATES:
            if prepare:
                git(once, *prepare)
            floor = timed(once, "git", "rev-list", "HEAD", "--", "AGENTS.md")
            took = statistics.mean(timed(once, tool, "why", f"AGENTS.md:{n}") for n in (3, 20, 70))
            target = 1.5 * floor + START_UP
            print(
                f"{name:22} {floor:8.0f} {took:8.0f} {target:8.0f} {took / target:13.2f}",
                flush=True,
            )
        small, large = (timed(root, tool, "why", "AGENTS.md:20") for root in (once, twice))
        print(
            f"twice the history: {large / small:.2f} times as long (with filters against without)"
        )
        first = timed_once(once, tool)
        again = timed(once, tool, "why", "edition 0, number 17")
        scan = timed(once, "git", "log", "--raw", "-z", "--format=%H")
        print(
            f"a phrase that is gone: {first:.0f} ms, again {again:.0f} ms; git log --raw {scan:.0f} ms"
        )


def timed_once(root: str, tool: str) -> float:
    """The first question about a phrase: nothing is kept yet."""
    start = time.perf_counter()
    subprocess.run([tool, "why", "edition 0, number 17"], cwd=root, stdout=subprocess.DEVNULL,
                   env=ENVIRON | {"PROMPTOPS_HOME": f"{root}/.kept"}, check=False)  # fmt: skip
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
