"""What a commit waits for: whole processes of `promptops check`, as ratios measured in one run."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
PROMPTS = 1000
RULES = 27  # a prompt of some 150 lines
WORDS = [
    "invoice",
    "refund",
    "policy",
    "customer",
    "amount",
    "currency",
    "section",
    "ticket",
    "fee",
    "plan",
    "change",
    "order",
    "address",
    "bank",
    "transfer",
    "receipt",
    "delivery",
    "coupon",
    "contract",
    "notice",
    "owner",
]
HEAD = """\
promptops: 1
id: p{i}
version: 1.0.0
summary: Answers questions of kind {i}.
owners: [team]
models: [openai/gpt-4o-mini]
variables:
  company: {{examples: [Acme]}}
  question: {{examples: ["Why?"], untrusted: true}}
messages:
  - role: system
    content: |
      You work for {{{{ company }}}}.

      {{{{ rules }}}}
  - role: user
    content: "{{{{ question }}}}"
rules:
"""
RULE = """\
  - id: rule-{k}
    text: Name the {a} of number {k} before you mention its {b} to the {c}.
    rationale: Case INC-{i}{k} went wrong because the {a} was confused with the {b}.
    tests:
      - {{cases: [one], assert: {{contains: {a}}}}}
"""
CASES = "cases:\n  - {id: one, variables: {question: hello}}\n"
CHECK = [sys.executable, "-m", "promptops", "check"]


def main() -> None:
    """One prompt, then a thousand; exit code 1 where a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        home = {"PROMPTOPS_HOME": str(Path(folder, "kept"))}
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | home
        Path(folder, "prompts").mkdir()
        kept = [one(Path(folder), environ), thousand(Path(folder), environ)]
    if not all(kept):
        sys.exit(1)


def prompt(i: int, rules: int = RULES) -> str:
    """A clean prompt of some 150 lines, another one for each number."""
    drawn = random.Random(i)
    written = (
        RULE.format(i=i, k=k, a=a, b=b, c=c)
        for k in range(rules)
        for a, b, c in [drawn.sample(WORDS, 3)]
    )
    return HEAD.format(i=i) + "".join(written) + CASES


def one(folder: Path, environ: dict[str, str]) -> bool:
    """One prompt: nothing changed since the last check; the prompt changed. CPU of whole processes."""
    file = folder / "prompts" / "p0.prompt.yaml"
    named = str(file.relative_to(folder))
    spent: dict[str, list[float]] = {"bare": [], "click": [], "unchanged": [], "changed": []}
    for number in range(ROUNDS + 1):
        file.write_text(prompt(number))
        changed = _cpu([*CHECK, named], folder, environ)
        rows = {
            "bare": _cpu([sys.executable, "-c", "pass"], folder, environ),
            "click": _cpu([sys.executable, "-c", "import click"], folder, environ),
            "unchanged": _cpu([*CHECK, named], folder, environ),
            "changed": changed,
        }
        if number:  # the first round compiles byte code
            for name, seconds in rows.items():
                spent[name].append(seconds)
    cpu = {name: statistics.median(values) for name, values in spent.items()}
    lines = len(file.read_text().splitlines())
    print(f"one prompt of {lines} lines, CPU of the whole process, medians of {ROUNDS}:")
    for name, seconds in cpu.items():
        print(f"  {name:10} {seconds * 1000:6.1f} ms {seconds / cpu['click']:5.2f} × import click")
    goals = [
        _goal("× import click where nothing changed", cpu["unchanged"] / cpu["click"], 1.2),
        _goal("× import click where the prompt changed", cpu["changed"] / cpu["click"], 2.0),
    ]
    return all(goals)


def thousand(folder: Path, environ: dict[str, str]) -> bool:
    """A thousand prompts, against yamllint on the same files. Wall clock: both processors count."""
    for number in range(PROMPTS):
        file = folder / "prompts" / f"p{number}.prompt.yaml"
        file.write_text(prompt(number))
    lint = "{extends: default, rules: {line-length: disable, document-start: disable}}"
    yamllint = [sys.executable, "-m", "yamllint", "-d", lint, "prompts"]
    click = statistics.median(
        _wall([sys.executable, "-c", "import click"], folder, environ) for _ in range(ROUNDS)
    )
    cold = _wall(CHECK, folder, environ)
    warm = statistics.median(_wall(CHECK, folder, environ) for _ in range(5))
    theirs = _wall(yamllint, folder, environ)
    print(f"{PROMPTS:,} prompts of some 150 lines, wall clock:")
    for name, seconds in (("cold", cold), ("warm", warm), ("yamllint", theirs)):
        print(f"  {name:10} {seconds * 1000:8.0f} ms {seconds / theirs:6.3f} × yamllint "
              f"{seconds / click:7.2f} × import click")  # fmt: skip
    goals = [
        _goal("× yamllint, cold", cold / theirs, 0.1),
        _goal("× import click, warm", warm / click, 2.0),
    ]
    return all(goals)


def _cpu(command: list[str], folder: Path, environ: dict[str, str]) -> float:
    """CPU seconds of one process."""
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime


def _wall(command: list[str], folder: Path, environ: dict[str, str]) -> float:
    """Seconds of one process."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command} failed: {(done.stdout + done.stderr).decode()[:500]}")
    return time.perf_counter() - began


def _goal(what: str, value: float, most: float) -> bool:
    kept = value <= most
    print(f"  {'kept  ' if kept else 'MISSED'} {value:.2f} {what} (goal: at most {most:.2f})")
    return kept


if __name__ == "__main__":
    main()
