"""Repositories that mean harm: what they configure runs nothing, what they say acts on nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import CLEAN, ENVIRON, Repo, rules
from test_history_git import evil

Run = Callable[..., Any]

KIND = "Be kind to every customer who writes to us."
CITE = "Cite the policy section that you rely on."
EVE = "Eve\x1f\x1e\u202e <eve@example.org>"
LOUD = "\x1b]8;;http://evil\x07click\x1b]8;;\x07 \x1b[2J\x9b31m \u202eterces"
COMMANDS = (
    ("why", "AGENTS.md:3"),
    ("why", "cite the policy"),
    ("why", "bot/kind"),
    ("people",),
    ("diff",),
    ("diff", "HEAD~1", "HEAD"),
    ("diff", "--staged"),
    ("check",),
    ("check", "--staged"),
    ("check", "--since", "HEAD~1"),
)
PROMPT = (
    "promptops: 1\nid: bot\nversion: 1.0.0\nmessages:\n  - {role: system, content: '{{ rules }}'}\n"
    f"rules:\n  - id: kind\n    text: {KIND}\n    rationale: Customers left because of rude answers (INC-7).\n"
)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": "x\n"}, "start")
    made.commit({"AGENTS.md": rules(KIND, CITE), "prompts/bot/prompt.yaml": PROMPT}, "rules")
    return made


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_runs_what_a_repository_configures(
    run: Run, repo: Repo, command: tuple[str, ...]
) -> None:
    repo.commit({"AGENTS.md": rules(KIND.replace("kind", "very kind"), CITE)})
    evil(repo)
    repo.write("AGENTS.md", rules(KIND.replace("kind", "rather kind"), CITE))
    done = run(*command, cwd=repo.root)
    assert done.code in (0, 1), done.err
    assert not list(repo.root.rglob("PWN")) + list(repo.root.parent.glob("PWN"))


def test_the_trap_is_a_trap(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND)})
    evil(repo)
    repo.write("AGENTS.md", "dirty\n")
    subprocess.run(["git", "status"], cwd=repo.root, env=ENVIRON, capture_output=True)
    assert list(repo.root.rglob("PWN"))


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_nothing_in_a_message_reaches_the_terminal(run: Run, repo: Repo, format: str) -> None:
    repo.commit(
        {"AGENTS.md": rules(KIND, CITE.replace("Cite", "Name"))}, f"{LOUD}\n\n{LOUD}\n", EVE
    )
    done = run("why", "AGENTS.md:4", "--format", format, cwd=repo.root)
    assert done.code == 0
    for raw in ("\x1b", "\x07", "\x9b", "\u202e", "\x1e", "\x1f"):
        assert raw not in done.out
    if format == "text":
        assert r"\x1b]8;;http://evil" in done.out


def test_an_author_with_separators_in_the_name_is_one_author(run: Run, repo: Repo) -> None:
    changed = repo.commit({"AGENTS.md": rules(KIND, CITE.replace("Cite", "Name"))}, "wording", EVE)
    found = json.loads(run("why", "AGENTS.md:4", "--format", "json", cwd=repo.root).out)["result"]
    event = found["events"][-1]
    assert (event["commit"], event["email"], event["subject"]) == (
        changed,
        "eve@example.org",
        "wording",
    )
    assert event["author"].startswith("Eve")
    assert len(found["events"]) == 2


def test_a_mailmap_makes_nobody_somebody_else(run: Run, repo: Repo) -> None:
    mallory = "Mallory <mallory@example.org>"
    repo.commit({"AGENTS.md": rules(KIND, CITE.replace("Cite", "Name"))}, "wording", mallory)
    repo.commit(
        {".mailmap": "Ada Lovelace <ada@example.org> <mallory@example.org>\n"}, "map", mallory
    )
    done = run("why", "AGENTS.md:4", "--format", "json", cwd=repo.root)
    assert json.loads(done.out)["result"]["events"][-1]["author"] == "Mallory"


@pytest.mark.parametrize("revision", ["--output=F", "-x", "a..b;id", "HEAD\x00", "", "nope"])
@pytest.mark.parametrize("command", [("diff",), ("check", "--since")], ids=" ".join)
def test_what_is_no_revision_is_called_that(
    run: Run, repo: Repo, command: tuple[str, ...], revision: str
) -> None:
    if command[0] == "check" and not revision:
        pytest.skip("an empty --since is none")
    arguments = (
        (*command, revision) if command[0] == "check" else (*command, "--", revision, "HEAD")
    )
    done = run(*arguments, cwd=repo.root)
    assert done.code == 2
    assert "not a revision" in done.err or "null" in done.err or "revision" in done.err
    assert not (repo.root / "F").exists()


@pytest.mark.parametrize("target", ["--output=F:1", "-x", "AGENTS.md\x00:1", "\udcff", "x" * 5000])
def test_odd_targets_are_answered(run: Run, repo: Repo, target: str) -> None:
    done = run("why", "--", target, cwd=repo.root)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert not (repo.root / "F").exists()


def test_names_that_are_no_utf8_are_shown(run: Run, repo: Repo) -> None:
    folder = os.fsencode(repo.root) + b"/caf\xe9"
    os.makedirs(folder)
    repo.commit(
        {"caf\udce9/AGENTS.md": rules(KIND, CITE.replace("Cite", "Quote"))}, "Ren\udce9 wrote it"
    )
    done = run("why", "quote the policy section", cwd=repo.root)
    assert done.code == 0, done.err
    assert "caf" in done.out


def test_a_message_in_another_encoding_is_read(run: Run, repo: Repo) -> None:
    repo.write("AGENTS.md", rules(KIND, CITE.replace("Cite", "Quote")))
    repo.git("add", "-A")
    repo.clock += 3600
    repo.git(
        "-c",
        "i18n.commitEncoding=latin-1",
        "commit",
        "-q",
        "-F",
        "-",
        env=repo.identity("A <a@b>"),
        given=b"Pr\xe4zise Worte\n",
    )
    done = run("why", "AGENTS.md:4", "--format", "json", cwd=repo.root)
    assert json.loads(done.out)["result"]["events"][-1]["subject"] == "Präzise Worte"


def test_a_link_out_of_the_repository_is_not_read(run: Run, repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("- The password is swordfish, never say it.\n")
    os.symlink("../secret.md", repo.root / "CLAUDE.md")
    repo.git("add", "-A")
    repo.record("a link")
    for target in ("CLAUDE.md:1", "the password is swordfish"):
        done = run("why", target, cwd=repo.root)
        assert done.code == 2
        assert "swordfish" not in done.out
        assert "password" not in done.err or target in done.err


def test_a_huge_file_and_a_binary_one_are_passed_by(run: Run, repo: Repo) -> None:
    repo.commit({"big/AGENTS.md": rules(CITE) * 40_000, "bin/AGENTS.md": b"\0\1\2" * 100})
    done = run("why", "AGENTS.md:4", cwd=repo.root)
    assert done.code == 0
    done = run("why", "big/AGENTS.md:3", cwd=repo.root)
    assert done.code == 2
    assert "over 1 MiB" in done.err


def test_why_check_and_diff_leave_gitpython_alone(repo: Repo) -> None:
    code = (
        "import sys\nfrom promptops.cli import main\ncode = main(sys.argv[1:])\n"
        "assert 'git' not in sys.modules, 'GitPython was imported'\nsys.exit(code)\n"
    )
    repo.write("AGENTS.md", rules(KIND, CITE.replace("Cite", "Name")))
    env = {**CLEAN, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(repo.root)}
    for command in (("why", "AGENTS.md:4"), ("check",), ("diff",), ("people",)):
        done = subprocess.run(
            [sys.executable, "-c", code, *command],
            cwd=repo.root,
            env=env,
            capture_output=True,
            text=True,
        )
        assert "GitPython" not in done.stderr, done.stderr
        assert done.returncode in (0, 1), done.stderr


def test_what_was_kept_between_commands_may_be_damaged(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND)}, "Nobody cites")
    assert run("why", "cite the policy section", cwd=repo.root).code == 0
    kept = list(Path(os.environ["PROMPTOPS_HOME"]).glob("paths-*.json"))
    assert kept
    for damage in (
        b"[",
        b"{}",
        b'{"key": 1, "tip": 2, "rows": 3}',
        json.dumps({"key": "", "tip": "", "rows": [[1, 2]]}).encode(),
    ):
        kept[0].write_bytes(damage)
        assert run("why", "cite the policy section", cwd=repo.root).code == 0
