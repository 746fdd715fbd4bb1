"""What runs in other people's pipelines: well-formed, pinned, and the very steps tried on a change."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from code_host import Host
from repos import CLEAN, Repo

HERE = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
FILES = {
    "action.yml": "github-actions",
    ".github/workflows/test.yml": "github-workflows",
    ".github/workflows/release.yml": "github-workflows",
    "ci/gitlab.yml": "gitlab-ci",
}
GITHUB = [file for file, schema in FILES.items() if schema.startswith("github")]
WORKFLOWS = [file for file, schema in FILES.items() if schema == "github-workflows"]
PROMPT = """\
promptops: 1
id: a
version: 1.0.0
owners: [team]
models: [openai/gpt-4o]
messages: [{role: system, content: "{{ rules }}"}]
cases: [{id: one, variables: {}}]
rules:
  - id: brief
    text: Use at most 120 words.
    rationale: Long answers were not read to the end by most customers.
    owner: product
    tests: [{cases: all, assert: {word_count: {max: 120}}}]
"""


@pytest.mark.parametrize(("file", "schema"), FILES.items())
def test_they_are_what_their_hosts_read(file: str, schema: str) -> None:
    tool = BIN / "check-jsonschema"
    more = ("--data-transform", "gitlab-ci") if schema == "gitlab-ci" else ()
    subprocess.run([tool, "--builtin-schema", f"vendor.{schema}", *more, HERE / file], check=True)


def test_nothing_unsafe_is_found() -> None:
    files = [HERE / file for file in GITHUB]
    done = subprocess.run([BIN / "zizmor", "--offline", "--no-progress", *files], check=False)
    assert done.returncode == 0


def test_actionlint_finds_nothing() -> None:
    """Its own checks, and shellcheck's on the scripts inside."""
    lint = [BIN / "actionlint", "-shellcheck", BIN / "shellcheck"]
    done = subprocess.run(
        [*lint, *(HERE / file for file in WORKFLOWS)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def scripts() -> dict[str, str]:
    """The scripts that run in pipelines and hooks: those in files, and those in action.yml and GitLab's."""
    files = [HERE / ".ci/run", HERE / "scripts/ci.sh", *sorted((HERE / "hooks").iterdir())]
    found = {str(file.relative_to(HERE)): file.read_text() for file in files}
    action = yaml.safe_load((HERE / "action.yml").read_text())
    for step in action["runs"]["steps"]:
        if "run" in step:
            found[f"action.yml: {step['name']}"] = "#!/usr/bin/env bash\n" + step["run"]
    job = yaml.safe_load((HERE / "ci/gitlab.yml").read_text())["promptops"]
    lines = ["#!/bin/sh", *job["before_script"], *job["script"]]
    return {**found, "gitlab.yml": "\n".join(lines) + "\n"}


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    for number, (name, script) in enumerate(scripts().items()):
        (tmp_path / f"{number}-{re.sub(r'[^a-z]+', '-', name.lower())}").write_text(script)
    check = [BIN / "shellcheck", *tmp_path.iterdir()]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_action_is_pinned_by_its_commit() -> None:
    for file in GITHUB:
        for used in re.findall(r"uses: (\S+)", (HERE / file).read_text()):
            assert used == "./" or re.search(r"@[0-9a-f]{40}$", used), used


def test_no_input_is_pasted_into_a_script() -> None:
    text = (HERE / "action.yml").read_text()
    scripts = re.findall(r"^ +run: (\|\n(?:        .*\n)+|.*\n)", text, re.MULTILINE)
    assert len(scripts) == 5
    assert not [script for script in scripts if "${{" in script]


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    repo = Repo(tmp_path / "r")
    repo.commit({"prompts/a/prompt.yaml": PROMPT, "AGENTS.md": "# Rules\n\n- Run the tests.\n"})
    return Steps(repo, tmp_path)


class Steps:
    """The action's steps, as a runner calls them; the tool is this checkout's."""

    def __init__(self, repo: Repo, temp: Path) -> None:
        self.repo, self.temp = repo, temp
        self.base = repo.git("rev-parse", "HEAD")
        (temp / "promptops" / "bin").mkdir(parents=True)
        (temp / "promptops" / "bin" / "promptops").symlink_to(BIN / "promptops")

    def run(self, step: str, **more: str) -> tuple[int, str, dict[str, str]]:
        """(exit code, what it printed, its outputs)."""
        outputs = self.temp / f"outputs-{step}"
        outputs.unlink(missing_ok=True)
        env = {
            **CLEAN,
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "FOLDER": str(self.repo.root),
            "PROMPTOPS_HOME": str(self.temp / "home"),
            "BASE": self.base,
            **more,
        }
        asked = ["bash", str(HERE / "scripts/ci.sh"), step]
        done = subprocess.run(asked, env=env, capture_output=True, text=True, check=False)
        pairs = outputs.read_text().split() if outputs.exists() else []
        return done.returncode, done.stdout + done.stderr, dict(p.split("=", 1) for p in pairs)


def test_a_change_that_is_fine(steps: Steps) -> None:
    steps.repo.commit({"README.md": "hello\n"})
    code, said, outputs = steps.run("check")
    assert (code, outputs) == (0, {"code": "0", "findings": "false"}), said
    code, said, outputs = steps.run("review")
    assert outputs["code"] == "0", said


def test_a_change_with_findings_annotates_and_goes_on(steps: Steps) -> None:
    steps.repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("owner: product", "owner: [")})
    sarif = steps.temp / "out.sarif"
    code, said, outputs = steps.run("check", SARIF=str(sarif))
    assert code == 0
    assert outputs["findings"] == "true"
    assert "::error file=prompts/a/prompt.yaml,line=" in said
    assert json.loads(sarif.read_text())["version"] == "2.1.0"


def test_the_review_is_a_summary_and_a_file(steps: Steps) -> None:
    steps.repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("at most 120", "at most 90")})
    code, said, outputs = steps.run("review")
    assert (code, outputs["code"]) == (0, "1"), said
    review = Path(outputs["file"]).read_text()
    assert review.startswith("<!-- promptops-diff -->\n")
    assert "brief" in review
    assert (steps.temp / "summary.md").read_text() == review


def test_without_a_base_everything_is_checked(steps: Steps) -> None:
    code, said, outputs = steps.run("check", BASE="0" * 40)
    assert (code, outputs["code"]) == (0, "0"), said
    _, _, outputs = steps.run("review", BASE="")
    assert "Nothing to compare" in Path(outputs["file"]).read_text()


def test_a_base_that_is_no_revision_is_an_answer_not_an_option(steps: Steps) -> None:
    code, _, outputs = steps.run("review", BASE="--output=/tmp/stolen")
    assert code == 0
    assert outputs["code"] == "2"
    assert not Path("/tmp/stolen").exists()


def test_no_name_in_a_change_is_a_command(steps: Steps) -> None:
    """The runner reads both streams of a step, and obeys what looks like a command of its own."""
    steps.repo.commit(
        {
            "prompts/x\n::set-output name=code::0\n/prompt.yaml": "a: [",
            "prompts/##[group]y/prompt.yaml": PROMPT.replace("id: a", "id: y").replace(
                "owner:", "x:"
            ),
            "::add-mask::z/AGENTS.md": "# Rules\n\n- Run the tests.\n",
        },
        "::error::said\n\n##[error]said\n",
    )
    said = "".join(steps.run(step)[1] for step in ("check", "review"))
    ours = [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert ours
    assert all(re.match("::(error|warning|notice) file=[^:]*,line=", line) for line in ours)
    assert not re.search(r"##\w*\[", said)


def test_a_review_is_posted_by_the_comment_command(steps: Steps) -> None:
    steps.repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("at most 120", "at most 90")})
    _, _, outputs = steps.run("review")
    code, said, _ = steps.run("comment", REVIEW=outputs["file"])
    assert code == 2
    assert "no CI that is known here" in said


def test_no_module_of_the_checkout_is_run_when_the_tool_is_installed(steps: Steps) -> None:
    """`python -m` looks in the folder it runs in first, and that is the pull request's."""
    trap = f"open({str(steps.temp / 'trap')!r}, 'w')\n"
    traps = ("venv.py", "pip.py", "ensurepip.py", "json.py", "subprocess.py")
    steps.repo.commit(dict.fromkeys(traps, trap))
    python = steps.temp / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@" --help\n')  # it makes nothing
    python.chmod(0o755)
    (steps.temp / "promptops/bin/python").symlink_to(sys.executable)
    # to install this checkout takes a while: that pip was reached is enough
    script = (HERE / "scripts/ci.sh").read_text().replace("pip install", "pip --help", 1)
    assert "pip --help" in script
    copy = steps.temp / "ci.sh"
    copy.write_text(script)
    env = {
        **CLEAN,
        "PATH": os.environ["PATH"],
        "RUNNER_TEMP": str(steps.temp),
        "PYTHON": str(python),
    }
    asked = ["bash", str(copy), "install"]
    subprocess.run(asked, env=env, cwd=steps.repo.root, capture_output=True, check=False)
    assert not (steps.temp / "trap").exists()
    for name, text in scripts().items():
        if name != ".ci/run":  # it runs what it stands in
            for line in text.splitlines():
                assert " -m " not in line or re.search(r" -[IP] -m ", line), (name, line)


class Event:
    """A pull request's event on GitHub, with a host of our own as its API; steps as action.yml has them."""

    def __init__(self, steps: Steps, host: Host) -> None:
        self.steps, self.host = steps, host
        self.action = yaml.safe_load((HERE / "action.yml").read_text())["runs"]["steps"]

    def env(self, token: str) -> dict[str, str]:
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.host.url,
            "GITHUB_REPOSITORY": "acme/prompts",
            "GITHUB_TOKEN": token,
            "PROMPTOPS_PULL_REQUEST": "7",
        }

    def go(self, token: str = "ghs_1") -> tuple[int, str]:
        """(exit code of the verdict, all that was printed) of one run over all steps."""
        said, outputs = "", {}
        for step in ("check", "review"):
            code, more, outputs[step] = self.steps.run(step)
            assert code == 0, more
            said += more
        code, more, _ = self.steps.run(
            "comment", REVIEW=outputs["review"]["file"], **self.env(token)
        )
        assert code == 0, more
        codes = {"CHECK": outputs["check"]["code"], "REVIEW": outputs["review"]["code"]}
        verdict = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.action[-1]["run"]],
            env={"PATH": os.environ["PATH"], **codes},
            capture_output=True,
            text=True,
            check=False,
        )
        return verdict.returncode, said + more + verdict.stdout


@pytest.fixture
def event(steps: Steps) -> Iterator[Event]:
    host = Host()
    yield Event(steps, host)
    host.server.shutdown()
    host.server.server_close()


def test_a_pull_request_is_reviewed_in_one_comment_that_follows_it(event: Event) -> None:
    event.host.comments = [{"id": n, "body": f"comment {n}"} for n in range(250)]
    repo = event.steps.repo
    repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("at most 120", "at most 90")})
    code, said = event.go()
    assert code == 1
    assert "comment posted" in said
    assert "the comment says this already" in event.go()[1]
    repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("at most 120", "at most 80")})
    assert "comment updated" in event.go()[1]
    ours = [one["body"] for one in event.host.comments if one["body"].startswith("<!-- promptops")]
    assert len(ours) == 1
    assert "80 words" in ours[0]


def test_a_pull_request_from_a_fork_is_reviewed_in_the_summary(event: Event) -> None:
    """Its token only reads; that is no failure, and what is wrong with the change still counts."""
    event.host.read_only = True
    repo = event.steps.repo
    repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("at most 120", "at most 90")})
    code, said = event.go()
    assert code == 1
    assert "does not let this token comment (403)" in said
    assert event.host.comments == []
    assert "90 words" in (event.steps.temp / "summary.md").read_text()


class Merge:
    """GitLab's job on a merge request, as its runner calls it, with a host of our own as its API.

    What the job installs is not: `apt-get` and `pip` only note what was asked of them.
    """

    def __init__(self, repo: Repo, temp: Path, host: Host) -> None:
        self.repo, self.temp, self.host = repo, temp, host
        self.base = repo.git("rev-parse", "HEAD")
        text = (HERE / "ci/gitlab.yml").read_text().replace("/opt/promptops", str(temp / "opt"))
        self.job = yaml.safe_load(text)["promptops"]
        (temp / "bin").mkdir()
        self.put(temp / "bin/apt-get", f'echo "apt-get $*" >>"{temp}/asked"')
        self.put(temp / "bin/pip", f'echo "pip $*" >>"{temp}/asked"')
        venv = f'mkdir -p "$4/bin"; ln -sf "{temp}/bin/pip" "{BIN}/promptops" "$4/bin"'
        self.put(temp / "bin/python", venv)

    def put(self, path: Path, script: str) -> None:
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def go(self, token: str = "glpat-1", **more: str) -> tuple[int, str]:
        """(exit code, all that was printed) of one run of the job."""
        env = {
            **CLEAN,
            **self.job["variables"],
            "PROMPTOPS_SOURCE": "git+https://gitlab.example.com/g/promptops@0123abc",
            "PATH": f"{self.temp / 'bin'}:{os.environ['PATH']}",
            "PROMPTOPS_HOME": str(self.temp / "home"),
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{self.host.url}/api/v4",
            "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.base,
            **({"PROMPTOPS_GITLAB_TOKEN": token} if token else {}),
            **more,
        }
        script = "\n".join([*self.job["before_script"], *self.job["script"]])
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.repo.root,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def merge(steps: Steps, tmp_path: Path) -> Iterator[Merge]:
    host = Host()
    (tmp_path / "gitlab").mkdir()
    yield Merge(steps.repo, tmp_path / "gitlab", host)
    host.server.shutdown()
    host.server.server_close()


def test_a_merge_request_is_reviewed_in_one_note_that_follows_it(merge: Merge) -> None:
    repo = merge.repo
    repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("at most 120", "at most 90")})
    code, said = merge.go()
    assert code == 1, said
    assert "comment posted" in said
    asked = (merge.temp / "asked").read_text()
    assert asked.endswith(
        "pip install --quiet git+https://gitlab.example.com/g/promptops@0123abc\n"
    )
    assert "PO" in (repo.root / "promptops.xml").read_text()
    assert "the comment says this already" in merge.go()[1]
    repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("at most 120", "at most 80")})
    assert "comment updated" in merge.go()[1]
    (note,) = merge.host.comments
    assert note["body"].startswith("<!-- promptops-diff -->\n")
    assert "80 words" in note["body"]
    assert merge.host.tokens == {"glpat-1"}
    assert {path.partition("?")[0] for _, path in merge.host.asked if "notes" in path} == {
        "/api/v4/projects/42/merge_requests/7/notes",
        "/api/v4/projects/42/merge_requests/7/notes/1000",
    }


def test_a_merge_request_that_is_fine_and_one_from_a_fork(merge: Merge) -> None:
    merge.repo.commit({"README.md": "hello\n"})
    code, said = merge.go(token="")
    assert code == 0, said
    assert merge.host.asked == []  # no token, no note
    merge.repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("owner: product", "owner: [")})
    assert merge.go(token="")[0] == 1
    assert merge.host.asked == []


def test_a_pipeline_says_itself_what_pip_installs(merge: Merge) -> None:
    """No name of ours is on PyPI yet; whoever took it would be run with the pipeline's token."""
    code, said = merge.go(PROMPTOPS_SOURCE="")
    assert code == 2
    assert said.startswith("set the variable PROMPTOPS_SOURCE ")
    assert not (merge.temp / "asked").exists()


def test_a_merge_request_posts_no_review_that_it_brings_along(merge: Merge) -> None:
    forged = "<!-- promptops-diff -->\nNothing to see here.\n"
    merge.repo.commit({"promptops.md": forged, "promptops.xml": "<testsuites/>"})
    merge.base = "0" * 39 + "1"  # no such commit: there is no review
    code, said = merge.go()
    assert code == 1, said
    assert merge.host.comments == []
    assert not (merge.repo.root / "promptops.md").exists()


def test_no_name_and_no_text_of_a_stranger_is_run_or_commands_the_runner(event: Event) -> None:
    """File, branch and author names, messages and rules, in all of the action's steps."""
    trap = "$(touch trap)`touch trap`;touch trap\n::set-output name=a::b\n::error::x"
    repo = event.steps.repo
    repo.git("checkout", "-q", "-b", "x;touch${IFS}trap")
    repo.git("config", "user.name", trap.replace("\n", " "))
    folder = "prompts/$(touch trap);`touch trap` ::error::'\"&"
    text = json.dumps(f"Use at most 120 words. {trap}")
    hostile = PROMPT.replace("id: a\n", "id: b\n").replace("Use at most 120 words.", text)
    wrong = PROMPT.replace("id: a\n", f"id: c\n{json.dumps(trap)}: 1\n")
    repo.commit({f"{folder}/prompt.yaml": hostile, "prompts/-rf/prompt.yaml": wrong}, trap)
    _, said = event.go()
    assert not list(repo.root.rglob("trap"))
    commands = [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert any("touch trap" in line for line in commands)
    for line in commands:
        assert re.match(r"::(error|warning|notice) file=[^:]*,line=\d+", line), line
    assert not re.search(r"^\s*::set-output", said, re.MULTILINE)


def test_the_documented_problem_matcher_reads_our_annotations(steps: Steps) -> None:
    page = (HERE / "docs/ci.md").read_text()
    matcher = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])[0]
    steps.repo.commit({"prompts/a/prompt.yaml": PROMPT.replace("owner: product", "owner: [")})
    _, said, _ = steps.run("check")
    pattern = matcher["pattern"]
    found = [re.match(pattern["regexp"], line) for line in said.splitlines()]
    (first, *_) = [match for match in found if match]
    assert first[pattern["file"]] == "prompts/a/prompt.yaml"
    assert first[pattern["severity"]] == "error"
    assert first[pattern["code"]].startswith("PO0")


def test_the_documented_actions_are_pinned() -> None:
    page = (HERE / "docs/ci.md").read_text()
    for used in re.findall(r"uses: (\S+)", page):
        assert re.search(r"@([0-9a-f]{40}|COMMIT)$", used), used
