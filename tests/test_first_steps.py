"""The first five minutes: the bare name, init, explain, schema, and pages that come from the code."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from promptops import __version__
from promptops.checks import registry
from promptops.source.json_schema import KINDS
from promptops.source.yaml import compose

ROOT = Path(__file__).parent.parent
Run = Callable[..., Any]


def test_the_bare_name_says_what_to_do_next(run: Run, tmp_path: Path) -> None:
    said = run(cwd=tmp_path)
    assert said.code == 0
    assert "promptops init" in said.out
    assert len(said.out.splitlines()) <= 5
    (tmp_path / "AGENTS.md").write_text("- Run the tests.\n")
    assert "promptops check AGENTS.md" in run(cwd=tmp_path).out


def test_the_bare_name_names_the_file_nearest_the_root_and_its_first_rule(
    run: Run, tmp_path: Path
) -> None:
    rules = tmp_path / ".cursor" / "rules" / "style.mdc"
    rules.parent.mkdir(parents=True)
    rules.write_text("---\nalwaysApply: true\n---\n- Write short lines.\n")
    (tmp_path / "AGENTS.md").write_text("# The project\n\n- Run the tests.\n")
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    (tmp_path / "src").mkdir()
    (tmp_path / "promptops.toml").write_text("")
    said = run(cwd=tmp_path).out
    assert said.startswith("2 instruction files here, none of them governed yet.\n")
    assert "promptops why AGENTS.md:3 " in said
    starts = {
        line.find(what) for line in said.splitlines() for what in ("what", "where", "an example")
    }
    assert len(starts - {-1}) == 1
    assert "promptops check ../AGENTS.md " in run(cwd=tmp_path / "src").out


def test_an_instruction_file_without_a_rule_has_a_first_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("# The project\n")
    assert "promptops why AGENTS.md:1 " in run(cwd=tmp_path).out


def test_the_bare_name_is_the_help_where_prompts_are_governed(run: Run, tmp_path: Path) -> None:
    run("init", cwd=tmp_path)
    assert run(cwd=tmp_path).out == run("--help", cwd=tmp_path).out


def test_init_writes_a_repository_that_check_likes(run: Run, tmp_path: Path) -> None:
    said = run("init", "--owner", "@acme/support", "--format", "json", cwd=tmp_path)
    written = json.loads(said.out)["result"]["written"]
    assert "prompts/example/prompt.yaml" in written
    assert all((tmp_path / path).is_file() for path in written)
    checked = run("check", "--format", "json", cwd=tmp_path)
    assert json.loads(checked.out)["result"]["diagnostics"] == []
    assert checked.code == 0


def test_the_example_is_measured_without_a_key_or_an_extra(run: Run, tmp_path: Path) -> None:
    run("init", cwd=tmp_path)
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('numpy', 'scipy', 'langdetect', 'punkt', 'regex')));"
        "from promptops.cli import main; sys.exit(main(['eval', 'example', '--model', 'simulated/plain']))"
    )
    home = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PROMPTOPS_HOME": str(tmp_path / "p"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=home, capture_output=True, text=True
    )
    assert done.returncode == 3, done.stderr  # two cases cannot tell
    assert "2 of 2 calls answered" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("schema",), "error: missing argument '{prompt|"),
        (("render",), "error: missing argument 'PROMPT'\n"),
        (("store", "polish"), "error: invalid value for"),
        (("chek",), "error: no command `chek`; did you mean `check`?\n"),
        (("lint",), "error: no command `lint`; did you mean `check`?\n"),
        (("blame", "AGENTS.md"), "error: no command `blame`; did you mean `why`?\n"),
        (("help",), "error: no command `help`; did you mean `--help`?\n"),
        (("help", "why"), "error: no command `help`; did you mean `why --help`?\n"),
        (("here.md",), "error: no command `here.md`; did you mean `check here.md`?\n"),
        (("zzzzzz",), "error: no command `zzzzzz`\n  = help: `promptops --help` shows"),
    ],
)
def test_a_command_line_that_means_nothing_is_refused_in_one_sentence(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "here.md").write_text("- Be kind.\n")
    done = run(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)
    assert len(done.err.splitlines()) == 2


def test_a_group_without_a_command_is_its_help_and_no_error(run: Run, tmp_path: Path) -> None:
    done = run("vocab", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("Usage: promptops vocab")
    assert "error:" not in done.err


def test_init_touches_nothing_that_exists(run: Run, tmp_path: Path) -> None:
    mine = "repos:\n  - repo: local\n    hooks: []\n"
    (tmp_path / ".pre-commit-config.yaml").write_text(mine)
    said = run("init", cwd=tmp_path)
    assert (tmp_path / ".pre-commit-config.yaml").read_text() == mine
    assert "id: promptops-check" in said.out
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    again = run("init", "--format", "json", cwd=tmp_path)
    assert json.loads(again.out)["result"]["written"] == []
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_init_adds_no_example_to_prompts_of_ones_own(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "prompts" / "mine" / "prompt.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("promptops: 1\n")
    run("init", cwd=tmp_path)
    assert not (tmp_path / "prompts" / "example").exists()
    assert own.read_text() == "promptops: 1\n"


def test_the_written_modeline_leads_to_the_schema(run: Run, tmp_path: Path) -> None:
    run("init", cwd=tmp_path)
    for name in ("prompt", "cases"):
        file = tmp_path / "prompts" / "example" / f"{name}.yaml"
        first = file.read_text().splitlines()[0]
        schema = json.loads((file.parent / first.partition("$schema=")[2]).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        data = _plain(compose(file.read_text(), str(file)))
        jsonschema.validate(data, schema)


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_one(run: Run, tmp_path: Path, kind: str) -> None:
    said = run("schema", kind, cwd=tmp_path)
    schema = json.loads(said.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"no such key": 1}, schema)


def test_explain_knows_every_check_by_code_and_by_name(run: Run, tmp_path: Path) -> None:
    listed = run("explain", cwd=tmp_path).out
    for code, check in registry().items():
        assert code in listed
        assert check.name in listed
    by_code = run("explain", "po101", cwd=tmp_path)
    assert by_code.out == run("explain", "missing-rationale", cwd=tmp_path).out
    assert "bad" in by_code.out
    assert "rationale:" in by_code.out


def test_explain_suggests_the_nearest_name(run: Run, tmp_path: Path) -> None:
    said = run("explain", "missing-rationle", cwd=tmp_path)
    assert said.code == 2
    assert "did you mean `missing-rationale`?" in said.err


def test_explain_as_data(run: Run, tmp_path: Path) -> None:
    data = json.loads(run("explain", "PO101", "--format", "json", cwd=tmp_path).out)
    assert data["schema"] == "promptops/explain/1"
    assert set(data["result"][0]) == {"code", "name", "severity", "on", "harm", "bad", "good"}


def test_the_version(run: Run, tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).out == f"promptops {__version__}\n"


def test_pages_made_from_the_code_are_fresh() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    stale = [
        str(path)
        for path, text in generate.pages().items()
        if not path.is_file() or path.read_bytes() != text.encode()
    ]
    assert stale == [], "run `make docs`"


def test_the_schemas_beside_our_own_prompts_are_fresh(run: Run) -> None:
    for kind in ("prompt", "cases"):
        kept = (ROOT / "prompts" / ".schema" / f"{kind}.schema.json").read_text()
        assert run("schema", kind, cwd=ROOT).out == kept, (
            f"promptops schema {kind} > prompts/.schema/…"
        )


def test_our_own_prompts_are_clean(run: Run) -> None:
    said = run("check", "--format", "json", cwd=ROOT)
    assert json.loads(said.out)["result"]["diagnostics"] == []


def _plain(node: Any) -> Any:
    """A node as plain data, as an editor's reader would give it."""
    if node.id == "mapping":
        return {key.value: _plain(value) for key, value in node.value}
    if node.id == "sequence":
        return [_plain(value) for value in node.value]
    if not node.style and node.value in ("true", "false"):
        return node.value == "true"
    return int(node.value) if not node.style and node.value.isdigit() else node.value
