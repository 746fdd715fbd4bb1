"""`promptops why AGENTS.md:LINE` against git's own floor for the same path.

The repository is generated: 20,000 commits (every eleventh a merge), 3,000 files, an AGENTS.md that
is born at 60 % of history, is reworded 30 times and was renamed once. Floor: `git rev-list HEAD --
AGENTS.md` of the same run. Measured without a commit-graph (a fresh clone, CI), with one
(`git gc`), and with changed-path filters. Targets: 1.5 x floor + 80 ms of start-up in each state;
flat where the stream may stop at creation: a repository twice as long is asked the same.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
PEOPLE, EVERY = 40, 105 * 60  # who commit in turn, each for a while; a commit in seconds


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
        yield head(number, commits)
        if number == 1:
            yield from (
                put(f"src/d{at % 61}/e{at % 7}/f{at}.py", f"x = {at}\n") for at in range(FILES)
            )
        yield put(f"src/d{number % 61}/e{number % 7}/f{number % FILES}.py", f"y = {number}\n")
        if number >= born and (number - born) % every == 0:
            yield put("AGENTS.md" if number >= renamed else "CLAUDE.md", instructions(edition))
            edition += 1
        if number == renamed:
            yield "D CLAUDE.md\n" + put("AGENTS.md", instructions(edition))


def head(number: int, commits: int) -> str:
    """A commit's beginning: who, when, and what it comes from."""
    who = number * PEOPLE // commits * 3 % PEOPLE if number % 4 else number % PEOPLE
    when = 1_600_000_000 + number * EVERY
    said = f"commit refs/heads/main\nmark :{number}\n"
    said += f"committer P {who} <p{who}@example.org> {when} +0000\ndata 6\nchange\n"
    if number > 1:
        said += f"from :{number - 1}\n"
    if number % 11 == 0 and number > 22:
        said += f"merge :{number - 9}\n"
    return said


def put(path: str, text: str) -> str:
    return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"


def build(root: str, commits: int) -> None:
    """The repository, packed as a clone is."""
    os.mkdir(root)
    git(root, "init", "-q", "-b", "main")
    git(root, "fast-import", "--quiet", given="".join(history(commits)).encode())
    git(root, "repack", "-adfq")
    git(root, "reset", "-q", "--hard")


def timed(root: str, *commands: Sequence[str]) -> list[float]:
    """The medians of some runs, in milliseconds, in turn: what else the machine does hits them all.

    One round before them warms the caches.
    """
    rounds = [[once(root, command) for command in commands] for _ in range(RUNS + 1)][1:]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def once(root: str, command: Sequence[str], code: int = 0) -> float:
    """One run, in milliseconds."""
    environ = ENVIRON | {"PROMPTOPS_HOME": f"{root}/.kept"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, check=False)
    taken = (time.perf_counter() - start) * 1000
    if done.returncode != code:
        raise SystemExit(done.stderr.decode())
    return taken


def main() -> None:
    """Print a row for each state, then growth and phrases."""
    tool = str(Path(sys.executable).parent / "promptops")
    floor = ["git", "rev-list", "HEAD", "--", "AGENTS.md"]
    asked = [[tool, "why", f"AGENTS.md:{line}"] for line in (3, 20, 70)]
    with tempfile.TemporaryDirectory() as folder:
        single, double = f"{folder}/single", f"{folder}/double"
        for root, commits in ((single, COMMITS), (double, 2 * COMMITS)):
            build(root, commits)
        print("state                  floor ms   why ms   target   why / target")
        small = large = 0.0
        for name, prepare in STATES:
            if prepare:
                git(single, *prepare)
            least, *taken = timed(single, floor, *asked)
            mean = statistics.mean(taken)
            target = 1.5 * least + START_UP
            print(f"{name:22} {least:8.0f} {mean:8.0f} {target:8.0f} {mean / target:13.2f}")
            if not prepare:
                (small,), (large,) = timed(single, asked[1]), timed(double, asked[1])
        print(f"twice the history, no commit-graph: {large / small:.2f} times as long")
        phrases(single, [tool, "why", "edition 0, number 17"])


def phrases(root: str, asked: Sequence[str]) -> None:
    """A phrase that is gone: the first time, and once the index of path changes is kept."""
    (scan,) = timed(root, ["git", "log", "--raw", "-z", "--format=%H"])
    first = once(root, asked)
    (again,) = timed(root, asked)
    print(f"a phrase that is gone: {first:.0f} ms, target {1.5 * scan:.0f}; again {again:.0f} ms")


if __name__ == "__main__":
    main()
