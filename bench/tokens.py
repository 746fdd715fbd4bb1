"""Counting: exact to the last id, and quick from a cold start. Every speed is a ratio in one run."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXTS = 100_000
ROUNDS = 15
WORDS = (
    "You answer billing questions for small businesses. Cite the policy section you rely on, as "
    "[n], and never promise a refund that section {i} does not allow; amounts carry their currency "
    "code, as in {i}.90 EUR, and dates read 2026-11-{d:02}. If (and only if) the customer's message "
    'holds {{"id": {i}, "kind": "invoice_{i}"}}, answer in JSON.\n'
)
PROMPT = "".join(WORDS.format(i=i * 37, d=i % 28 + 1) for i in range(17))
COUNT = (
    "import os,sys;from promptops.tokens import vocab;"
    "e=vocab.encoder('o200k_base',vocab.places(os.environ));"
    "print(e.count(open(sys.argv[1],encoding='utf-8').read()))"
)
TIKTOKEN = (
    "import sys,tiktoken;e=tiktoken.get_encoding('o200k_base');"
    "print(len(e.encode_ordinary(open(sys.argv[1],encoding='utf-8').read())))"
)
COMMAND = ["-m", "promptops", "tokens", "--model", "gpt-4o"]


def main() -> None:
    """Run all four; exit code 1 where a goal is missed."""
    sys.path.insert(0, str(ROOT / "tests"))
    with tempfile.TemporaryDirectory() as folder:
        kept = [exactness(folder), cold(folder), thousand()]
    if not all(kept):
        sys.exit(1)


def exactness(folder: str) -> bool:
    """Ids against tiktoken's: fuzzed texts, every Unicode scalar value, long runs, a megabyte."""
    from token_world import ENCODINGS, counter, random_text, reference

    exact = True
    for name in ENCODINGS:
        ours, theirs = counter().encoding(name), reference(name, folder)
        assert ours is not None
        rng = random.Random(time.time_ns())
        texts = (random_text(rng) for _ in range(TEXTS))
        wrong = sum(ours.encode(text) != theirs.encode_ordinary(text) for text in texts)
        extra = sum(ours.encode(t) != theirs.encode_ordinary(t) for t in _large())
        print(f"{name}: {wrong + extra} of {TEXTS:,} fuzzed texts, all scalar values, long runs and "
              "a megabyte differ from tiktoken")  # fmt: skip
        exact = exact and not wrong + extra
    return exact


def _large() -> list[str]:
    chars = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    everything = "".join(f"{'aA '[i % 3]}{c}{'b1'[i % 2]}" for i, c in enumerate(chars))
    runs = [
        run * (100_000 // len(run)) for run in ("a", " ", "漢", "é1", "\n", "<|endoftext|>", "😀")
    ]
    return ["", everything, PROMPT * (1_000_000 // len(PROMPT)), *runs]


def cold(folder: str) -> bool:
    """One 1,500-token prompt in a fresh process: CPU time and peak memory, as ratios."""
    from token_world import counter, reference

    counter().encoding("o200k_base"), reference("o200k_base", folder)  # tables and files are there
    ascii_file, other_file = Path(folder, "ascii.txt"), Path(folder, "other.txt")
    ascii_file.write_text(PROMPT, encoding="utf-8")
    other_file.write_text(PROMPT.replace("refund", "Rückerstattung"), encoding="utf-8")
    # byte code is compiled by installing, and here by the first round
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environ["TIKTOKEN_CACHE_DIR"] = folder
    commands = {
        "bare interpreter": ["-c", "pass"],
        "ours, ASCII": ["-c", COUNT, str(ascii_file)],
        "ours, other text": ["-c", COUNT, str(other_file)],
        "tiktoken": ["-c", TIKTOKEN, str(ascii_file)],
        "command line": [*COMMAND, str(ascii_file)],
        "the same, other": [*COMMAND, str(other_file)],
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, arguments in commands.items():
            spent[name].append(_child([sys.executable, *arguments], environ, folder))
    memory = {n: _peak(a, environ) for n, a in commands.items() if a[0] == "-c"}
    cpu = {name: statistics.median(values) for name, values in spent.items()}
    bare, tiktoken = cpu["bare interpreter"], cpu["tiktoken"]
    tokens = counter().number(PROMPT, "o200k_base")
    print(f"one prompt of {tokens:,} tokens, cold, CPU and peak memory:")
    for name in commands:
        print(f"  {name:17} {cpu[name] * 1000:6.1f} ms {cpu[name] / bare:6.2f} × bare"
              + (f" {memory[name] / 1024:6.0f} MB" if name in memory else ""))  # fmt: skip
    goals = [
        _goal("× the bare interpreter, ASCII", cpu["ours, ASCII"] / bare, most=3),
        _goal("× the bare interpreter, other text", cpu["ours, other text"] / bare, most=3),
        _goal("× the bare interpreter, command line", cpu["command line"] / bare, most=3),
        _goal(
            "× the bare interpreter, the same, other text", cpu["the same, other"] / bare, most=3
        ),
        _goal("× quicker than tiktoken", tiktoken / cpu["ours, ASCII"], least=10),
        _goal("of tiktoken's memory", memory["ours, other text"] / memory["tiktoken"], most=1 / 3),
    ]
    return all(goals)


def _child(command: list[str], environ: dict[str, str], folder: str) -> float:
    """CPU seconds of one process."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environ, stdout=quiet, cwd=folder) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime


def _peak(arguments: list[str], environ: dict[str, str]) -> int:
    """Peak kilobytes of one process by its own account: what the parent sees holds the parent's."""
    _, code, *files = arguments
    tell = f"{code}\nprint(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    command = [sys.executable, "-c", tell, *files]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return int(run.stdout.split()[-1])


def thousand() -> bool:
    """1,000 prompts on 4 models, all figures, nothing but local files."""
    from token_world import counter

    from promptops.model import Message, Prompt, Rule, Variable
    from promptops.render import render
    from promptops.tokens.summary import summarize

    models = ("gpt-4o", "gpt-4", "claude-opus-5", "gemini-2.5-pro")
    rules = tuple(Rule(f"r{i}", WORDS.format(i=i, d=1).strip()) for i in range(10))
    messages = (Message("system", "You work for {{ x }}.\n{{ rules }}"), Message("user", "{{ x }}"))
    started = time.perf_counter()
    for number in range(1000):
        prompt = Prompt(
            f"p{number}",
            models=models,
            messages=messages,
            rules=(*rules, Rule("own", f"The number of this prompt is {number}.")),
            variables={"x": Variable("x", (f"Acme {number}", "Another, longer company name"))},
        )
        summarize(prompt, models, counter(), render)
    seconds = time.perf_counter() - started
    print(f"1,000 prompts on {len(models)} models, all figures: {seconds:.1f} s")
    return True


def _goal(what: str, value: float, *, most: float = float("inf"), least: float = 0.0) -> bool:
    kept = least <= value <= most
    bound = f"at most {most:.2f}" if most < float("inf") else f"at least {least:.0f}"
    print(f"  {'kept  ' if kept else 'MISSED'} {value:.2f} {what} (goal: {bound})")
    return kept


if __name__ == "__main__":
    main()
