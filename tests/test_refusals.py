"""What cannot be done is said in one sentence that ends in what to do; never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import Repo

Run = Callable[..., Any]
PROMPT = """\
promptops: 1
id: support
version: 1.0.0
messages: [{role: system, content: "{{ rules }}"}]
rules:
  - {id: be-kind, text: Be kind., rationale: Rude answers cost us customers in May.}
"""
FOREIGN = "description: a\nprompts: ['Hi {{name}}']\nproviders: [echo]\n"
OPTIONS_AFTER = "options stand after the command: `promptops check -C …`"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repo = Repo(tmp_path_factory.mktemp("r"))
    repo.commit(
        {
            "prompts/support/prompt.yaml": PROMPT,
            "promptfooconfig.yaml": FOREIGN,
            "AGENTS.md": "# Rules\n\n- Run the tests.\n",
            "empty.md": " \n",
        }
    )
    (repo.root / "bin.yaml").write_bytes(b"\x89PNG\x00\x01\xff")
    (repo.root / "folder").mkdir()
    os.symlink("nowhere", repo.root / "dangling.md")
    return repo.root


WRONG = [
    ("-C x check", OPTIONS_AFTER),
    ("check --nope", "`promptops check --help` shows what it takes"),
    ("check AGENT.md", "did you mean `AGENTS.md`?"),
    ("check prompts/support/promt.yaml", "did you mean `prompts/support/prompt.yaml`?"),
    ("check missing.md", "check the spelling"),
    ("check folder", "it is a folder"),
    ("check dangling.md", "the symbolic link leads nowhere"),
    ("check --output folder", "name a file after --output"),
    ("check --since nosuch", "name one commit"),
    ("adopt missing.md", "check the spelling"),
    ("import missing.md", "check the spelling"),
    ("import folder", "it is a folder"),
    ("import empty.md", "write the prompt into it first"),
    ("import prompts/support/prompt.yaml", "`promptops check prompts/support/prompt.yaml`"),
    ("people missing.md", "check the spelling"),
    ("people prompts", "name a file in it"),
    ("eval support --responses missing", "check the spelling"),
    ("eval support --responses folder", "name a file in it"),
    ("cliff support --records missing", "check the spelling"),
    ("tokens support --tools missing", "check the spelling"),
    ("vocab add missing", "check the spelling"),
    ("render nosuch", "prompts here: support"),
    ("render AGENTS.md", "`promptops import AGENTS.md` makes a prompt of it"),
    ("why support", "name one of its rules: `support/be-kind`"),
    ("why support/be-kin", "did you mean `support/be-kind`?"),
    ("why missing.md:3", "check the spelling"),
    ("diff nosuch", "name one commit"),
    ("explain PO999", "`promptops explain` lists them"),
]


@pytest.mark.parametrize(("line", "help"), WRONG, ids=[line for line, _ in WRONG])
def test_every_refusal_ends_in_what_to_do(place: Path, run: Run, line: str, help: str) -> None:
    said = run(*line.split(), cwd=place)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert help in " ".join(said.err.split("= help: ")[1].split())
    assert "Traceback" not in said.err
    assert said.out == ""


def test_a_refused_option_in_clicks_words_is_one_sentence(place: Path, run: Run) -> None:
    said = run("check", "--nope", cwd=place).err.splitlines()[0]
    assert said.startswith("error: no such option")
    assert "--nope" in said
    assert ("did you mean one of" in said and "(" not in said) or "Possible options" in said


def test_another_tools_file_is_one_finding_that_names_import(place: Path, run: Run) -> None:
    said = run("check", "promptfooconfig.yaml", cwd=place)
    assert said.code == 1
    assert said.out.count("error[") == 1
    assert "`promptops import promptfooconfig.yaml`" in " ".join(said.out.split())


def test_no_prompts_at_all_is_said_with_two_ways_out(tmp_path: Path, run: Run) -> None:
    Repo(tmp_path / "r").commit({"a.txt": "a"})
    said = run("render", "x", cwd=tmp_path / "r").err
    assert "`promptops init`" in said
    assert "`promptops import FILE`" in said


def test_init_beside_prompts_speaks_of_no_example(place: Path, run: Run) -> None:
    said = run("init", cwd=place).out
    assert "prompts/example" not in said
    assert "no example: prompts of your own are here" in said


def test_an_answer_goes_into_a_device_or_a_pipe(place: Path, run: Run, tmp_path: Path) -> None:
    assert run("check", "AGENTS.md", "--output", os.devnull, cwd=place).code == 0
    said = run("check", "AGENTS.md", "--output", "/dev/full", cwd=place)
    assert said.code == 2
    assert "No space left on device" in said.err
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    assert run("check", "AGENTS.md", "--output", str(pipe), cwd=place).code == 0
    assert b"1 file checked" in reader.communicate()[0]


@pytest.mark.parametrize("line", ["check --format json", "--help", "tokens AGENTS.md", "explain"])
def test_a_full_disk_is_no_bug(place: Path, tmp_path: Path, line: str) -> None:
    env = {**os.environ, "PROMPTOPS_HOME": str(tmp_path)}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "promptops", *line.split()], cwd=place, env=env, stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: no space left on device"
    assert "Traceback" not in done.stderr


def test_the_help_names_every_command_once_and_cuts_no_word(place: Path, run: Run) -> None:
    from promptops.cli._group import Commands, names

    said = run("--help", cwd=place).out
    group = Commands("promptops")
    for name in names():
        command = group.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        count = sum(line.split()[:1] == [name] for line in said.splitlines())
        assert count == (not command.hidden), name
    assert "...\n" not in said.partition("Look:")[2]
    assert "Exit codes: 0 clean" in said


def test_the_help_of_a_command_begins_with_its_own_options(place: Path, run: Run) -> None:
    said = run("check", "--help", cwd=place).out
    assert said.index("--staged") < said.index("--format")
    assert "RANGE" not in run("eval", "--help", cwd=place).out
