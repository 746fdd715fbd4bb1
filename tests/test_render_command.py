"""`promptops render`: what people and programs see, and the one file it may write."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
PROMPT = """\
promptops: 1
id: billing
version: 2.3.0
models: [openai/gpt-4o-mini]
variables:
  company: {examples: [Acme]}
  question: {examples: ["Why?"], untrusted: true}
messages:
  - role: system
    content: |
      You answer for {{ company }}.

      {{ rules }}
  - role: user
    content: "{{ question }}"
rules:
  - {id: who, text: You are Ada., position: fixed, rationale: One voice.}
  - {id: cite, text: "Cite the policy,\\nas [§n].", rationale: Claims must be checkable.}
  - {id: sie, text: Use Sie., when: {language: de}, rationale: Customers asked for it.}
"""
TARGET = """\
promptops: 1
id: agents
version: 1.0.0
target: docs/AGENTS.md
messages:
  - role: system
    content: "# Rules\\n\\n{{ rules }}"
rules:
  - {id: cite, text: "Cite\\u200b it.", rationale: Claims must be checkable.}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("billing", PROMPT), ("agents", TARGET)):
        file = tmp_path / "prompts" / name / "prompt.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(text, "utf-8")
    (tmp_path / "promptops.toml").write_text("")
    return tmp_path


GIVEN = ("--var", "company=Acme", "--var", "question=a=b\x1b[2J {{ rules }}")


def test_text_and_json(run: Run, folder: Path, golden: Callable[[str, str], None]) -> None:
    for form in ("text", "json"):
        said = run("render", "billing", *GIVEN, "--format", form, cwd=folder)
        assert (said.code, said.err) == (0, "")
        golden(f"render/whole/{form}", said.out)
    without = ("--without", "cite", "--slice", "language=en", "--examples", "--model", "m")
    for form in ("text", "json"):
        said = run("render", "billing", *without, "--format", form, cwd=folder)
        golden(f"render/without/{form}", said.out)


def test_json_is_exact(run: Run, folder: Path) -> None:
    said = run("render", "prompts/billing", *GIVEN, "--format", "json", cwd=folder)
    messages = json.loads(said.out)["result"]["messages"]
    assert messages[1] == {"role": "user", "content": "a=b\x1b[2J {{ rules }}"}
    only = run("render", "billing", "--examples", "--only", "cite", "--format", "json", cwd=folder)
    system = json.loads(only.out)["result"]["messages"][0]["content"]
    assert system == "You answer for Acme.\n\n- You are Ada.\n- Cite the policy,\n  as [§n].\n"


def test_an_empty_message_is_seen(run: Run, folder: Path) -> None:
    said = run("render", "billing", "--examples", "--var", "question=", cwd=folder)
    assert said.out.endswith("user\n────\n(empty)\n")


@pytest.mark.parametrize(
    ("options", "message", "help"),
    [
        (("biling",), "no prompt `biling`", "did you mean `billing`?"),
        (("billing", "--without", "cit"), "`billing` has no rule `cit`", "did you mean `cite`?"),
        (("billing", "--only", "zzz"), "`billing` has no rule `zzz`", "its rules: who, cite, sie"),
        (("billing", "--without", "who"), "the rule `who` is fixed: it is never left out", "position"),
        (("billing", "--var", "compny=x"), "`billing` has no variable `compny`", "did you mean `company`?"),
        (("billing", "--var", "company"), "--var company is not NAME=VALUE", "write --var NAME=VALUE"),
        (("billing", "--slice", "=x"), "--slice =x is not NAME=VALUE", "write --slice NAME=VALUE"),
        (("billing",), "the variable `company` has no value", "give it with --var, or --examples"),
        (("billing", "--target"), "`billing` has no target", "name a file: `target: AGENTS.md`"),
        (("agents", "--target", "--var", "a=b"), "a target is rendered whole, without variables", "leave out --var"),
    ],
)  # fmt: skip
def test_what_it_cannot_do(
    run: Run, folder: Path, options: tuple[str, ...], message: str, help: str
) -> None:
    said = run("render", *options, cwd=folder)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {message}\n")
    assert f"help: {help}" in said.err or help in said.err


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        ("{{ 'x'.__class__.__mro__ }}", ":12:14", "not allowed in templates"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}", ":12:7", "template over limit"),
        ("{{ nope }}", ":12:10", "`nope` is not defined"),
        ("{{ company", ":12:7", "not a template"),
    ],
)  # fmt: skip
def test_bad_templates(run: Run, folder: Path, content: str, place: str, says: str) -> None:
    path = folder / "prompts" / "billing" / "prompt.yaml"
    path.write_text(PROMPT.replace("You answer for {{ company }}.", f"Hello.\n      {content}"))
    said = run("render", "billing", "--examples", cwd=folder)
    assert said.code == 2
    assert said.err.startswith("error: " + says)
    assert f"--> prompts/billing/prompt.yaml{place}\n" in said.err


RENDERED = "# Rules\n\n- Cite\u200b it."


def test_the_target_is_printed_to_the_byte(run: Run, folder: Path) -> None:
    assert run("render", "agents", "--target", cwd=folder).out == RENDERED
    assert run("render", "agents", "--target", "--output", "x.md", cwd=folder).out == ""
    assert (folder / "x.md").read_bytes() == RENDERED.encode()
    said = run("render", "agents", "--target", "--format", "json", cwd=folder)
    assert json.loads(said.out)["result"]["content"] == RENDERED


def test_the_target_is_written(run: Run, folder: Path, golden: Callable[[str, str], None]) -> None:
    file = folder / "docs" / "AGENTS.md"
    said = run("render", "agents", "--write", cwd=folder)
    assert (said.code, said.out) == (0, "✓ docs/AGENTS.md written\n")
    assert file.read_bytes() == RENDERED.encode()
    file.chmod(0o640)
    before = file.stat()
    said = run("render", "agents", "--write", cwd=folder)
    assert "nothing to write" in said.out
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    file.write_text("drifted\r\n")
    said = run("render", "agents", "--write", "--format", "json", cwd=folder)
    golden("render/write/json", said.out)
    assert file.read_bytes() == RENDERED.encode()
    assert oct(file.stat().st_mode)[-3:] == "640"
    assert os.listdir(folder / "docs") == ["AGENTS.md"]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("setup.py", "a target is Markdown or text, `setup.py` is neither"),
        (".github/workflows/x.yml", "a target is Markdown or text"),
        ("link.md", "symlink"),
        ("folder.md", ""),
    ],
)
def test_what_is_never_written(run: Run, folder: Path, target: str, says: str) -> None:
    outside = folder.parent / "outside.md"
    outside.write_text("mine")
    (folder / "link.md").symlink_to(outside)
    (folder / "folder.md").mkdir()
    path = folder / "prompts" / "agents" / "prompt.yaml"
    path.write_text(TARGET.replace("docs/AGENTS.md", target), "utf-8")
    said = run("render", "agents", "--write", cwd=folder)
    assert said.code == 2
    assert says in said.err
    assert outside.read_text() == "mine"
    assert not (folder / "setup.py").exists()


def test_targets_that_cannot_be_rendered_say_where(run: Run, folder: Path) -> None:
    path = folder / "prompts" / "agents" / "prompt.yaml"
    path.write_text(TARGET.replace("# Rules", "{{ x }}"), "utf-8")
    said = run("render", "agents", "--target", cwd=folder)
    assert "prompts/agents/prompt.yaml:7:18\n" in said.err
    path.write_text(TARGET.replace("rules:\n", "  - {role: user, content: x}\nrules:\n"), "utf-8")
    said = run("render", "agents", "--write", cwd=folder)
    assert said.code == 2
    assert "has one message, `agents` has 2\n  --> prompts/agents/prompt.yaml:4:9\n" in said.err
