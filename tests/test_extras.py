"""Each extra alone, in an environment with nothing else: what is refused, and that the hint mends it.

A command is called until it hints at no extra any more, and each hint is followed as it was printed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from test_release import HERE, UV, build, wheel

MODEL = ("eval", "p", "--model")
EXTRAS = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]["optional-dependencies"]
PROMPT = """\
promptops: 1
id: p
version: 1.0.0
messages: [{role: system, content: "{{ rules }}"}, {role: user, content: "{{ q }}"}]
variables: {q: {examples: [Hello]}}
cases: [{id: a, variables: {q: Hello}}]
rules:
  - id: brief
    text: Be brief.
    rationale: Phones are small.
    tests: [{cases: all, assert: ASSERTION}]
"""
# extra -> what is called, the extras it has to hint at, its exit code at the end, what it says then
TRIALS = {
    "eval": ((*MODEL, "simulated/plain"), ["eval"], 3, "brief on a: "),
    "png": (("cliff", "--demo", "--png", "x.png"), ["png"], 1, "planted: 4 conflicts"),
    "dask": ((*MODEL, "simulated/plain", "--engine", "dask", "--workers", "1"), ["dask"], 3, "1 of 1 calls"),
    "litellm": ((*MODEL, "openai/gpt-4o-mini", "--max-usd", "1"), ["litellm"], 2, "check the key"),
    "postgres": ((*MODEL, "simulated/plain"), ["postgres"], 2, "Connection refused"),
    "mcp": (("mcp",), ["mcp"], 0, ""),
}  # fmt: skip
SILENT = {"claude", "tokens"}  # without them a count is less sure, or slower

needs_uv = pytest.mark.skipif(UV is None, reason="needs uv")


class Environment:
    """An environment that only holds the wheel, and a folder with a prompt."""

    def __init__(self, root: Path, built: Path, assertion: str) -> None:
        self.root, self.bin = root, root / "env" / "bin"
        assert UV is not None
        subprocess.run([UV, "venv", "-q", "--python", sys.executable, root / "env"], check=True)
        self.say("uv", "pip", "install", "-q", str(wheel(built)))
        (root / "prompts" / "p").mkdir(parents=True)
        text = PROMPT.replace("ASSERTION", assertion)
        (root / "prompts" / "p" / "prompt.yaml").write_text(text)

    def say(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """What a command says in it; the test is skipped where a package index cannot be reached."""
        keys = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
        env = {
            **keys,
            "VIRTUAL_ENV": str(self.root / "env"),
            "PROMPTOPS_HOME": str(self.root / "h"),
        }
        env |= {"PATH": f"{self.bin}:{os.environ['PATH']}", "COLUMNS": "200", **more}
        done = subprocess.run(
            command, cwd=self.root, env=env, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip
        if command[0] == "uv":
            lost = re.search(r"dns error|failed to fetch|error sending request", done.stderr, re.I)
            if lost:
                pytest.skip("no package index")
            assert done.returncode == 0, done.stderr
        return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(HERE, tmp_path_factory.mktemp("dist"), "wheel")


def test_every_extra_is_tried() -> None:
    assert set(EXTRAS) == {*TRIALS, *SILENT}


@needs_uv
@pytest.mark.parametrize("extra", TRIALS)
def test_a_missing_extra_is_named_and_the_hint_brings_it(
    built: Path, tmp_path: Path, extra: str
) -> None:
    command, wanted, code, said = TRIALS[extra]
    assertion = "{sentence_count: {min: 9}}" if extra == "eval" else "{contains: Hello}"
    env = Environment(tmp_path, built, assertion)
    store = {"PROMPTOPS_STORE": "postgresql://127.0.0.1:1/x"} if extra == "postgres" else {}
    hinted: list[str] = []
    done = env.say(str(env.bin / "promptops"), *command, **store)
    while hint := re.search(r"pip install '([^']+)'", done.stderr):
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) <= 3, done.stderr  # what, where, what to do
        hinted.append(hint[1])
        assert len(hinted) <= len(wanted), done.stderr
        env.say("uv", *hint[0].replace("'", "").split())
        done = env.say(str(env.bin / "promptops"), *command, **store)
    assert hinted == [f"promptops-toolkit[{name}]" for name in wanted]
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@needs_uv
@pytest.mark.parametrize("extra", sorted(SILENT))
def test_an_extra_that_makes_counts_surer_or_quicker(
    built: Path, tmp_path: Path, extra: str
) -> None:
    if extra == "claude" and sys.version_info < (3, 12):
        pytest.skip("ctok is for Python 3.12 and later")
    env = Environment(tmp_path, built, "{contains: Hello}")
    (tmp_path / "long.md").write_text("Antidisestablishmentarianism is a long word. " * 40_000)
    model = {"claude": "anthropic/claude-sonnet-4-5", "tokens": "openai/gpt-4o"}[extra]
    file = {"claude": "p", "tokens": "long.md"}[extra]
    command = (str(env.bin / "promptops"), "tokens", file, "--model", model, "--format", "json")
    before = env.say(*command)
    env.say("uv", "pip", "install", f"promptops-toolkit[{extra}]")
    after = env.say(*command)
    assert before.returncode == after.returncode == 0, before.stderr + after.stderr
    if extra == "tokens":
        assert json.loads(after.stdout)["result"] == json.loads(before.stdout)["result"]
    else:
        assert "ctok, ±" in after.stdout
        assert "ctok, ±" not in before.stdout
