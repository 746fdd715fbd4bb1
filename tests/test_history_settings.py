"""What a repository's settings, replacements and signatures may not do: change an answer, run a program."""

from __future__ import annotations

import shutil
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
    shutil.rmtree(repo.root / ".git/promptops", ignore_errors=True)
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


@pytest.mark.parametrize("name", [":!new.md", ":(exclude)x.md", "ne?.md", "[n]ew.md", "*.md"])
def test_a_file_name_is_no_pattern(run: Run, repo: Repo, name: str) -> None:
    first = repo.commit({name: rules("Answer in the language of the question.")}, "odd name")
    repo.commit({"docs/new.md": rules(KIND)}, "another file")
    events = why(run, repo, f"{name}:3")["events"]
    assert [(e["kind"], e["commit"]) for e in events] == [("introduced", first)]
