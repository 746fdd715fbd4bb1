"""Standard streams that are full, closed or given up: said in a sentence, and with the right code."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

COMMANDS = (("explain", "PO101"), ("--help",), ("check",), ("check", "--format", "json"))
FULL = Path("/dev/full")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    for n in range(300):  # more findings than a pipe holds
        (prompts / f"{n}.prompt.yaml").write_text(f"id: Not An Id {n}\n")
    return tmp_path


def shell(folder: Path, words: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`promptops ARGUMENTS` with the redirection `words`, run by a shell."""
    line = f'set -o pipefail; "$0" -m promptops "$@" {words}'
    return subprocess.run(
        ["bash", "-c", line, sys.executable, *arguments], cwd=folder, capture_output=True,
        text=True, check=False, env={**os.environ, "PROMPTOPS_HOME": str(folder / ".kept")},
    )  # fmt: skip


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_full_disk_is_a_sentence(folder: Path, arguments: tuple[str, ...]) -> None:
    for _ in range(2):  # an answer kept from the first run is written another way
        ran = shell(folder, "> /dev/full", *arguments)
        assert ran.returncode == 2, ran.stderr
        assert ran.stderr.startswith("error: no space left on device\n  = help: ")
        assert "Traceback" not in ran.stderr
        assert "Exception ignored" not in ran.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_costs_nothing_but_its_words(folder: Path, closed: str) -> None:
    for arguments in COMMANDS:
        ran = shell(folder, closed, *arguments)
        assert ran.returncode == (arguments[0] == "check"), ran.stderr
        assert ran.stderr == ""


def test_a_reader_that_goes_away_changes_no_exit_code(folder: Path) -> None:
    whole = shell(folder, "> /dev/null", "check", "--format", "json")
    ran = shell(folder, "| head -c 1", "check", "--format", "json")
    assert (whole.returncode, ran.returncode, ran.stderr) == (1, 1, "")
    assert shell(folder, "| head -c 1", "explain", "PO101", "--format", "json").stderr == ""


def test_a_broken_pipe_inside_is_no_silence(monkeypatch, capfd, folder: Path) -> None:
    from promptops.cli import main

    def broken(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.chdir(folder)
    monkeypatch.setattr(import_module("promptops.cli.explain"), "explain", broken)
    assert main(["explain", "PO101"]) == 70
    assert "a pipe to another program broke" in capfd.readouterr().err
