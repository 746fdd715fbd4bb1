"""Whole commands in turns: promptops against promptfoo and inspect, on as many cases of 20 ms.

`python -m bench.rivals --promptfoo node_modules/.bin/promptfoo --inspect venv/bin/inspect` takes those
that are named or on the PATH, and installs nothing: `npm install promptfoo`, `pip install inspect-ai
openai`. `--calls N`, `--rounds N`. The server counts that each asked as often as it should have.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from bench._server import serving, shares

LATENCY, AT_ONCE = 0.02, 64
GOALS = {
    ("promptfoo", "direct"): "at least 10",
    ("promptfoo", "litellm"): "at least 1.7",
    ("inspect", "direct"): "at least 25",
    ("inspect", "litellm"): "at least 4.5",
}
PROMPT = """promptops: 1
id: p
version: 1.0.0
models: [m]
variables: {{q: {{examples: [x]}}}}
messages:
  - role: user
    content: "{{{{ q }}}}"
rules:
  - id: fine
    text: Say ok.
    rationale: Because.
    tests:
      - cases: all
        assert: {{contains: "ok"}}
cases:
{cases}"""
TASK = """from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate


@task
def fine():
    samples = [Sample(input=f"q{{i}}", target="ok") for i in range({n})]
    return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=includes())
"""


@dataclass
class Side:
    """A command. calls: that it has to make, but for `loose` of them more.

    first: another to run before each time, unmeasured; fresh: a folder that is emptied before.
    """

    name: str
    argv: Sequence[str]
    environ: dict[str, str]
    calls: int
    fresh: Path | None = None
    first: Side | None = None
    loose: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, url: str, cwd: Path) -> None:
        """Once; an assertion fails where it asked too much or too little."""
        if self.first is not None:
            self.first.run(url, cwd)
        if self.fresh is not None:
            shutil.rmtree(self.fresh, ignore_errors=True)
        before, start = count(url), time.perf_counter()
        with tempfile.TemporaryFile() as out:
            environ = {**os.environ, **self.environ}
            process = subprocess.Popen(
                self.argv, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - start
            made = count(url) - before
            out.seek(0)
            said = out.read()[-2000:].decode("utf-8", "replace")
        assert 0 <= made - self.calls <= self.loose, (
            f"{self.name} asked {made} times, not {self.calls}:\n{said}"
        )
        self.seconds.append(seconds)
        self.cpu.append(usage.ru_utime + usage.ru_stime)


def count(url: str) -> int:
    """Chats that the server has answered."""
    with urlopen(f"{url}/count") as reply:
        return int(reply.read())


def promptops(folder: Path, url: str, n: int) -> list[Side]:
    """Direct, through litellm where it is installed, and again from the store."""
    root, home = folder / "repo", folder / "home"
    (root / "prompts").mkdir(parents=True)
    cases = "".join(f"  - id: c{i}\n    variables: {{q: q{i}}}\n" for i in range(n))
    (root / "prompts" / "p.prompt.yaml").write_text(PROMPT.format(cases=cases))
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    argv = [sys.executable, "-m", "promptops", "eval", "p", "-C", str(root), "--format", "json"]
    argv += ["--concurrency", str(AT_ONCE)]
    straight = [*argv, "--api-base", url, "--model", "m", "--answers-as", "m"]
    environ = {"PROMPTOPS_HOME": str(home), "OPENAI_API_KEY": "sk-none", "OPENAI_API_BASE": url}
    direct = Side("promptops, direct", straight, environ, n, home)
    made = [direct, Side("promptops, again from the store", straight, environ, 0)]
    if find_spec("litellm") is not None:
        through = [*argv, "--model", "openai/m", "--answers-as", "m"]
        made.append(Side("promptops, through litellm", through, environ, n, home))
    return made


def promptfoo(program: str, folder: Path, url: str, n: int) -> list[Side]:
    """Without its cache, and again from its cache."""
    link = {"id": "openai:chat:m", "config": {"apiBaseUrl": url, "apiKey": "sk-none"}}
    fine = [{"type": "contains", "value": "ok"}]
    tests = [{"vars": {"q": f"q{i}"}, "assert": fine} for i in range(n)]
    config = folder / "promptfooconfig.json"
    config.write_text(json.dumps({"prompts": ["{{q}}"], "providers": [link], "tests": tests}))
    home = folder / "promptfoo"
    environ = {
        "PROMPTFOO_CONFIG_DIR": str(home),
        "PROMPTFOO_CACHE_PATH": str(home / "cache"),
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    }
    argv = [program, "eval", "-c", str(config), "-j", str(AT_ONCE), "--no-table", "--no-write"]
    argv.append("--no-progress-bar")
    cold = Side("promptfoo", [*argv, "--no-cache"], environ, n, home)
    filling = Side("promptfoo, filling its cache", argv, environ, n, home)
    again = Side("promptfoo, again from its cache", argv, environ, 0, first=filling)
    again.loose = n // 10  # some answers are not in it yet when it ends
    return [cold, again]


def inspect(program: str, folder: Path, url: str, n: int) -> list[Side]:
    """`inspect eval` with its own settings but for the display and how many at once."""
    task, logs = folder / "fine.py", folder / "logs"
    task.write_text(TASK.format(n=n))
    argv = [program, "eval", task.name, "--model", "openai/m", "--display", "none"]
    argv += ["-M", "responses_api=false"]
    argv += ["--max-connections", str(AT_ONCE), "--max-samples", str(AT_ONCE)]
    argv += ["--log-dir", str(logs)]
    return [Side("inspect", argv, {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-none"}, n, logs)]


def told(sides: Sequence[Side]) -> None:
    """A line for each, then each pair that has a goal."""
    for side in sides:
        print(f"{side.name}: {median(side.seconds):.2f} s, CPU {median(side.cpu):.2f} s")
    by = {side.name: side for side in sides}
    for (rival, way), goal in GOALS.items():
        own = by.get(f"promptops, {way}" if way == "direct" else "promptops, through litellm")
        if own is not None and rival in by:
            ratio = pairs(by[rival], own)
            print(f"{rival} takes {ratio:.1f} x promptops {way} (wanted: {goal})")
    kept, cached = by["promptops, again from the store"], by.get("promptfoo, again from its cache")
    if cached is not None:
        print(f"a rerun takes {pairs(kept, cached):.3f} x promptfoo's (wanted: at most 0.05)")


def pairs(one: Side, other: Side) -> float:
    """The median of the ratios of the same round."""
    return median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))


def arguments() -> argparse.Namespace:
    read = argparse.ArgumentParser(prog="python -m bench.rivals", description=__doc__)
    read.add_argument("--promptfoo", default=shutil.which("promptfoo"))
    read.add_argument("--inspect", default=shutil.which("inspect"))
    read.add_argument("--calls", type=int, default=2000)
    read.add_argument("--rounds", type=int, default=3)
    return read.parse_args()


def main() -> None:
    """Some minutes; rivals that are not here are passed by."""
    given = arguments()
    print(f"{given.calls} calls of {1000 * LATENCY:.0f} ms, {AT_ONCE} at once; {shares()}")
    with tempfile.TemporaryDirectory() as name, serving(LATENCY) as url:
        folder = Path(name)
        sides = promptops(folder, url, given.calls)
        for rival, program, install in (
            (promptfoo, given.promptfoo, "npm install promptfoo"),
            (inspect, given.inspect, "pip install inspect-ai openai"),
        ):
            if program is None:
                print(f"{rival.__name__}: not here; `{install}`, then --{rival.__name__} PATH")
            else:
                sides += rival(os.path.abspath(program), folder, url, given.calls)
        for _ in range(given.rounds):
            for side in sides:
                side.run(url, folder)
        told(sides)


if __name__ == "__main__":
    main()
