"""`promptops why AGENTS.md:LINE` against git's own floor for the same path.

The repository is generated: 20,000 commits (every eleventh a merge), 3,000 files, an AGENTS.md that
is born 8,000 commits ago, is reworded 30 times and was renamed once. Floor: `git rev-list HEAD --
AGENTS.md` of the same run. Measured without a commit-graph (a fresh clone, CI), with one
(`git gc`), and with changed-path filters. Target: 1.5 x floor + 80 ms of start-up in each state.

cold: nothing is kept of the repository. known: another line was asked for before, this one never
was. again: this line was. Each a mean of three lines' medians; beside the milliseconds that pass,
the processor's for all processes together, which other work on the machine spoils less.

Growth: 20,000 more commits before the file's creation. git's floor takes twice as long; where the
walk stops at the creation, nothing else does.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

COMMITS, FILES, RUNS = 20_000, 3_000, 5
YOUNG = 0.4  # of COMMITS: since the file was created; since it was renamed, half of that
LINES, OTHER = (3, 20, 70), 45
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


def history(commits: int, young: int) -> Iterator[str]:
    """A fast-import stream; `young`: commits since the file was created."""
    born, renamed = commits - young, commits - young // 2
    every = young // 30
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


def build(root: str, commits: int, young: int = 0) -> None:
    """The repository, packed as a clone is; `young` is that part of it unless it is given."""
    young = young or int(commits * YOUNG)
    os.mkdir(root)
    git(root, "init", "-q", "-b", "main")
    git(root, "fast-import", "--quiet", given="".join(history(commits, young)).encode())
    git(root, "repack", "-adfq")
    git(root, "reset", "-q", "--hard")


class Taken(NamedTuple):
    """Milliseconds: that passed, and of the processor for a command and all that it started."""

    wall: float
    cpu: float


def timed(*runs: Run) -> list[Taken]:
    """The medians of some rounds, each kind in turn: what else the machine does hits them all.

    One round before them warms the caches of the machine.
    """
    rounds = [[run.once() for run in runs] for _ in range(RUNS + 1)][1:]
    return [
        Taken(*(statistics.median(figures) for figures in zip(*column, strict=True)))
        for column in zip(*rounds, strict=True)
    ]


class Run(NamedTuple):
    """A command in a repository. kept: what is known of it before each run, "" for nothing."""

    root: str
    command: Sequence[str]
    kept: str = ""

    def once(self) -> Taken:
        """One run; what it keeps is thrown away."""
        with tempfile.TemporaryDirectory() as home:
            if self.kept:
                shutil.copytree(self.kept, home, dirs_exist_ok=True)
            start = time.perf_counter()
            done = subprocess.Popen(
                self.command,
                cwd=self.root,
                env=ENVIRON | {"PROMPTOPS_HOME": home},
                stdout=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(done.pid, 0)
            taken = (time.perf_counter() - start) * 1000
            done.returncode = os.waitstatus_to_exitcode(status)
        if done.returncode:
            raise SystemExit(f"{' '.join(self.command)}: {done.returncode}")
        return Taken(taken, (used.ru_utime + used.ru_stime) * 1000)


def asked(line: int) -> list[str]:
    return [str(Path(sys.executable).parent / "promptops"), "why", f"AGENTS.md:{line}"]


def knowing(root: str, *commands: Sequence[str]) -> str:
    """A folder with what is kept once these have been asked."""
    home = tempfile.mkdtemp(dir=os.path.dirname(root))
    for command in commands:
        environ = ENVIRON | {"PROMPTOPS_HOME": home}
        subprocess.run(command, cwd=root, env=environ, stdout=subprocess.DEVNULL, check=True)
    return home


def kinds(root: str, lines: Sequence[int]) -> list[Run]:
    """The floor, then each line cold, in a known repository, and again."""
    other = knowing(root, asked(OTHER))
    runs = [Run(root, ["git", "rev-list", "HEAD", "--", "AGENTS.md"])]
    for line in lines:
        same = knowing(root, asked(line))
        runs += [Run(root, asked(line), kept) for kept in ("", other, same)]
    return runs


def main() -> None:
    """Print a row for each state, then growth and phrases."""
    with tempfile.TemporaryDirectory() as folder:
        single, double = f"{folder}/single", f"{folder}/double"
        for root, commits in ((single, COMMITS), (double, 2 * COMMITS)):
            build(root, commits, int(COMMITS * YOUNG))
        print("wall ms (CPU ms)        floor    target         cold        known        again")
        for name, prepare in STATES:
            if prepare:
                git(single, *prepare)
            else:
                grown = timed(*kinds(single, LINES[1:2]), *kinds(double, LINES[1:2]))
            print(f"{name:22} {row(timed(*kinds(single, LINES)))}")
        times = [large.wall / small.wall for small, large in zip(grown[:4], grown[4:], strict=True)]
        said = zip(("git's floor", "cold", "known", "again"), times, strict=True)
        print(
            "20,000 older commits, no commit-graph: "
            + ", ".join(f"{name} {time:.2f} times as long" for name, time in said)
        )
        phrases(single)


def row(taken: Sequence[Taken]) -> str:
    """The figures of one state; a star for what takes longer than the target."""
    floor, *asked = taken
    target = 1.5 * floor.wall + START_UP
    said = f"{floor.wall:4.0f} ({floor.cpu:3.0f}) {target:7.0f}  "
    for kind in range(3):
        wall = statistics.mean(one.wall for one in asked[kind::3])
        cpu = statistics.mean(one.cpu for one in asked[kind::3])
        said += f"{wall:6.0f}{'*' if wall > target else ' '}({cpu:3.0f})"
    return said


def phrases(root: str) -> None:
    """A phrase that is gone: the first time, and once the index of path changes is kept."""
    command = [*asked(1)[:2], "edition 0, number 17"]
    scan = Run(root, ["git", "log", "--raw", "-z", "--format=%H"])
    kept = knowing(root, command)
    scanned, first, again = timed(scan, Run(root, command), Run(root, command, kept))
    target = 1.5 * scanned.wall
    print(
        f"a phrase that is gone: {first.wall:.0f} ms, target {target:.0f}; again {again.wall:.0f} ms"
    )


if __name__ == "__main__":
    main()
