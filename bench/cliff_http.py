"""Does `promptops cliff` find planted harm over HTTP, faults and all, and nothing where none is?

python -m bench.cliff_http [--seeds N] [--direct]: 24 rules, 6 planted harms of 30 points, 2 % of the
calls fail at first, 900 calls at most, counted by the server. Through litellm where it is installed;
--direct, or without it, through our own client. Each second world has nothing planted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cliff_server import Model, prompt_text
from loopback import Loopback

RULES, CASES, CALLS, EFFECT, FAULTS = 24, 60, 900, 0.3, 0.02


@dataclass(frozen=True, slots=True)
class Ran:
    """One study: what was planted, found of it and found besides; calls that the server saw."""

    planted: int
    found: int
    wrong: int
    calls: int
    seconds: float
    code: int


def edges(seed: int) -> dict[tuple[int, int], float]:
    """Six harms: an offender of three, and three offenders of one."""
    order = sorted(range(RULES), key=lambda rule: (rule * 7919 + seed * 104_729) % 1009)
    pairs = [(order[0], order[4 + k]) for k in range(3)]
    pairs += [(order[1 + k], order[10 + k]) for k in range(3)]
    return dict.fromkeys(pairs, EFFECT)


def study(seed: int, planted: dict[tuple[int, int], float], litellm: bool) -> Ran:
    """Run the command on a world of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Loopback(Model(RULES, planted, faults=FAULTS, seed=seed)) as server,
    ):
        prompts = Path(folder, "prompts")
        prompts.mkdir()
        (prompts / "world.prompt.yaml").write_text(prompt_text(RULES, CASES))
        environ = {**os.environ, "PROMPTOPS_HOME": folder + "/home"}
        command = [sys.executable, "-m", "promptops", "cliff", "world", "--format", "json"]
        command += ["--max-calls", str(CALLS), "--seed", str(seed)]
        if litellm:
            environ |= {"OPENAI_API_BASE": server.url, "OPENAI_API_KEY": "sk-none"}
            command += ["--model", "openai/m"]
        else:
            command += ["--model", "m", "--api-base", server.url]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        return _read(done, planted, server.count, seconds)


def _read(
    done: subprocess.CompletedProcess[str],
    planted: dict[tuple[int, int], float],
    calls: int,
    seconds: float,
) -> Ran:
    if not done.stdout:
        raise SystemExit(done.stderr)
    pairs = json.loads(done.stdout)["result"]["interference"]
    found = {
        (int(pair["source"].removeprefix("rule-")), int(pair["target"].removeprefix("rule-")))
        for pair in pairs
        if pair["confirmed"]
    }
    hit = len(found & set(planted))
    return Ran(len(planted), hit, len(found) - hit, calls, seconds, done.returncode)


def main() -> int:
    """Print every study; 1 where one misses what must hold."""
    seeds = int(sys.argv[sys.argv.index("--seeds") + 1]) if "--seeds" in sys.argv else 3
    litellm = "--direct" not in sys.argv and find_spec("litellm") is not None
    print(f"through {'litellm' if litellm else 'our own client'}; must: 5 of 6, at most 1 false")
    missed = 0
    for seed in range(seeds):
        for planted in (edges(seed), {}):
            ran = study(seed, planted, litellm)
            good = ran.found >= min(5, ran.planted) and ran.calls <= CALLS
            good = good and ran.wrong <= (1 if planted else 0)
            missed += not good
            print(
                f"seed {seed}: planted {ran.planted}, found {ran.found}, false {ran.wrong}, "
                f"{ran.calls} calls, {ran.seconds:.0f} s, exit {ran.code}{'' if good else '  MISSED'}",
                flush=True,
            )
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
