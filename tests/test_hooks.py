"""Hooks that git itself runs, what they refuse and let pass, and setting them up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran
from decided import FILE, PROMPT, RECORD, REWORD, START, WHY, edit, filled, result
from repos import ENVIRON, Repo

ROOT = Path(__file__).parent.parent
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
Run = Callable[..., Any]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.git("config", "user.name", "Ada Lovelace")
    made.git("config", "user.email", "ada@example.org")
    made.commit(
        {**START, "promptops.toml": START["promptops.toml"] + 'select = ["PO0", "PO5"]\n'}, "start"
    )
    return made


@pytest.fixture
def hooked(run: Run, repo: Repo) -> Repo:
    """With the commit-msg hook alone: it is what most tests are about."""
    assert run("install", "--hook", "commit-msg", cwd=repo.root).code == 0
    return repo


@pytest.fixture
def whole(run: Run, repo: Repo) -> Repo:
    """With all that `install` sets up."""
    assert run("install", cwd=repo.root).code == 0
    return repo


@pytest.fixture
def run(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """As everywhere, but hooks run as git runs them: in a process of their own."""
    home = str(tmp_path_factory.mktemp("hooks"))

    def command(*arguments: str, cwd: Path) -> Ran:
        if arguments[0] != "hook":
            return run(*arguments, cwd=cwd)
        done = subprocess.run(
            [sys.executable, "-m", "promptops", *arguments], cwd=cwd, capture_output=True,
            env={**os.environ, "PROMPTOPS_HOME": home}, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode < 70, done.stderr.decode()
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return command


def git(
    repo: Repo, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> tuple[int, str]:
    """A git command that may fail: (exit code, everything it said)."""
    done = subprocess.run(
        ["git", *arguments], cwd=cwd or repo.root, capture_output=True, text=True, check=False,
        env={**ENVIRON, **repo.identity("Ada <a@b>"), "PATH": PATH, "PROMPTOPS_HOME": str(repo.root / ".git/kept"), **MEASURED, **(env or {})},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


# -- commit-msg ----------------------------------------------------------------------------------


def test_a_commit_without_a_decision_is_refused(
    hooked: Repo, golden: Callable[[str, str], None]
) -> None:
    before = hooked.head()
    edit(hooked, REWORD)
    code, said = git(hooked, "commit", "-m", "Reword")
    assert code == 1
    golden("hook/commit-msg/refused.txt", said)
    assert hooked.head() == before
    code, said = git(hooked, "commit", "-m", f"Reword\n\nDecision-Waiver: {WHY}")
    assert code == 0, said
    assert hooked.head() != before


def test_in_json(run: Run, repo: Repo, golden: Callable[[str, str], None]) -> None:
    edit(repo, REWORD)
    edit(repo, ("legal", "sales"), path="docs/decisions/20260102-cite.md")
    message = ".git/COMMIT_EDITMSG"
    repo.write(message, "Reword\n\nDecision-Waiver: as discussed\n")
    said = run("hook", "commit-msg", message, "--format", "json", cwd=repo.root)
    assert said.code == 1
    golden("hook/commit-msg/report.json", said.out)
    golden("hook/commit-msg/stub.txt", run("hook", "commit-msg", message, cwd=repo.root).out)


def test_from_a_refused_edit_to_a_commit_that_passes(run: Run, whole: Repo) -> None:
    edit(whole, REWORD)
    assert git(whole, "commit", "-m", "Reword")[0] == 1
    assert run("decide", "--staged", "--link", cwd=whole.root).code == 0
    records = (whole.root / "docs/decisions").glob("*-cite.md")
    (record,) = [path for path in records if path.name != "20260102-cite.md"]
    whole.git("add", "-A")
    code, said = git(whole, "commit", "-m", "Reword")
    assert code == 1
    assert "does not say yet" in said
    record.write_text(filled(record.read_text()))
    whole.git("add", "-A")
    code, said = git(whole, "commit", "-m", "Reword")
    assert code == 0, said


# -- amended commits -----------------------------------------------------------------------------


@pytest.fixture
def waived(hooked: Repo) -> Repo:
    """A commit that was waived, an hour after all others."""
    edit(hooked, REWORD)
    hooked.clock += 3600
    code, said = git(hooked, "commit", "-m", f"Reword\n\nDecision-Waiver: {WHY}")
    assert code == 0, said
    return hooked


def amend(repo: Repo, *arguments: str) -> tuple[int, str]:
    """As a person does it, whose dates git sets for itself."""
    own = [
        f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")
    ]
    done = subprocess.run(
        ["git", "commit", *arguments], cwd=repo.root, capture_output=True, text=True, check=False,
        env={**{k: v for k, v in ENVIRON.items() if k not in own}, "PATH": PATH, **MEASURED},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_an_amended_commit_keeps_its_waiver(waived: Repo) -> None:
    code, said = amend(waived, "--amend", "-m", "Reword it")
    assert code == 1
    assert "the commit that is amended said why; put its line back:\n" in said
    assert f"  Decision-Waiver: {WHY}\n" in said
    assert "then `git commit --amend -e -F .git/COMMIT_EDITMSG`" in said
    code, said = amend(waived, "--amend", "-m", f"Reword it\n\nDecision-Waiver: {WHY}")
    assert code == 0, said
    code, said = amend(waived, "--amend", "--no-edit")
    assert code == 0, said


def test_an_amended_commit_is_judged_as_a_whole(run: Run, waived: Repo) -> None:
    edit(waived, ("Greet by name.", "Never greet."))
    code, said = amend(waived, "--amend", "--no-edit")
    assert code == 0, said  # one message for all that it changes
    edit(waived, ("Never greet.", "Greet."))
    code, said = amend(waived, "-m", "Greet")
    assert code == 1  # a commit on top is judged alone
    waived.git("reset", "-q", "--hard")
    code, said = amend(waived, "--allow-empty", "-m", "Start the pipeline")
    assert code == 0, said


def test_a_record_may_be_mended_in_the_commit_that_brings_it(run: Run, whole: Repo) -> None:
    edit(whole, REWORD)
    whole.clock += 3600
    assert run("decide", "--link", cwd=whole.root).code == 0
    (record,) = [
        path
        for path in (whole.root / "docs/decisions").glob("*-cite.md")
        if "20260102" not in path.name
    ]
    record.write_text(filled(record.read_text()))
    whole.git("add", "-A")
    assert git(whole, "commit", "-m", "Reword")[0] == 0
    record.write_text(record.read_text().replace("Eleven", "Twelve") + "\nMore is known now.\n")
    whole.git("add", "-A")
    assert amend(whole, "-m", "Mend")[0] == 1
    code, said = amend(whole, "--amend", "--no-edit")
    assert code == 0, said


def test_the_first_commit_is_amended(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "first")
    repo.git("config", "user.name", "Ada Lovelace")
    repo.git("config", "user.email", "ada@example.org")
    files = {path: text for path, text in START.items() if "decisions" not in path}
    repo.commit(files, f"Start\n\nDecision-Waiver: {WHY}")
    assert run("install", "--hook", "commit-msg", cwd=repo.root).code == 0
    assert amend(repo, "--amend", "-m", "Start over")[0] == 1
    assert amend(repo, "--amend", "--no-edit")[0] == 0


def test_an_amended_merge_is_judged_by_what_no_parent_has(waived: Repo) -> None:
    waived.git("checkout", "-q", "-b", "side", "HEAD^")
    waived.commit({"README.md": "# Hello\n"}, "side")
    waived.merge("main")
    code, said = amend(waived, "--amend", "-m", "Merge it")
    assert code == 0, said


# -- what passes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {FILE: PROMPT.replace("Greet by name.", "greet by  name")},
        {FILE: PROMPT.replace("survey of May", "survey of June")},
        {FILE: PROMPT.replace("owners: [ann]", "owners: [bob]")},
        {"README.md": "# Hello\n"},
        {"other.json": "{}"},
        {"docs/decisions/20260301-other.md": RECORD.replace("[cite]", "[greet]")},
    ],
)
def test_what_needs_no_decision_passes(hooked: Repo, changes: Mapping[str, str]) -> None:
    for path, text in changes.items():
        hooked.write(path, text)
    hooked.git("add", "-A")
    code, said = git(hooked, "commit", "-m", "Change")
    assert code == 0, said
    assert "promptops" not in said


def test_a_rewritten_record_is_refused_and_a_superseded_one_is_not(hooked: Repo) -> None:
    edit(hooked, ("Eleven", "Twelve"), path="docs/decisions/20260102-cite.md")
    code, said = git(hooked, "commit", "-m", "Correct")
    assert code == 1
    assert "decision `20260102-cite` was rewritten" in said
    hooked.git("checkout", "-q", "HEAD", "--", ".")
    edit(hooked, ("accepted", "superseded by 20260412-new"), path="docs/decisions/20260102-cite.md")
    hooked.write("docs/decisions/20260412-new.md", RECORD)
    hooked.git("add", "-A")
    assert git(hooked, "commit", "-m", "Supersede")[0] == 0
    hooked.commit({"docs/decisions/20260413-last.md": RECORD}, "last")
    hooked.git("rm", "-q", "docs/decisions/20260413-last.md")
    code, said = git(hooked, "commit", "-m", "Delete")
    assert code == 1
    assert "decision `20260413-last` was deleted; a decided record stays as it is" in said


def test_only_what_is_staged_counts(hooked: Repo) -> None:
    edit(hooked, REWORD, stage=False)
    hooked.write("README.md", "x")
    hooked.git("add", "README.md")
    assert git(hooked, "commit", "-m", "Readme")[0] == 0
    assert REWORD[1] in (hooked.root / FILE).read_text()
    assert git(hooked, "commit", "-a", "-m", "All of it")[0] == 1
    assert git(hooked, "commit", "-m", "A path", FILE)[0] == 1
    assert git(hooked, "commit", "-m", f"A path\n\nDecision-Waiver: {WHY}", FILE)[0] == 0


def test_prompts_of_any_name_are_seen(hooked: Repo) -> None:
    settings = 'prompts = ["agents/*.prompt"]\nrequire_decision_for = "rule"\nselect = ["PO5"]\n'
    hooked.commit({"promptops.toml": settings, "agents/a.prompt": PROMPT}, "elsewhere")
    edit(hooked, REWORD, path="agents/a.prompt")
    code, said = git(hooked, "commit", "-m", "Reword")
    assert code == 1
    assert "agents/a.prompt:9" in said


def test_partly_staged(hooked: Repo) -> None:
    edit(hooked, ("survey of May", "survey of June"))
    edit(hooked, REWORD, stage=False)
    whole = (hooked.root / FILE).read_bytes()
    assert git(hooked, "commit", "-m", "Rationale")[0] == 0
    assert (hooked.root / FILE).read_bytes() == whole


def test_a_linked_worktree(hooked: Repo) -> None:
    other = hooked.root.parent / "other"
    hooked.git("worktree", "add", "-q", str(other))
    (other / FILE).write_text(PROMPT.replace(*REWORD))
    code, said = git(hooked, "commit", "-am", "Reword", cwd=other)
    assert code == 1
    assert "was reworded" in said


def test_a_merge_brings_what_was_decided_elsewhere(hooked: Repo) -> None:
    hooked.git("checkout", "-q", "-b", "theirs")
    edit(hooked, REWORD)
    assert git(hooked, "commit", "-m", f"Reword\n\nDecision-Waiver: {WHY}")[0] == 0
    hooked.git("checkout", "-q", "main")
    hooked.commit({"README.md": "x"}, "readme")
    assert git(hooked, "merge", "--no-ff", "-m", "Merge", "theirs")[0] == 0
    hooked.git("reset", "-q", "--hard", "HEAD^")
    hooked.git("merge", "-q", "--no-ff", "--no-commit", "theirs")
    edit(hooked, ("Greet by name.", "Greet nobody."))
    code, said = git(hooked, "commit", "-m", "Merge")
    assert code == 1
    assert "`greet`" in said
    assert "`cite`" not in said


def test_a_merge_that_rewrites_a_record(hooked: Repo) -> None:
    hooked.git("checkout", "-q", "-b", "theirs")
    hooked.commit({"README.md": "x"}, "readme")
    hooked.git("checkout", "-q", "main")
    hooked.commit({"docs/decisions/20260303-ours.md": RECORD, "b": "1"}, "ours")
    hooked.git("merge", "-q", "--no-ff", "--no-commit", "theirs")
    edit(hooked, ("Eleven", "Twelve"), path="docs/decisions/20260303-ours.md")
    assert "20260303-ours" in git(hooked, "commit", "-m", "Merge")[1]


def test_squashed_messages_keep_their_waivers(hooked: Repo) -> None:
    hooked.git("checkout", "-q", "-b", "theirs")
    edit(hooked, REWORD)
    assert git(hooked, "commit", "-m", f"Reword\n\nDecision-Waiver: {WHY}")[0] == 0
    hooked.git("checkout", "-q", "main")
    hooked.git("merge", "-q", "--squash", "theirs")
    assert git(hooked, "commit", "--no-edit")[0] == 0


def test_a_message_that_is_not_there(run: Run, repo: Repo) -> None:
    said = run("hook", "commit-msg", "nowhere", cwd=repo.root)
    assert said.code == 2
    assert "name the file that holds the commit message" in said.err


# -- pre-commit ----------------------------------------------------------------------------------


def test_the_index_is_checked_and_not_the_disk(whole: Repo) -> None:
    whole.write(FILE, PROMPT.replace("owners", "ownars"))
    whole.git("add", "-A")
    whole.write(FILE, PROMPT)
    code, said = git(whole, "commit", "-m", "Broken")
    assert code == 1
    assert "did you mean `owners`?" in said
    whole.git("add", "-A")
    whole.write("b", "x")
    whole.git("add", "-A")
    whole.write(FILE, PROMPT.replace("owners", "ownars"))
    assert git(whole, "commit", "-m", "Fine")[0] == 0


def test_the_pre_commit_hook_in_json(
    run: Run, repo: Repo, golden: Callable[[str, str], None]
) -> None:
    repo.write(FILE, PROMPT.replace("owners: [ann]", "ownars: [ann]"))
    repo.git("add", "-A")
    said = run("hook", "pre-commit", "--format", "json", cwd=repo.root)
    golden("hook/pre-commit/report.json", said.out)
    assert run("hook", "pre-commit", FILE, cwd=repo.root).code == 1
    assert run("hook", "pre-commit", "docs/decisions/20260102-cite.md", cwd=repo.root).out == ""


# -- prepare-commit-msg --------------------------------------------------------------------------


def test_the_editor_shows_what_is_missing(
    run: Run, repo: Repo, golden: Callable[[str, str], None]
) -> None:
    run("install", "--hook", "prepare-commit-msg", cwd=repo.root)
    edit(repo, REWORD)
    keep = {"GIT_EDITOR": "cp .git/COMMIT_EDITMSG seen; false"}
    assert git(repo, "commit", env=keep)[0] == 1
    seen = (repo.root / "seen").read_text()
    golden("hook/prepare-commit-msg/message.txt", seen.partition("# On branch")[0])
    assert git(repo, "-c", "core.commentChar=;", "commit", "-v", env=keep)[0] == 1
    assert "; promptops: no decision record says why\n" in (repo.root / "seen").read_text()
    assert git(repo, "commit", "-m", "With words")[0] == 0
    assert repo.git("log", "-1", "--format=%B") == "With words"


def test_the_prepare_hook_in_json(run: Run, repo: Repo, golden: Callable[[str, str], None]) -> None:
    edit(repo, REWORD)
    repo.write("message", "\n# Please enter the message\n")
    said = run("hook", "prepare-commit-msg", "message", "--format", "json", cwd=repo.root)
    golden("hook/prepare-commit-msg/report.json", said.out)
    for text, more in (("Words\n# x\n", ()), ("# x\n", ("template",)), ("", ())):
        repo.write("message", text)
        said = run(
            "hook", "prepare-commit-msg", "message", *more, "--format", "json", cwd=repo.root
        )
        assert result(said)["missing"] == []
        assert (repo.root / "message").read_text() == text


# -- pre-push ------------------------------------------------------------------------------------


@pytest.fixture
def pushed(run: Run, repo: Repo, tmp_path: Path) -> Repo:
    repo.git("init", "-q", "--bare", str(tmp_path / "far.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "far.git"))
    run("install", "--hook", "pre-push", cwd=repo.root)
    assert git(repo, "push", "-q", "-u", "origin", "main") == (0, "")
    return repo


def test_a_push_is_judged_as_a_whole(pushed: Repo) -> None:
    edit(pushed, REWORD)
    pushed.record("Reword")
    code, said = git(pushed, "push", "origin", "main")
    assert code == 1
    assert "refs/heads/main:" in said
    assert (
        f"`promptops decide --since {pushed.git('rev-parse', '--short=12', 'HEAD^')}` writes"
        in said
    )
    pushed.commit({"docs/decisions/20260412-sign.md": RECORD}, "decide")
    assert git(pushed, "push", "origin", "main")[0] == 0


def test_a_new_branch_is_judged_from_where_it_left(pushed: Repo) -> None:
    pushed.git("checkout", "-q", "-b", "topic")
    edit(pushed, REWORD)
    pushed.record("Reword")
    assert git(pushed, "push", "origin", "topic")[0] == 1
    pushed.git("commit", "-q", "--amend", "-m", f"Reword\n\nDecision-Waiver: {WHY}")
    assert git(pushed, "push", "origin", "topic")[0] == 0
    assert git(pushed, "push", "origin", ":topic")[0] == 0


def test_a_remote_that_has_no_branch_of_a_known_name(pushed: Repo, tmp_path: Path) -> None:
    pushed.git("init", "-q", "--bare", str(tmp_path / "second.git"))
    pushed.git("remote", "add", "second", str(tmp_path / "second.git"))
    edit(pushed, REWORD)
    pushed.record("Reword")
    assert git(pushed, "push", "second", "main:other")[0] == 1


def test_tags_forced_pushes_and_all_branches_at_once(pushed: Repo) -> None:
    edit(pushed, REWORD)
    pushed.record("Reword")
    pushed.git("tag", "-a", "v1", "-m", "one")
    pushed.git("tag", "light")
    for refs in (["origin", "v1"], ["origin", "light"], ["--all"], ["-f", "origin", "HEAD:main"]):
        code, said = git(pushed, "push", *refs)
        assert (code, "rule `cite`" in said) == (1, True), said
    pushed.git("commit", "-q", "--amend", "-m", f"Reword\n\nDecision-Waiver: {WHY}")
    assert git(pushed, "push", "origin", "main")[0] == 0
    pushed.git("commit", "-q", "--amend", "-m", f"Reword again\n\nDecision-Waiver: {WHY}")
    assert git(pushed, "push", "-f", "origin", "main")[0] == 0
    pushed.git("tag", "-f", "-a", "v1", "-m", "one")
    assert git(pushed, "push", "origin", "v1")[0] == 0
    assert git(pushed, "push", "origin", ":refs/tags/v1")[0] == 0


def test_a_push_from_a_shallow_clone(run: Run, pushed: Repo, tmp_path: Path) -> None:
    """What was cut off is not judged, and nothing is refused for it; what is new is judged."""
    pushed.commit({"README.md": "two\n"}, "two")
    assert git(pushed, "push", "origin", "main")[0] == 0
    far, near = (tmp_path / "far.git").as_uri(), tmp_path / "near"
    pushed.git("clone", "-q", "--depth", "1", "--branch", "main", far, str(near))
    shallow = Repo(near, create=False)
    run("install", "--hook", "pre-push", cwd=shallow.root)
    shallow.git("checkout", "-q", "-b", "topic")
    assert git(shallow, "push", "-q", "origin", "topic") == (0, "")
    edit(shallow, REWORD)
    shallow.record("Reword")
    code, said = git(shallow, "push", "origin", "topic")
    assert (code, "rule `cite`" in said) == (1, True), said


def test_the_push_hook_in_json(
    run: Run, pushed: Repo, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = pushed.head()
    edit(pushed, REWORD)
    pushed.record("Reword")
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", base)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", pushed.head())
    monkeypatch.setenv("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main")
    golden(
        "hook/pre-push/report.json",
        run("hook", "pre-push", "--format", "json", cwd=pushed.root).out,
    )


# -- install -------------------------------------------------------------------------------------


def test_install_in_json(run: Run, repo: Repo, golden: Callable[[str, str], None]) -> None:
    golden("install/first/report.json", run("install", "--format", "json", cwd=repo.root).out)
    golden("install/first/again.txt", run("install", cwd=repo.root).out)
    assert run("install", "-q", "--attributes", cwd=repo.root).out == ""
    assert (
        repo.root / ".gitattributes"
    ).read_text() == "prompts/**/*.yaml diff=promptops merge=promptops\n"
    assert (
        result(run("install", "--attributes", "--format", "json", cwd=repo.root))["attributes"][
            "lines"
        ]
        == []
    )


def test_install_says_from_when_on_git_runs_the_hooks(run: Run, repo: Repo) -> None:
    said = run("install", cwd=repo.root).out
    assert said.startswith("✓ .git/hooks/pre-commit\n✓ .git/hooks/commit-msg\n✓ git config: ")
    assert "\n\ngit runs the hooks from now on" in said
    assert "from now on" not in run("install", cwd=repo.root).out


def test_install_writes_only_what_is_asked_for(run: Run, repo: Repo) -> None:
    said = run("install", "--hook", "pre-push", "--format", "json", cwd=repo.root)
    assert [hook["hook"] for hook in result(said)["hooks"]] == ["pre-push"]
    assert result(said)["settings"] == []
    said = run("install", "--drivers", "--format", "json", cwd=repo.root)
    assert result(said)["hooks"] == []
    assert result(said)["settings"] == [
        "diff.promptops.xfuncname", "merge.promptops.name", "merge.promptops.driver"]  # fmt: skip
    said = run("install", "--drivers", "--textconv", "--format", "json", cwd=repo.root)
    assert result(said)["settings"] == ["diff.promptops.textconv", "diff.promptops.cachetextconv"]


def test_attributes_are_added_to_what_is_there(run: Run, repo: Repo) -> None:
    repo.write("promptops.toml", 'prompts = ["my agents/**/prompt.yaml", "one.prompt.yaml"]\n')
    repo.write(".gitattributes", b"* text=auto\r\n*.png binary")
    run("install", "--attributes", cwd=repo.root)
    assert (repo.root / ".gitattributes").read_bytes() == (
        b"* text=auto\r\n*.png binary\r\n"
        b'"my agents/**/prompt.yaml" diff=promptops merge=promptops\r\n'
        b"/one.prompt.yaml diff=promptops merge=promptops\r\n"
    )
    assert "merge: promptops" in repo.git("check-attr", "merge", "my agents/a/prompt.yaml")


FOREIGN = "#!/bin/sh\necho mine\n"


def test_a_foreign_hook_is_never_touched(run: Run, repo: Repo) -> None:
    hook = repo.root / ".git/hooks/commit-msg"
    hook.write_text(FOREIGN)
    said = run("install", cwd=repo.root)
    assert said.code == 3
    assert 'promptops hook commit-msg "$@" || exit 1' in said.out
    assert hook.read_text() == FOREIGN
    hook.unlink()
    hook.symlink_to("/nowhere")
    assert run("install", cwd=repo.root).code == 3
    assert hook.is_symlink()
    hook.unlink()
    hook.mkdir()
    assert run("install", cwd=repo.root).code == 2


FRAMEWORK = "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n"


@pytest.mark.parametrize(
    ("config", "code", "said"),
    [
        (None, 3, "- id: promptops-decisions"),
        (
            "repos: []\n",
            3,
            "is pre-commit's; add to the hooks of promptops in .pre-commit-config.yaml:",
        ),
        ("      - id: promptops-decisions\n", 0, "is pre-commit's, and runs promptops"),
        ("        entry: promptops hook commit-msg\n", 0, "is pre-commit's, and runs promptops"),
    ],
)
def test_pre_commits_hooks_are_left_to_it(
    run: Run, repo: Repo, config: str | None, code: int, said: str
) -> None:
    hook = repo.root / ".git/hooks/commit-msg"
    hook.write_text(FRAMEWORK)
    if config is not None:
        repo.write(".pre-commit-config.yaml", config)
    done = run("install", "--hook", "commit-msg", cwd=repo.root)
    assert done.code == code
    assert said in " ".join(done.out.split())
    assert hook.read_text() == FRAMEWORK
    (repo.root / ".git/hooks/commit-msg.legacy").write_text("# Written by `promptops install`.\n")
    assert run("install", "--hook", "commit-msg", "-q", cwd=repo.root).code == 0


def test_the_line_for_a_foreign_hook_works(run: Run, repo: Repo) -> None:
    hook = repo.root / ".git/hooks/commit-msg"
    hook.write_text(FOREIGN + 'promptops hook commit-msg "$@" || exit 1\n')
    hook.chmod(0o755)
    edit(repo, REWORD)
    code, said = git(repo, "commit", "-m", "Reword")
    assert code == 1
    assert "mine" in said


def test_our_own_hook_is_renewed(run: Run, repo: Repo) -> None:
    run("install", cwd=repo.root)
    hook = repo.root / ".git/hooks/commit-msg"
    text = hook.read_text()
    hook.write_text(text.replace("promptops hook", "promptops old-hook"))
    said = run("install", "--format", "json", cwd=repo.root)
    assert [one["state"] for one in result(said)["hooks"]] == ["ours", "written"]
    assert hook.read_text() == text
    assert os.access(hook, os.X_OK)


def test_a_hook_whose_python_is_gone_says_so(hooked: Repo, tmp_path: Path) -> None:
    hook = hooked.root / ".git/hooks/commit-msg"
    hook.write_text(hook.read_text().replace(sys.executable, "/nonexistent/python"))
    edit(hooked, REWORD)
    code, said = git(hooked, "commit", "-m", "Reword")
    assert code == 1
    assert "was reworded" in said
    bin = tmp_path / "bin"
    bin.mkdir()
    for name in ("git", "sh"):
        (bin / name).symlink_to(subprocess.check_output(["which", name], text=True).strip())
    code, said = git(hooked, "commit", "-m", "Reword", env={"PATH": str(bin)})
    assert code == 1
    assert "promptops was not found" in said


def test_a_package_in_the_repository_is_not_run(whole: Repo) -> None:
    whole.write("promptops/__main__.py", "open('PWN', 'w')\n")
    whole.write("promptops/__init__.py", "open('PWN', 'w')\n")
    whole.git("add", "-A")
    assert git(whole, "commit", "-m", "A package of the same name")[0] == 0
    assert not (whole.root / "PWN").exists()


@pytest.mark.parametrize("folder", [".githooks", "deep/hooks"])
def test_hooks_in_a_folder_of_the_repository(run: Run, repo: Repo, folder: str) -> None:
    repo.git("config", "core.hooksPath", folder)
    assert run("install", cwd=repo.root).code == 0
    assert (repo.root / folder / "commit-msg").is_file()
    edit(repo, REWORD)
    assert git(repo, "commit", "-m", "Reword")[0] == 1


def test_hooks_that_other_repositories_share_are_left_alone(
    run: Run, repo: Repo, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    repo.git("config", "core.hooksPath", str(tmp_path / "shared"))
    said = run("install", cwd=repo.root)
    assert said.code == 2
    assert "shares hooks with other repositories" in said.err
    assert list((tmp_path / "shared").iterdir()) == []
    assert run("install", "--drivers", cwd=repo.root).code == 0


def test_a_worktree_uses_the_hooks_of_its_repository(run: Run, repo: Repo) -> None:
    other = repo.root.parent / "other"
    repo.git("worktree", "add", "-q", str(other))
    assert run("install", cwd=other).code == 0
    assert (repo.root / ".git/hooks/commit-msg").is_file()


def test_a_bare_repository_has_no_hooks_of_ours(
    run: Run, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "bare.git"))
    said = run("install", cwd=tmp_path / "bare.git")
    assert said.code == 2
    assert "bare repository" in said.err


@pytest.mark.parametrize("name", ["pre-commit", "commit-msg", "prepare-commit-msg", "pre-push"])
def test_the_scripts_in_hooks_are_thin_and_run(name: str) -> None:
    script = ROOT / "hooks" / name
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == f'exec promptops hook {name} "$@"'


def test_the_scripts_work_as_hooks_path(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", str(ROOT / "hooks"))
    repo.git("config", "merge.promptops.driver", f"{ROOT}/hooks/merge-driver %O %A %B %L %P")
    repo.git("config", "diff.promptops.textconv", f"{ROOT}/hooks/textconv")
    edit(repo, REWORD)
    assert git(repo, "commit", "-m", "Reword")[0] == 1
    repo.git("config", "--unset", "core.hooksPath")
    repo.commit({".gitattributes": "*.yaml merge=promptops diff=promptops\n"}, "attributes")
    assert git(repo, "checkout", "-q", "-b", "theirs")[0] == 0
    repo.commit({FILE: PROMPT.replace(*REWORD) + "  - {id: x, text: Say x.}\n"}, "theirs")
    repo.git("checkout", "-q", "main")
    repo.commit({FILE: PROMPT.replace(*REWORD) + "  - {id: y, text: Say y.}\n"}, "ours")
    repo.git("config", "core.hooksPath", str(ROOT / "hooks"))
    assert git(repo, "merge", "-m", f"m\n\nDecision-Waiver: {WHY}", "theirs")[0] == 0
    assert (repo.root / FILE).read_text().endswith("Say y.}\n  - {id: x, text: Say x.}\n")
    assert "+  - {id: x" in git(repo, "show", "--first-parent", "-m")[1]


def test_help_names_every_hook(run: Run, tmp_path: Path) -> None:
    said = run("hook", "--help", cwd=tmp_path).out
    assert all(
        name in said for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "pre-push")
    )
    assert "merge-driver" not in run("--help", cwd=tmp_path).out
    assert (
        json.loads(run("hook", "commit-msg", "x", "--format", "json", cwd=tmp_path).out or "null")
        is None
    )
