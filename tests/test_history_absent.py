"""What a partial or damaged clone does not have is never taken for what was never there."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import ADA, BOB, ENVIRON, Repo, rules

from promptops.errors import GitError
from promptops.history.git import Repository

Run = Callable[..., Any]
KIND = "Be kind to every customer who writes to us in any language."
CITE = "Cite the policy section that you rely on."
EVE = "Eve <eve@example.org>"
NOTE = "git fetch --refetch --no-filter"


def prompt(*texts: str, version: str = "1.0.0") -> str:
    written = "".join(f"  - {{id: r{n}, text: {text}}}\n" for n, text in enumerate(texts))
    head = f"promptops: 1\nid: bot\nversion: {version}\n"
    return head + "messages: [{role: system, content: '{{ rules }}'}]\nrules:\n" + written


BOT = "prompts/bot/prompt.yaml"
LATER = rules(CITE, KIND, "Answer within a day.")
# what happened by whom; all but what the first commit wrote is here
HISTORIES: dict[str, list[tuple[dict[str, str | bytes | None], str]]] = {
    "renamed": [({"docs/old.md": rules(KIND, CITE)}, ADA), ({"docs/old.md": None, "AGENTS.md": LATER}, EVE)],
    "moved": [
        ({"a/AGENTS.md": rules(KIND, "Ask first."), "AGENTS.md": rules(CITE)}, ADA),
        ({"a/AGENTS.md": rules("Ask first."), "AGENTS.md": LATER}, EVE),
    ],
    "imported": [({"CLAUDE.md": rules(KIND, CITE)}, ADA), ({"CLAUDE.md": rules(CITE), BOT: prompt(KIND)}, EVE)],
    "restored": [
        ({"AGENTS.md": rules(KIND, CITE)}, ADA),
        ({"AGENTS.md": rules(CITE)}, BOB),
        ({"AGENTS.md": LATER}, EVE),
    ],
    "back": [
        ({"AGENTS.md": rules(KIND, CITE)}, ADA), ({"AGENTS.md": None}, BOB), ({"AGENTS.md": LATER}, EVE)
    ],
    "copied": [({"CLAUDE.md": rules(KIND, CITE)}, ADA), ({"AGENTS.md": LATER}, EVE)],
}  # fmt: skip


def lose(repo: Repo, commit: str, *paths: str) -> None:
    """Take files of a commit out of the object store."""
    for path in paths:
        blob = repo.git("rev-parse", f"{commit}:{path}")
        (repo.root / ".git/objects" / blob[:2] / blob[2:]).unlink()


@pytest.mark.parametrize("name", HISTORIES)
def test_nobody_is_named_who_may_not_have_been_the_first(
    run: Run, tmp_path: Path, name: str
) -> None:
    repo = Repo(tmp_path / "repo")
    first = repo.commit(HISTORIES[name][0][0], "first", ADA)
    for files, author in HISTORIES[name][1:]:
        repo.commit(files, "later", author)
    wholly = run("why", KIND, "--format", "json", cwd=repo.root)
    assert json.loads(wholly.out)["result"]["introduced"]["author"] == "Ada Lovelace"
    lost = set(HISTORIES[name][0][0]) - ({"AGENTS.md"} if name == "moved" else set())
    lose(repo, first, *lost)
    shutil.rmtree(os.environ["PROMPTOPS_HOME"])
    done = run("why", KIND, "--format", "json", cwd=repo.root)
    found = json.loads(done.out)["result"]
    assert (found["introduced"], found["complete"]) == (None, False)
    assert any(NOTE in note for note in found["notes"])


@pytest.mark.parametrize(("path", "after"), [("src/main.py", "x = 2\n"), ("data/old.db", None)])
def test_a_file_that_prompts_do_not_come_from_takes_the_certainty_alone(
    run: Run, tmp_path: Path, path: str, after: str | None
) -> None:
    repo = Repo(tmp_path / "repo")
    first = repo.commit({path: "x = 1\n", "AGENTS.md": rules(CITE)}, "first", ADA)
    repo.commit({path: after, "AGENTS.md": LATER}, "later", EVE)
    lose(repo, first, path)
    found = json.loads(run("why", KIND, "--format", "json", cwd=repo.root).out)["result"]
    assert [(e["kind"], e["author"], e["confidence"]) for e in found["events"]] == [
        ("introduced", "Eve", "probable")
    ]
    assert not found["complete"]
    assert any(NOTE in note for note in found["notes"])


def test_a_phrase_that_is_not_found_may_stand_in_what_is_not_here(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    first = repo.commit({"AGENTS.md": rules(KIND)})
    repo.commit({"AGENTS.md": rules(CITE)})
    lose(repo, first, "AGENTS.md")
    done = run("why", KIND, cwd=repo.root)
    assert (done.code, NOTE in done.err) == (2, True)


def test_nobody_is_said_to_have_removed_what_may_have_stood_on(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({"AGENTS.md": rules(KIND)}, "first", ADA)
    kept = repo.commit({"AGENTS.md": rules(KIND, CITE)}, "more", BOB)
    repo.commit({"AGENTS.md": rules(CITE)}, "less", EVE)
    lose(repo, kept, "AGENTS.md")
    done = run("why", KIND, cwd=repo.root)
    assert "Bob" not in done.out
    assert (done.code, NOTE in done.err) == (2, True)


@pytest.mark.parametrize("command", [("diff", "HEAD~1", "HEAD"), ("diff", "--staged"), ("diff",)])
def test_a_prompt_whose_past_is_not_here_is_not_new(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    repo = Repo(tmp_path / "repo")
    base = repo.commit({BOT: prompt(KIND), "other/prompt.yaml": "x"})
    after = {BOT: prompt(KIND, CITE, version="2.0.0")}
    if command[-1] == "HEAD":
        repo.commit(after)
    else:
        repo.write(BOT, after[BOT])
        repo.git("add", "-A")
    lose(repo, base, BOT)
    done = run(*command, cwd=repo.root)
    assert done.code == 2
    assert "added" not in done.out
    assert "not have the file's content" in " ".join(done.out.split())


def test_settings_that_are_not_here_judge_as_strictly_as_they_may(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    strict = 'require_decision_for = ["reworded"]\n'
    base = repo.commit({BOT: prompt(KIND), "promptops.toml": strict})
    repo.commit({BOT: prompt(CITE), "promptops.toml": ""})
    lose(repo, base, "promptops.toml")
    done = run("diff", "HEAD~1", "HEAD", cwd=repo.root)
    assert (done.code, NOTE in done.err) == (2, True)
    assert "promptops.toml" in done.err


@pytest.mark.parametrize(
    "command",
    [("check", "--staged"), ("diff",), ("diff", "--staged"), ("why", "AGENTS.md:3"), ("people",), ("decide",)],
    ids=" ".join,
)  # fmt: skip
def test_a_commit_that_cannot_be_read_is_not_none_at_all(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    repo = Repo(tmp_path / "repo")
    head = repo.commit({"AGENTS.md": rules(KIND), BOT: prompt(KIND)})
    (repo.root / ".git/objects" / head[:2] / head[2:]).unlink()
    done = run(*command, cwd=repo.root)
    assert done.code == 2, done.out
    assert f"HEAD's commit cannot be read: {head}" in done.err
    assert not (repo.root / "docs").exists()


def test_an_object_that_ends_too_soon_is_not_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    whole = repo.git("hash-object", "-w", "--stdin", given=b"whole")
    for content in (b"blob 9\0cut", b"blob 9\0", b"junk"):
        blob = repo.git("hash-object", "-w", "--stdin", given=content)
        path = repo.root / ".git/objects" / blob[:2] / blob[2:]
        path.chmod(0o644)
        path.write_bytes(zlib.compress(content))
        with Repository.find(str(repo.root), ENVIRON) as found:
            assert list(found.blobs([whole, blob, whole])) == [b"whole", None, b"whole"]
            assert found.missing == {blob}


@pytest.mark.parametrize("how", ["damaged", "no git"])
def test_a_report_tells_what_it_could_not_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    repo = Repo(tmp_path / "repo")
    head = repo.commit({BOT: prompt(KIND)})
    if how == "damaged":
        (repo.root / ".git/objects" / head[:2] / head[2:]).unlink()
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    why = "HEAD's commit cannot be read" if how == "damaged" else "git was not found on PATH"
    done = run("report", "--format", "text", cwd=repo.root)
    assert done.code == 0
    assert f"no history: {why}" in done.out
    assert "not committed" not in done.out
    done = run("report", "--format", "json", cwd=repo.root)
    (one,) = json.loads(done.out)["result"]["prompts"]
    assert not one["complete"]
    assert why in one["notes"][0]


def test_a_git_that_is_too_old_is_called_that(tmp_path: Path) -> None:
    """It repeats the options that it does not know."""
    repo = Repo(tmp_path / "repo")
    repo.commit({"AGENTS.md": rules(KIND)})
    old = tmp_path / "bin/git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho --path-format=absolute\necho .git\n")
    old.chmod(0o755)
    with pytest.raises(GitError, match="too old"):
        Repository.find(str(repo.root), {**ENVIRON, "PATH": str(old.parent)})
