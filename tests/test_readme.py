"""The README and the pages: each command is one, what needs no key is run, what is shown is printed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from conftest import Ran
from repos import Repo

import bench
import promptops
from promptops.cli._group import group

HERE = Path(__file__).parent.parent
README = (HERE / "README.md").read_text()
PAGES = [HERE / "README.md", HERE / "CONTRIBUTING.md", *sorted((HERE / "docs").glob("*.md"))]
FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
RULES = [f"- Rule number {n} says what to do in case {n}.\n" for n in range(1, 16)]
# run elsewhere: tests/test_cliff_command.py asks the dice, tests/test_docs.py commits and installs
ELSEWHERE = {("cliff", "--demo"), ("cliff",), ("COMMAND", "--help")}


def block(kind: str, holding: str) -> str:
    """The README's block of a language that holds some words."""
    (found,) = [text for lang, text in FENCED.findall(README) if lang == kind and holding in text]
    return str(found)


def commands(text: str) -> Iterator[tuple[str, ...]]:
    """The arguments of each `promptops …` of a page, as far as a shell would give them to us."""
    lines = [line for kind, body in FENCED.findall(text) if kind in ("", "console", "bash")
             for line in body.splitlines()]  # fmt: skip
    spans = re.findall(r"`(promptops\s[^`]+)`", FENCED.sub("", text))
    for said in [line.removeprefix("$ ") for line in lines] + [" ".join(s.split()) for s in spans]:
        if said.startswith("promptops "):
            alone = re.split(r"  +|\s#| [|<>&]", said)[
                0
            ]  # what follows is prose, or another program
            yield tuple(shlex.split(alone)[1:])


def parse(words: tuple[str, ...]) -> None:
    """click.UsageError unless there is such a command with such options."""
    command: click.Command = group()
    context, rest = click.Context(command), list(words)
    while isinstance(command, click.Group) and rest:
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None, name
        command = found
    command.make_context("promptops", rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_is_one(page: Path) -> None:
    for words in commands(page.read_text()):
        if words[0] == "COMMAND":
            continue
        try:
            parse(words)
        except click.MissingParameter:
            pass  # a sentence speaks of a command, or of one option
        except click.UsageError as error:
            pytest.fail(f"promptops {shlex.join(words)}: {error.message}")


def test_a_command_that_is_none_would_be_seen() -> None:
    page = "```\n$ promptops why 'a b'  # c\n```\nSee `promptops\ntokens x`."
    assert list(commands(page)) == [("why", "a b"), ("tokens", "x")]
    for words in (("chek",), ("check", "--fixx"), ("store", "polish")):
        with pytest.raises(click.UsageError):
            parse(words)


def test_the_commands_of_the_readme_run(run, tmp_path: Path) -> None:
    """In the README's order in one repository: 0, or 1 for findings; and never a complaint."""
    repo = Repo(tmp_path)
    for folder in ("prompts/support-agent", "docs/decisions"):
        shutil.copytree(HERE / folder, tmp_path / folder)
    repo.git("add", "-A")
    repo.commit({"AGENTS.md": "# Rules\n\n" + "".join(RULES), "src/AGENTS.md": "- Be brief.\n"})
    repo.git("branch", "-M", "main")
    ran: dict[tuple[str, ...], Ran] = {}
    for words in commands(README):
        if words not in ELSEWHERE and words not in ran:
            done = ran[words] = run(*words, cwd=tmp_path)
            assert done.code in (0, 1), (words, done.err)
            assert "error:" not in done.err, words
    assert len(ran) > 12
    assert "Rule number 10" in ran["why", "AGENTS.md:12"].out
    assert (tmp_path / "prompts" / "agents" / "prompt.yaml").exists()  # `import` has made it


@pytest.mark.parametrize(("page", "least"), [("tokens.md", 5), ("ci.md", 3)])
def test_what_needs_no_key_on_other_pages_runs(run, tmp_path: Path, page: str, least: int) -> None:
    repo = Repo(tmp_path)
    shutil.copytree(HERE / "prompts/support-agent", tmp_path / "prompts/support-agent")
    shutil.copytree(HERE / "docs/decisions", tmp_path / "docs/decisions")
    tool = '[{"name": "find", "description": "Find a bill", "parameters": {"type": "object"}}]'
    repo.git("add", "-A")
    repo.commit({"AGENTS.md": "- Be brief.\n", "tools.json": tool})
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    ran = 0
    for words in dict.fromkeys(commands((HERE / "docs" / page).read_text())):
        if words[0] in ("tokens", "check", "diff", "schema") and not {"--count", "-"} & {*words}:
            done = run(*words, cwd=tmp_path)
            assert done.code in (0, 1), (words, done.err)
            ran += 1
    assert ran >= least


def test_the_program_of_the_readme_runs() -> None:
    """In this repository, whose prompt it loads."""
    program = block("python", "promptops.load") + 'print(rendered.provenance["version"])\n'
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=HERE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    version = yaml.safe_load((HERE / "prompts/support-agent/prompt.yaml").read_text())["version"]
    assert done.stdout.strip() == version


def test_the_hooks_of_the_readme_are_there() -> None:
    (repository,) = yaml.safe_load(block("yaml", "repos:"))["repos"]
    manifest = yaml.safe_load((HERE / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in repository["hooks"]} <= {hook["id"] for hook in manifest}
    assert repository["rev"] in {
        "COMMIT",
        f"v{promptops.__version__}",
    }  # until it is tagged, and after


def test_what_the_readme_says_to_make_and_to_measure_is_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (HERE / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        text = page.read_text()
        named = re.findall(r"^make ([\w-]+)|`make ([\w-]+)", text, re.MULTILINE)
        assert {one or other for one, other in named} <= targets, page.name
        for name in re.findall(r"python -m bench(?:\.| )(\w+)", text):
            assert (Path(bench.__file__).parent / f"{name}.py").exists(), (page.name, name)


def test_the_demo_ends_well_and_prints_what_the_readme_shows() -> None:
    done = subprocess.run(
        [sys.executable, HERE / "docs" / "demo.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = " ".join(done.stdout.split())
    for finding in block("console", "promptops check").partition("\n")[2].split("\n\n"):
        assert " ".join(finding.split()) in printed
