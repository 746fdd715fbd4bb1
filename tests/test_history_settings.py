"""What a repository's settings, replacements and signatures may not do: change an answer, run a program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from repos import Repo, rules
from test_why import Run, why

KIND = "Be kind to every customer who writes to us."
CITE = "Cite the policy section that you rely on."
ZOE = "Zoë Ångström <zoe@example.org>"
SETTINGS = (
    ("log.showRoot", "false"),
    ("log.follow", "true"),
    ("log.mailmap", "true"),
    ("log.date", "relative"),
    ("log.decorate", "full"),
    ("log.diffMerges", "off"),
    ("i18n.logOutputEncoding", "ISO-8859-1"),
    ("color.ui", "always"),
    ("core.quotePath", "true"),
    ("core.abbrev", "4"),
    ("diff.renames", "copies"),
    ("diff.orderFile", "order"),
    ("diff.ignoreSubmodules", "all"),
    ("diff.relative", "true"),
    ("grep.patternType", "perl"),
    ("grep.fullName", "false"),
    ("grep.lineNumber", "true"),
    ("submodule.recurse", "true"),
)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"docs/old.md": rules(KIND, CITE), "order": "docs/*\n"}, "Règles", ZOE)
    made.commit({"docs/old.md": None, "docs/new.md": rules(KIND, CITE)}, "new name")
    made.commit({"docs/new.md": rules(KIND, CITE.replace("rely", "stand"))}, "reworded", ZOE)
    return made


def answers(run: Run, repo: Repo) -> list[Any]:
    """What is said of a line and of a phrase, with nothing remembered from before."""
    shutil.rmtree(os.environ["PROMPTOPS_HOME"])
    return [why(run, repo, target) for target in ("docs/new.md:4", "be kind to every customer")]


def test_no_setting_changes_an_answer(run: Run, repo: Repo) -> None:
    plain = answers(run, repo)
    assert [e["kind"] for e in plain[0]["events"]] == ["introduced", "renamed", "reworded"]
    assert plain[0]["introduced"]["author"] == "Zoë Ångström"
    repo.write(".git/order", "docs/*\n")
    for name, value in SETTINGS:
        repo.git("config", name, value)
        assert answers(run, repo) == plain, name
        repo.git("config", "--unset", name)


def test_a_replaced_commit_is_read_as_it_was_made(run: Run, repo: Repo) -> None:
    plain = answers(run, repo)
    root = repo.git("rev-list", "--max-parents=0", "HEAD")
    forged = repo.raw("cat-file", "commit", root).replace(b"zoe@", b"mallory@")
    other = repo.git("hash-object", "-t", "commit", "-w", "--stdin", given=forged)
    repo.git("replace", root, other)
    assert answers(run, repo) == plain


@pytest.mark.parametrize("grafts", ["{second}\n", "{second} {last}\n", "junk\n"])
def test_a_graft_cuts_no_history(run: Run, repo: Repo, grafts: str) -> None:
    """It would make whoever touched a rule last before it the first author."""
    plain = answers(run, repo)
    last, second, *_ = repo.git("rev-list", "HEAD").split()
    repo.write(".git/info/grafts", grafts.format(second=second, last=last))
    assert answers(run, repo) == plain


def test_a_signature_starts_no_program(run: Run, repo: Repo) -> None:
    head = repo.raw("cat-file", "commit", "HEAD")
    fields, _, message = head.partition(b"\n\n")
    signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----"
    signed = repo.git(
        "hash-object", "-t", "commit", "-w", "--stdin",
        given=fields + b"\n" + signature + b"\n\n" + message,
    )  # fmt: skip
    repo.git("update-ref", "HEAD", signed)
    program = repo.root / ".git" / "verify"
    program.write_text('#!/bin/sh\ntouch "$(dirname "$0")/PWN"\n')
    program.chmod(0o755)
    repo.git("config", "gpg.program", str(program))
    repo.git("config", "log.showSignature", "true")
    assert answers(run, repo)[0]["introduced"]["author"] == "Zoë Ångström"
    assert not (repo.root / ".git/PWN").exists()
    repo.git("log", "-1")
    assert (repo.root / ".git/PWN").exists(), "the trap is no trap"


@pytest.mark.parametrize("name", [":!new.md", ":(top)odd.md", ":(nosuch)x.md", "ne?.md", "*.md"])
def test_a_file_name_is_no_pattern(run: Run, repo: Repo, name: str) -> None:
    first = repo.commit({name: rules("Answer in the language of the question.")}, "odd name")
    repo.commit({"docs/new.md": rules(KIND)}, "another file")
    events = why(run, repo, f"{name}:3")["events"]
    assert [(e["kind"], e["commit"]) for e in events] == [("introduced", first)]


HOSTILE = {
    "log.showRoot": ("false", "true"),
    "log.follow": ("true", "false"),
    "log.showSignature": ("true", "false"),
    "diff.renames": ("copies", "false"),
    "color.ui": ("always", "false"),
    "i18n.logOutputEncoding": ("UTF-16", "UTF-8"),
    "core.fsmonitor": ("touch PWN", "false"),
    "core.hooksPath": ("hooks", "/dev/null"),
    "core.pager": ("touch PWN", "touch PWN"),  # `--no-pager` is what keeps it from running
    "protocol.allow": ("always", "never"),
    "safe.bareRepository": ("all", "explicit"),
}
FOREIGN = {
    "GIT_EXTERNAL_DIFF": "touch PWN",
    "GIT_PAGER": "touch PWN",
    "GIT_SSH_COMMAND": "touch PWN",
    "GIT_PROXY_COMMAND": "touch PWN",
    "GIT_TRACE": "1",
    "GIT_GRAFT_FILE": "grafts",
    "GIT_REPLACE_REF_BASE": "refs/other/",
    "GIT_OPTIONAL_LOCKS": "1",
    "GIT_TERMINAL_PROMPT": "1",
    "GIT_NO_LAZY_FETCH": "0",
    "GIT_ALLOW_PROTOCOL": "ext:ssh",
    "LC_ALL": "de_DE.UTF-8",
    "OPENAI_API_KEY": "sk-not-for-git",
}
HARDENED = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "LC_ALL": "C.UTF-8",
}
LISTENER = """\
#!{python}
import json, os, sys
with open({log!r}, "a") as said:
    said.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
os.execv({git!r}, ["git", *sys.argv[1:]])
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that takes the arguments and the environment of every call of git."""
    git, log = shutil.which("git"), tmp_path / "calls"
    listener = tmp_path / "bin" / "git"
    listener.parent.mkdir()
    listener.write_text(LISTENER.format(python=sys.executable, log=str(log), git=git))
    listener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{listener.parent}{os.pathsep}{os.environ['PATH']}")
    return log


def test_every_call_of_git_overrules_the_repository(run: Run, repo: Repo, calls: Path) -> None:
    for name, (value, _) in HOSTILE.items():
        repo.git("config", name, value)
    for target in ("docs/new.md:4", "be kind to every customer", "never said by anybody"):
        run("why", target, cwd=repo.root)
    run("diff", "HEAD~1", cwd=repo.root)
    asked = {tuple(ours(json.loads(line)[0])) for line in calls.read_text().splitlines()}
    assert asked
    for flags in asked:
        for name, (_, wanted) in HOSTILE.items():
            assert settled(repo, *flags, "config", "--get", name) == wanted, name
        assert settled(repo, *flags, "var", "GIT_PAGER") == "cat"
    assert not (repo.root / "PWN").exists()


def test_git_is_told_nothing_that_others_set(
    run: Run, repo: Repo, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = answers(run, repo)
    calls.unlink()
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)
    assert answers(run, repo) == plain
    seen = [json.loads(line)[1] for line in calls.read_text().splitlines()]
    assert seen
    for environ in seen:
        assert {name: environ.get(name) for name in HARDENED} == HARDENED
        assert not (FOREIGN.keys() - HARDENED.keys()) & environ.keys()


def ours(arguments: list[str]) -> list[str]:
    """What stands before the name of git's command."""
    flags = []
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            break
        flags += [argument, next(rest)] if argument in ("-c", "-C") else [argument]
    return flags


def settled(repo: Repo, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=repo.root, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
