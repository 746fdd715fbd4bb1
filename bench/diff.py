"""`promptops diff BASE HEAD` with ten changed prompts, against git's own floor for the same commits.

The repository is generated: 20,000 commits, 5,000 files, ten prompts of twelve rules that differ
between BASE and HEAD, which are 100 commits apart. Floor: `git diff-tree -r -z --raw BASE HEAD`.
Target: 1.5 x floor + 100 ms, as wall time. First: nothing is kept at all, as on a machine that has
never counted a token: the vocabulary of 200,000 tokens is unpacked and compiled too, once for all.
New: that is kept and no review is, as for commits that nobody has looked at. Again: the same review
was asked for before. Python and `--version` say what part of each is start-up. Runs of all kinds
take turns, so that a busy machine slows them alike; CPU counts children in, and the least of all
runs is what other work on the machine disturbed least.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROMPTS, FILES, COMMITS, APART, RUNS = 10, 5_000, 20_000, 100, 9
FLOOR = ("diff-tree", "-r", "-z", "--raw")
ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def prompt(name: str, word: str) -> str:
    rules = "".join(
        f"  - id: rule-{at}\n    text: Say {word if at < 3 else 'thing'} number {at} to the customer.\n"
        f"    rationale: Customers of branch {at} asked for it in the survey.\n"
        for at in range(12)
    )
    return (
        f"promptops: 1\nid: {name}\nversion: 1.0.0\nmodels: [openai/gpt-4o-mini]\n"
        "budget: {calls_per_month: 1000, output_tokens: 100}\n"
        'messages:\n  - {role: system, content: "{{ rules }}"}\n'
        f"rules:\n{rules}"
    )


def git(root: str, *arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRON, input=given, capture_output=True, check=True
    )
    return done.stdout


def build(root: str) -> None:
    """By `fast-import`: twenty thousand commits take a second."""
    git(root, "init", "-q", "-b", "main")
    lines = ["commit refs/heads/main", "committer a <a@example.org> 1700000000 +0000", "data 1\nx"]
    for at in range(FILES):
        lines += [f"M 100644 inline src/d{at % 97}/f{at}.py", f"data 8\nx = {at % 10000:04d}"]
    for at in range(PROMPTS):
        lines.append(_file(f"prompts/p{at}/prompt.yaml", prompt(f"p{at}", "a word")))
    for number in range(1, COMMITS + 1):
        lines += ["commit refs/heads/main"]
        lines += [f"committer a <a@example.org> {1700000000 + number} +0000", "data 1\nx"]
        lines.append(_file(f"src/d{number % 97}/f{number}.py", f"y = {number}"))
        at, rest = divmod(number - (COMMITS - APART) - 1, 10)
        if at >= 0 and not rest:
            lines.append(_file(f"prompts/p{at}/prompt.yaml", prompt(f"p{at}", "another word")))
    git(root, "fast-import", "--quiet", given=("\n".join(lines) + "\n").encode())
    git(root, "reset", "-q", "--hard")


def _file(path: str, text: str) -> str:
    return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}"


class Run(NamedTuple):
    """One process with its children: wall and CPU time in milliseconds."""

    wall: float
    cpu: float


def timed(root: str, command: Sequence[str], home: str) -> Run:
    """One run; `home`: where what is kept between runs lies."""
    environ = ENVIRON | {"PROMPTOPS_HOME": home}
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.DEVNULL) as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    wall = time.perf_counter() - start
    return Run(wall * 1000, (used.ru_utime + used.ru_stime) * 1000)


def measure(root: str, base: str) -> dict[str, list[Run]]:
    """Runs of every kind, taken in turns; the first turn warms the caches and is left out."""
    program = str(Path(sys.executable).with_name("promptops"))
    review = (program, "diff", base, "HEAD", "--format", "json")
    found: dict[str, list[Run]] = {}
    kept = Path(root, ".kept")
    for turn in range(RUNS + 1):
        with tempfile.TemporaryDirectory() as empty:
            runs = {
                "git diff-tree": timed(root, ("git", *FLOOR, base, "HEAD"), empty),
                "python": timed(root, (sys.executable, "-c", "pass"), empty),
                "promptops --version": timed(root, (program, "--version"), empty),
                "diff, first": timed(root, review, empty),
            }
        shutil.rmtree(kept / "reviews", ignore_errors=True)
        runs["diff, new"] = timed(root, review, str(kept))
        runs["diff, again"] = timed(root, review, str(kept))
        for name, run in runs.items():
            found.setdefault(name, []).extend([run] if turn else [])
    return found


def main() -> None:
    """Print the medians, and how those of `diff` compare with the target."""
    with tempfile.TemporaryDirectory() as root:
        build(root)
        base = git(root, "rev-parse", f"HEAD~{APART}").decode().strip()
        found = measure(root, base)
    walls = {name: statistics.median(run.wall for run in runs) for name, runs in found.items()}
    target = 1.5 * walls["git diff-tree"] + 100
    print(f"medians of {RUNS} runs taken in turns, {PROMPTS} prompts, {COMMITS:,} commits")
    for name, runs in found.items():
        cpu = statistics.median(run.cpu for run in runs)
        least = min(run.wall for run in runs), min(run.cpu for run in runs)
        met = "met" if walls[name] <= target else "missed"
        said = f"; target {target:.0f} ms: {met}" if name.startswith("diff") else ""
        low = f"least {least[0]:.0f} ms, CPU {least[1]:.0f} ms"
        print(f"{name:20} {walls[name]:5.0f} ms, CPU {cpu:4.0f} ms ({low}){said}")


if __name__ == "__main__":
    main()
