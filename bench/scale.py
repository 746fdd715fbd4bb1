"""How time and memory grow: prompts, outcomes, history and cliff calls, each at a quarter, half, whole.

python -m bench.scale [--write]: prints a table; with --write docs/scale.md and its pictures too.
Each measurement is a process of its own; memory is its peak. A row is linear or better where four
times the work takes at most about four times as long.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.history import ENVIRON, build

DOCS = Path(__file__).parent.parent / "docs"
TOOL = str(Path(sys.executable).parent / "promptops")
SIZES: Mapping[str, int] = {
    "prompts, cold": 10_000,
    "prompts, warm": 10_000,
    "outcomes": 1_000_000,
    "commits": 200_000,
    "cliff calls": 5_000,
}
RULE = """\
  - id: rule-{n}
    text: Say number {n} of prompt {p} in words, never in digits, and name its unit.
    rationale: Callers of prompt {p} misread digits when number {n} was read to them.
    owner: team-{n}
    tests: [{{cases: all, assert: {{not_regex: "[0-9]{{{{{n}}}}}"}}}}]
"""
RULES = 27  # about 150 lines
PROMPT = """\
promptops: 1
id: prompt-{p}
version: 1.0.0
owners: [team]
models: [openai/gpt-4o]
messages:
  - role: system
    content: |
      You are number {p}.

      {{{{ rules }}}}
cases:
  - {{id: one, variables: {{}}}}
rules:
"""


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: how much work, seconds, peak memory in MB."""

    size: int
    seconds: float
    megabytes: float


def main() -> None:
    """Measure everything and say whether it grows linearly."""
    with tempfile.TemporaryDirectory() as folder:
        found = {name: list(_points(name, whole, folder)) for name, whole in SIZES.items()}
    print(_table(found))
    if "--write" in sys.argv:
        _write(found)


def _points(name: str, whole: int, folder: str) -> Iterator[Point]:
    for share in (4, 2, 1):
        size = whole // share
        point = MEASURES[name](size, f"{folder}/{name.split(',')[0].replace(' ', '-')}-{size}")
        print(f"{name:14} {size:>9,} {point.seconds:8.2f} s {point.megabytes:7.0f} MB", flush=True)
        yield point


def measured(command: list[str], cwd: str, code: tuple[int, ...] = (0,)) -> tuple[float, float]:
    """(seconds, peak MB) of a process; its output is thrown away."""
    environ = ENVIRON | {"PROMPTOPS_HOME": f"{cwd}/.kept", "PYTHONPATH": os.getcwd()}
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, env=environ, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    taken = time.perf_counter() - start
    if process.returncode not in code:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return taken, usage.ru_maxrss / 1024


# -- what is measured ----------------------------------------------------------------------------


def cold(size: int, folder: str) -> Point:
    """`promptops check` on so many prompts, nothing kept."""
    for number in range(size):
        home = Path(folder, "prompts", f"g{number % 100}", f"p{number}")
        home.mkdir(parents=True)
        rules = "".join(RULE.format(n=n, p=number) for n in range(RULES))
        (home / "prompt.yaml").write_text(PROMPT.format(p=number) + rules)
    return Point(size, *measured([TOOL, "check"], folder, (0, 1)))


def warm(size: int, folder: str) -> Point:
    """The same again, nothing changed."""
    return Point(size, *measured([TOOL, "check"], folder, (0, 1)))


def outcomes(size: int, folder: str) -> Point:
    """So many outcomes scored: cases with twenty rules each, in one process."""
    os.makedirs(folder, exist_ok=True)
    here = [sys.executable, "-m", "bench.scale", "outcomes", str(size)]
    return Point(size, *measured(here, folder))


def commits(size: int, folder: str) -> Point:
    """`promptops why AGENTS.md:20` in a history of so many commits, with a commit-graph."""
    build(folder, size)
    subprocess.run(
        ["git", "commit-graph", "write", "--reachable"], cwd=folder, env=ENVIRON, check=True,
        capture_output=True,
    )  # fmt: skip
    asked = [TOOL, "why", "AGENTS.md:20"]
    measured(asked, folder)
    return Point(size, *measured(asked, folder))


def calls(size: int, folder: str) -> Point:
    """Analysis of so many calls with 100 rules, all rounds together, in one process."""
    os.makedirs(folder, exist_ok=True)
    here = [sys.executable, "-m", "bench.scale", "calls", str(size)]
    return Point(size, *measured(here, folder))


MEASURES: Mapping[str, Callable[[int, str], Point]] = {
    "prompts, cold": cold,
    "prompts, warm": warm,
    "outcomes": outcomes,
    "commits": commits,
    "cliff calls": calls,
}


def score_outcomes(size: int) -> None:
    """Twenty rules on size / 20 answers."""
    from promptops.evals import Answer, Judgement, State
    from promptops.evals.plan import Ask, Expectation, Plan, Target, request_for
    from promptops.evals.score import score
    from promptops.model import Assertion, Case, Message, Prompt

    rules = 20
    cases = tuple(
        Case(f"c{n}", slices={"language": ("en", "de", "fr")[n % 3]}) for n in range(size // rules)
    )
    prompt = Prompt("p", messages=(Message("system", "x"),), cases=cases)
    target = Target("simulated", "simulated")
    one = Assertion("contains", "x")
    expected = tuple(Expectation(f"r{n}", True, one) for n in range(rules))
    asks = tuple(Ask(case, 0, request_for(prompt, case, target)) for case in cases)
    plan = Plan(prompt, target, 1, asks, {case.id: expected for case in cases})
    answers = [Answer(State.ANSWER, str(n)) for n in range(len(asks))]
    kept, broken = Judgement(True, ""), Judgement(False, "")
    found = score(plan, answers, lambda ask, a, e: kept if hash((a.text, e.rule)) % 10 else broken)
    assert sum(cell.rate.n for cell in found.rules.values()) == size // rules * rules


def cliff_calls(size: int) -> None:
    """A study of 100 rules, looked at every 25 calls."""
    import numpy as np

    from promptops.cliff.ledger import Settings
    from promptops.cliff.study import Core
    from promptops.cliff.world import Recipe, build

    world = build(Recipe(rules=100), 0)
    settings = Settings(delta=0.001, budget=size)  # no harm is that small: it never stops early
    core, rng = Core(world.checks, settings), np.random.default_rng(0)
    while not core.stop:
        asked = core.propose()
        core.take(world.answer(asked.cases, asked.kept, rng))


# -- what comes out ------------------------------------------------------------------------------


def _table(found: Mapping[str, list[Point]]) -> str:
    rows = ["| work | a quarter | half | whole | memory of the whole | time, four times the work |"]
    rows.append("|---|---:|---:|---:|---:|---:|")
    for name, points in found.items():
        times = " | ".join(f"{point.seconds:.2f} s" for point in points)
        growth = points[-1].seconds / points[0].seconds
        rows.append(
            f"| {points[-1].size:,} {name} | {times} | {points[-1].megabytes:.0f} MB | {growth:.1f} × |"
        )
    return "\n".join(rows) + "\n"


def _write(found: Mapping[str, list[Point]]) -> None:
    from promptops.report.charts import standalone
    from promptops.report.charts.growth import Line, growth

    lines = [
        Line(name, [(p.size / points[-1].size, p.seconds / points[-1].seconds) for p in points])
        for name, points in found.items()
    ]
    memory = [
        Line(name, [(p.size / points[-1].size, p.megabytes / points[-1].megabytes) for p in points])
        for name, points in found.items()
    ]
    (DOCS / "scale-time.svg").write_text(standalone(growth("Time against work", lines)))
    (DOCS / "scale-memory.svg").write_text(standalone(growth("Memory against work", memory)))
    page = DOCS / "scale.md"
    before, _, rest = page.read_text().partition("<!-- measured -->\n")
    _, _, after = rest.partition("<!-- /measured -->")
    page.write_text(f"{before}<!-- measured -->\n{_table(found)}<!-- /measured -->{after}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    match sys.argv[1:]:
        case ["outcomes", size]:
            score_outcomes(int(size))
        case ["calls", size]:
            cliff_calls(int(size))
        case _:
            main()
