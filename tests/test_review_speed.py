"""What `promptops diff` starts and loads: counts that stand for speed, whatever the machine does.

And the answers it keeps: given again only while everything that they depend on is as it was.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repos import ENVIRON, Repo

PROMPT = """\
promptops: 1
id: {name}
version: 1.0.0
messages: [{{role: system, content: "{{{{ rules }}}}"}}]
rules:
  - {{id: cite, text: Cite the {what}., rationale: A ruling of March asks for it.}}
"""
HEAVY = {
    *("asyncio", "click", "dataclasses", "email", "git", "hashlib", "http", "inspect", "jinja2"),
    *("litellm", "logging", "numpy", "pathlib", "rapidfuzz", "regex", "rich", "ruamel", "shutil"),
    *("sqlite3", "subprocess", "tempfile", "tiktoken", "tomllib", "typing", "urllib"),
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Ten prompts, all of them changed by the last commit."""
    made = Repo(tmp_path / "repo")
    for what in ("paragraph", "section"):
        made.commit(
            {f"prompts/p{n}/prompt.yaml": PROMPT.format(name=f"p{n}", what=what) for n in range(10)}
        )
    return made


@pytest.fixture
def traced(repo: Repo, tmp_path: Path) -> Traced:
    return Traced(repo, tmp_path)


class Traced:
    """Runs the command line in a process of its own; `git` is counted by a script before it."""

    def __init__(self, repo: Repo, tmp_path: Path) -> None:
        self.repo = repo
        self.log = tmp_path / "log"
        self.home = tmp_path / "home"
        tools = tmp_path / "bin"
        tools.mkdir()
        real = subprocess.run(["which", "git"], capture_output=True, text=True).stdout.strip()
        script = tools / "git"
        script.write_text(f'#!/bin/sh\necho "$@" >>{self.log}\nexec {real} "$@"\n')
        script.chmod(0o755)
        self.environ = {
            **ENVIRON,
            "PATH": f"{tools}:{ENVIRON['PATH']}",
            "PROMPTOPS_HOME": str(self.home),
            "TIKTOKEN_CACHE_DIR": str(tmp_path / "none"),
        }

    def __call__(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """The command's answer; `loaded` and `asked` speak of this run afterwards."""
        self.log.write_text("")
        program = (
            "import sys; before = set(sys.modules)\n"
            "from promptops.cli import main; code = main(sys.argv[1:])\n"
            "print(*sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=self.repo.root, env={**self.environ, **environ}, capture_output=True, text=True,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        self.loaded = set(done.stderr.split())
        return done

    @property
    def asked(self) -> list[str]:
        """The git commands of the last run, sorted."""
        known = {"rev-parse", "merge-base", "diff-tree", "diff-index", "cat-file", "ls-files",
                 "ls-tree", "log"}  # fmt: skip
        lines = self.log.read_text().splitlines()
        return sorted(next(word for word in line.split() if word in known) for line in lines)


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (("HEAD~1", "HEAD"), ["cat-file", "diff-tree", "merge-base", "rev-parse"]),
        (("--staged",), ["cat-file", "diff-index", "ls-files", "rev-parse"]),
        ((), ["cat-file", "ls-files", "ls-files", "ls-tree", "rev-parse"]),
        (
            ("HEAD~1",),
            ["cat-file", "ls-files", "ls-files", "ls-tree", "merge-base", "rev-parse"],
        ),
    ],
    ids=str,
)
def test_few_git_processes_however_many_prompts(
    traced: Traced, arguments: tuple[str, ...], asked: list[str]
) -> None:
    for n in range(10):
        path = f"prompts/p{n}/prompt.yaml"
        traced.repo.write(path, PROMPT.format(name=f"p{n}", what="clause"))
    traced.repo.git("add", "-A")
    done = traced("diff", *arguments, "--format", "json")
    assert done.stdout.count('"change": "reworded"') == 10
    assert traced.asked == asked


def test_no_heavy_module_is_loaded(traced: Traced) -> None:
    traced("diff", "HEAD~1", "HEAD")
    assert {name.split(".")[0] for name in traced.loaded} & HEAVY == set()
    assert "promptops.cli._diff_blocks" in traced.loaded
    shutil.rmtree(traced.home / "reviews")
    traced("diff", "HEAD~1", "HEAD", "--format", "json")  # which shows no difference word by word
    assert traced.loaded & {"difflib", "promptops.cli._diff_blocks", "typing"} == set()
    assert "promptops.review.review" in traced.loaded
    assert traced.loaded & {"promptops.source.markup", "promptops.history.align"} == set()


def test_the_same_review_is_given_again_by_one_process(traced: Traced) -> None:
    first = traced("diff", "HEAD~1", "HEAD", "--format", "markdown")
    again = traced("diff", "HEAD~1", "HEAD", "--format", "markdown")
    assert (again.stdout, again.returncode) == (first.stdout, first.returncode)
    assert traced.asked == ["rev-parse"]
    assert traced.loaded & {"yaml", "json", "promptops.review.review"} == set()
    assert traced("diff", "HEAD~1", "HEAD").stdout != first.stdout  # another format


def test_a_kept_review_is_not_given_once_a_name_leads_elsewhere(traced: Traced) -> None:
    repo = traced.repo
    repo.git("branch", "topic", "HEAD~1")
    first = traced("diff", "topic", "HEAD")
    assert "reworded" in first.stdout
    repo.git("branch", "-f", "topic", "HEAD")
    assert "no prompt" in traced("diff", "topic", "HEAD").stdout
    repo.git("branch", "-f", "topic", "HEAD~1")
    assert traced("diff", "topic", "HEAD").stdout == first.stdout


@pytest.mark.parametrize("what", ["vocabulary", "damage", "width", "cut"])
def test_nor_when_anything_else_it_depends_on_differs(traced: Traced, what: str) -> None:
    first = traced("diff", "HEAD~1", "HEAD")
    environ = {}
    (kept,) = (traced.home / "reviews").iterdir()
    match what:
        case "vocabulary":
            (traced.home / "vocab").mkdir(exist_ok=True)
            os.utime(traced.home / "vocab", (1, 1))
        case "damage":
            kept.write_text(kept.read_text().replace("reworded", "the same"))
        case "cut":
            kept.write_text("")
        case "width":
            environ["COLUMNS"] = "60"
    done = traced("diff", "HEAD~1", "HEAD", **environ)
    assert "cat-file" in traced.asked
    assert what == "width" or done.stdout == first.stdout


def test_what_cannot_be_read_is_not_kept(traced: Traced) -> None:
    traced.repo.commit({"prompts/p0/prompt.yaml": "promptops: [\n"})
    for _ in range(2):
        assert "cannot judge" in traced("diff", "HEAD~1", "HEAD").stdout
    assert not (traced.home / "reviews").exists()


def test_old_answers_make_room_and_a_full_disk_keeps_none(traced: Traced) -> None:
    folder = traced.home / "reviews"
    folder.mkdir(parents=True)
    for n in range(70):
        (folder / f"old{n:02}").write_text("")
        os.utime(folder / f"old{n:02}", (n, n))
    traced("diff", "HEAD~1", "HEAD")
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 64
    assert "old06" not in names
    assert "old07" in names
    traced.environ["PROMPTOPS_HOME"] = "/dev/null/nowhere"
    assert "reworded" in traced("diff", "HEAD~1", "HEAD").stdout
