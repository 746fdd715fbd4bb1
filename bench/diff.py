"""`promptops diff BASE HEAD` with ten changed prompts, against git's own floor for the same commits.

The repository is generated: 5,000 files, ten prompts of twelve rules, BASE and HEAD 100 commits
apart. Floor: `git diff-tree -r -z --raw BASE HEAD`. Target: 1.5 x floor + 100 ms.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROMPTS, FILES, COMMITS, RUNS = 10, 5_000, 100, 9
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
    """By `fast-import`: a hundred commits take no time."""
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
        if number % 10 == 0:
            at = number // 10 - 1
            lines.append(_file(f"prompts/p{at}/prompt.yaml", prompt(f"p{at}", "another word")))
    git(root, "fast-import", "--quiet", given=("\n".join(lines) + "\n").encode())
    git(root, "reset", "-q", "--hard")


def _file(path: str, text: str) -> str:
    return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}"


def timed(root: str, *command: str) -> float:
    """The median of some runs, in milliseconds; the first warms the caches."""
    taken = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, cwd=root, env=ENVIRON | {"PROMPTOPS_HOME": root + "/.kept"},
                       stdout=subprocess.DEVNULL, check=False)  # fmt: skip
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[1:])


def main() -> None:
    """Print floor, diff and how they compare with the target."""
    program = Path(sys.executable).with_name("promptops")
    with tempfile.TemporaryDirectory() as root:
        build(root)
        base = git(root, "rev-parse", f"HEAD~{COMMITS}").decode().strip()
        floor = timed(root, "git", "diff-tree", "-r", "-z", "--raw", base, "HEAD")
        start = timed(root, str(program), "--version")
        ours = timed(root, str(program), "diff", base, "HEAD", "--format", "json")
    target = 1.5 * floor + 100
    print(f"git diff-tree {floor:.0f} ms, promptops --version {start:.0f} ms")
    print(
        f"promptops diff, {PROMPTS} prompts: {ours:.0f} ms; target {target:.0f} ms: {'met' if ours <= target else 'missed'}"
    )


if __name__ == "__main__":
    main()
