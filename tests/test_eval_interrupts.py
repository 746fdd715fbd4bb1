"""Ctrl-C while calls run, as a person at a terminal sees it, and the line that shows how far it is."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Reply, plain
from repos import Repo

from promptops.cli._eval.progress import FEWEST, WINDOW_SECONDS, Pace, progress_text
from promptops.evals.run import Progress

PROMPT = """promptops: 1
id: p
version: 1.0.0
models: [m]
variables: {{q: {{examples: [x]}}}}
messages: [{{role: user, content: "{{{{ q }}}}"}}]
rules:
  - id: yes
    text: Say yes.
    rationale: Because.
    tests: [{{cases: all, assert: {{not_contains: shout}}}}]
cases:
{cases}"""
ANSWERED = 10


def hanging(number: int, body: dict[str, Any]) -> Reply:
    """Some answers at once, and then none for longer than any test waits."""
    return plain(number, body) if number <= ANSWERED else Reply(body=b"{}", latency=600)


class Terminal:
    """A command whose standard error is a terminal, and all that was shown there."""

    def __init__(self, repo: Repo, home: Path, *arguments: str, term: str = "xterm") -> None:
        self._ours, theirs = pty.openpty()
        self.running = subprocess.Popen(
            [sys.executable, "-m", "promptops", *arguments],
            cwd=repo.root, stdout=subprocess.PIPE, stderr=theirs,
            env={**os.environ, "PROMPTOPS_HOME": str(home), "TERM": term, "COLUMNS": "120"},
        )  # fmt: skip
        os.close(theirs)
        self._said = bytearray()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def said(self) -> str:
        return self._said.decode(errors="replace")

    def _read(self) -> None:
        try:
            while part := os.read(self._ours, 4096):
                self._said += part
        except OSError:  # how Linux says that the other end is closed
            pass

    def until(self, words: str) -> None:
        """Wait until they are shown."""
        end = time.monotonic() + 60
        while words not in self.said:
            assert time.monotonic() < end, self.said
            time.sleep(0.01)

    def ended(self) -> bytes:
        """Standard output, once it is over."""
        out, _ = self.running.communicate(timeout=60)
        self._reading.join()
        os.close(self._ours)
        return out


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    cases = "".join(f"  - id: c{i}\n    variables: {{q: q{i}}}\n" for i in range(40))
    made.commit({"prompts/p.prompt.yaml": PROMPT.format(cases=cases)})
    return made


@contextmanager
def under_way(repo: Repo, home: Path, *more: str) -> Iterator[tuple[Terminal, Loopback]]:
    """A run all of whose calls in flight hang."""
    with Loopback(hanging) as server:
        asked = ("eval", "p", "--api-base", server.url, "--model", "m", "--concurrency", "4")
        terminal = Terminal(repo, home, *asked, *more)
        while server.count < ANSWERED + 4:
            assert terminal.running.poll() is None, terminal.said
            time.sleep(0.01)
        yield terminal, server


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_says_what_the_second_does_and_the_second_ends_it(
    repo: Repo, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    home = tmp_path / "h"
    with under_way(repo, home) as (terminal, server):
        terminal.running.send_signal(sent)
        terminal.until("stopping, Ctrl-C again quits at once · 10/40")
        terminal.running.send_signal(sent)
        out = terminal.ended()
        assert terminal.running.returncode == code
        assert out == b"", "whoever asks twice waits for no report"
        assert terminal.said.endswith("\r\x1b[Kinterrupted\r\n")
        server.behave, before = plain, server.count
        again = Terminal(repo, home, "eval", "p", "--api-base", server.url, "--model", "m")
        again.ended()
        assert again.running.returncode == 0
        assert server.count == before + 40 - ANSWERED, "what was answered is kept"


def test_a_batch_of_calls_is_left_too(repo: Repo, tmp_path: Path) -> None:
    more = "".join(
        f"  - id: r{i}\n    text: Say {i}.\n    rationale: Because.\n"
        f"    tests: [{{cases: all, assert: {{contains: '{i}'}}}}]\n"
        for i in range(3)
    )
    text = (repo.root / "prompts/p.prompt.yaml").read_text().replace("cases:\n", more + "cases:\n")
    repo.commit({"prompts/p.prompt.yaml": text})
    with Loopback(hanging) as server:
        asked = ("cliff", "p", "--api-base", server.url, "--model", "m", "--max-calls", "60")
        terminal = Terminal(repo, tmp_path / "h", *asked)
        while server.count < ANSWERED + 4:
            assert terminal.running.poll() is None, terminal.said
            time.sleep(0.01)
        terminal.running.send_signal(signal.SIGINT)
        terminal.until("stopping, Ctrl-C again quits at once")
        terminal.running.send_signal(signal.SIGINT)
        assert terminal.ended() == b""
        assert terminal.running.returncode == 130


def test_what_cannot_be_put_away_is_left(tmp_path: Path) -> None:
    script = (
        "import os, signal, time\n"
        "from promptops.cli._eval.signals import Signals\n"
        "with Signals(lambda: None):\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    finally:\n"
        "        time.sleep(600)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (143, b"interrupted\n")


def test_before_the_first_answer_it_is_seen_that_it_runs(repo: Repo, tmp_path: Path) -> None:
    with Loopback(lambda number, body: Reply(body=b"{}", latency=600)) as server:
        asked = ("eval", "p", "--api-base", server.url, "--model", "m")
        terminal = Terminal(repo, tmp_path / "h", *asked)
        terminal.until("0/40")
        terminal.running.send_signal(signal.SIGINT)
        terminal.running.send_signal(signal.SIGINT)
        terminal.ended()


def paced(*seen: tuple[float, int]) -> Pace:
    pace = Pace()
    for when, fresh in seen:
        pace.note(when, fresh)
    return pace


def test_the_pace_is_that_of_many_calls_at_once() -> None:
    assert paced().rate(0.0) is None
    start = paced((9.0, 0), (10.0, 1))  # nine seconds of loading, reading and one call alone
    assert start.rate(10.5) is None
    assert paced((10.0, 1), (11.0, FEWEST)).rate(11.0) is None, "too few to tell"
    assert paced((10.0, 1), (11.0, 21)).rate(11.5) == 20.0


def test_the_pace_is_that_of_late_and_falls_in_silence() -> None:
    seen = [(float(at), 1 + 100 * at) for at in range(40)]
    late = [(40.0 + at, 3901 + 10 * at) for at in range(1, 60)]
    pace = paced(*seen, *late)
    assert pace.rate(late[-1][0]) == pytest.approx(10.0)
    assert paced((0.0, 1), (10.0, 101)).rate(15.0) == 10.0
    assert paced((0.0, 1), (10.0, 101)).rate(15.0 + WINDOW_SECONDS) < 3.0  # type: ignore[operator]
    assert paced((0.0, 1), (10.0, 101), (11.0, 3)).rate(11.0) is None, "another batch"


def test_the_line_on_the_terminal() -> None:
    text = progress_text(Progress(500, 120, 20, 101, 0.0123, 2), 10.0)
    assert text == "120/500 · 10/s · $0.0123 · 2 without an answer · 38 s left"
    assert progress_text(Progress(5, 0, 0, 0, None, 0), None) == "0/5"
    assert progress_text(Progress(5000, 0, 0, 0, None, 0), 0.5) == "0/5000 · 0.5/s · 2.8 h left"
    assert progress_text(Progress(500, 20, 0, 0, None, 0), 1.0) == "20/500 · 1.0/s · 8 min left"
    assert progress_text(Progress(5, 5, 0, 5, None, 0), 9.0) == "5/5 · 9.0/s"
