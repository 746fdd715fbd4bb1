"""What long work shows on a terminal, and only there."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from repos import Repo

from promptops.cli import _waiting

RUN = """
import sys
from promptops.cli import _waiting, main
_waiting.FIRST_SECONDS = _waiting.EVERY_SECONDS = 0.0
sys.exit(main(["people"]))
"""


def shown(repo: Repo, home: Path, **environ: str) -> str:
    """Standard error of `promptops people`, where that is a terminal."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=repo.root, stdout=subprocess.PIPE, stderr=theirs,
        env={**os.environ, "PROMPTOPS_HOME": str(home), "TERM": "xterm", **environ}, check=False,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert done.returncode == 0
    assert b"AGENTS.md" in done.stdout
    return said.decode()


def test_a_person_sees_how_far_the_reading_is(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit({"AGENTS.md": "- Never push to main.\n- Use tabs.\n"})
    said = shown(repo, tmp_path / "home")
    assert "reading the history of rules: 2 · AGENTS.md:2" in said
    assert said.endswith("\r\x1b[K"), "the line is taken away again"
    assert shown(repo, tmp_path / "home", TERM="dumb") == ""


def test_a_person_is_told_where_the_page_is(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "promptops", "schema", "prompt", "--output", "prompt.json"]
    subprocess.run(command, cwd=tmp_path, stdout=theirs, stderr=theirs, check=True)
    os.close(theirs)
    assert os.read(ours, 4096).split() == [b"written", b"to", b"prompt.json"]
    os.close(ours)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_what_is_quick_says_nothing() -> None:
    assert _waiting.FIRST_SECONDS >= 1
