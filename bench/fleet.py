"""A company's repositories at once: cold, warm, and after one prompt in each tenth has changed.

`python -m bench.fleet` makes 50 repositories of 20 prompts, `--full` 500.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.history import ENVIRON
from bench.scale import TOOL

PROMPTS, RULES = 20, 10
MODELS = ("openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-3-5-haiku-latest")
RULE = """\
  - id: rule-{n}
    text: Say number {n} of prompt {p} in words, never in digits.
    owner: team-{n}
{why}"""
WHY = "    rationale: Callers misread digits when number {n} was read to them.\n"


def prompt_text(name: str, number: int, version: str = "1.0.0") -> str:
    """One governed prompt; each third rule has no reason."""
    rules = "".join(
        RULE.format(n=n, p=name, why="" if n % 3 == 0 else WHY.format(n=n)) for n in range(RULES)
    )
    model = MODELS[number % len(MODELS)]
    return (
        f"promptops: 1\nid: {name}\nversion: {version}\nmodels: [{model}]\nmessages:\n"
        f"  - role: system\n    content: |\n      You are {name}.\n\n      {{{{ rules }}}}\nrules:\n{rules}"
    )


def make(folder: Path, name: str, prompts: int = PROMPTS) -> Path:
    """One repository with two people's commits."""
    home = folder / name
    (home / "prompts").mkdir(parents=True)
    for number in range(prompts):
        path = home / "prompts" / f"p{number}.prompt.yaml"
        path.write_text(prompt_text(f"{name}-p{number}", number))
    git(home, "init", "-q", "-b", "main", ".")
    commit(home, "ada")
    return home


def commit(home: Path, who: str) -> None:
    """Everything, by that person."""
    git(home, "add", "-A")
    person = ("-c", f"user.name={who}", "-c", f"user.email={who}@acme.example")
    git(home, *person, "commit", "-q", "--no-verify", "-m", f"by {who}")


def git(home: Path, *argv: str) -> None:
    environ = {k: v for k, v in ENVIRON.items() if not k.startswith("GIT_AUTHOR")}
    subprocess.run(["git", *argv], cwd=home, env=environ, check=True, capture_output=True)


def surveyed(folder: Path) -> tuple[float, float, dict[str, Any]]:
    """(seconds, peak MB of the first process, the answer)."""
    environ = ENVIRON | {
        "PROMPTOPS_HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "c"),
    }
    out = folder / "out.json"
    argv = [TOOL, "fleet", "fleet.toml", "--format", "json", "--output", str(out)]
    start = time.perf_counter()
    with subprocess.Popen(argv, cwd=folder, env=environ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    taken = time.perf_counter() - start
    assert process.returncode == 0, process.returncode
    return taken, usage.ru_maxrss / 1024, json.loads(out.read_text())["result"]


def main() -> None:
    many = 500 if "--full" in sys.argv else 50
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        homes = [make(folder, f"r{number:03}") for number in range(many)]
        (folder / "fleet.toml").write_text('repositories = ["r*"]\n')
        print(f"{many} repositories of {PROMPTS} prompts, {RULES} rules each", flush=True)
        cold = _line("cold", folder)
        warm = _line("warm", folder)
        assert warm == cold
        for home in homes[::10]:
            path = home / "prompts" / "p0.prompt.yaml"
            path.write_text(path.read_text().replace("version: 1.0.0", "version: 1.0.1"))
            commit(home, "bob")
        _line("each tenth changed", folder)


def _line(name: str, folder: Path) -> dict[str, Any]:
    seconds, megabytes, found = surveyed(folder)
    print(f"{name:20} {seconds:7.2f} s {megabytes:6.0f} MB", flush=True)
    return found


if __name__ == "__main__":
    main()
