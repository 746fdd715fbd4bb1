"""Runs on several workers: the same report, one budget, and nothing lost when workers die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cliff_server import Model
from cliff_server import prompt_text as cliff_text
from dask_cluster import cluster
from loopback import Behave, Loopback, Reply, completion
from repos import Repo
from test_eval import prompt_text
from test_evals_store import fresh

from promptops import __version__
from promptops.cli._workers import Hello, hello, welcome
from promptops.errors import ProviderError, UsageError
from promptops.evals import Answer, Request, State, engines
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link
from promptops.evals.runner import Progress
from promptops.evals.shards import MOST_DEATHS, Coordinator, Job, Outcome
from promptops.model import Message
from promptops.tokens.prices import INPUT, OUTPUT, Price

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed")
KEY = "sk-workers-0123456789"
CASES = 120


# -- the coordinator, on workers that are told what to do ----------------------------------------


class Workers:
    """Workers that answer at once; `dies` says of the n-th shard handed out whether it is lost."""

    def __init__(self, workers: int = 2, dies: set[int] | None = None, usd: float = 0.0) -> None:
        self.workers = workers
        self.dies = dies or set()
        self.usd = usd
        self.out: list[tuple[int, Job, tuple[Request, ...]]] = []
        self.jobs: list[Job] = []
        self.asked: Counter[str] = Counter()
        self.kept: set[str] = set()
        self.stopped = 0
        self.error: tuple[str, str, str, int] | None = None

    def submit(self, number: int, job: Job, requests: tuple[Request, ...]) -> None:
        self.jobs.append(job)
        self.out.append((number, job, requests))
        assert len(self.out) <= self.workers

    def wait(self, seconds: float) -> list[tuple[int, Outcome | None]]:
        number, job, requests = self.out.pop(0)
        if len(self.jobs) in self.dies:
            return [(number, None)]
        return [(number, self._done(job, requests))]

    def stop(self) -> None:
        self.stopped += 1

    def everywhere(self, ask: Any, about: str) -> dict[str, Any]:
        return {}

    def _done(self, job: Job, requests: tuple[Request, ...]) -> Outcome:
        answers, calls, kept = [], 0, 0
        for request in requests:
            text = request.messages[0].content
            if text in self.kept:
                kept += 1
            elif self.error or (job.limits.max_calls is not None and calls >= job.limits.max_calls):
                answers.append(Answer(State.NOT_RUN))
                continue
            else:
                calls += 1
                self.asked[text] += 1
                self.kept.add(text)
            answers.append(Answer(State.ANSWER, text))
        cut = any(one.state is State.NOT_RUN for one in answers)
        stopped = self.error[0] if self.error else "budget" if cut else ""
        return Outcome(tuple(answers), calls, kept, calls * self.usd, 0.0, stopped, self.error)


def coordinated(workers: Workers, n: int = 300, **limits: Any) -> Coordinator:
    price = Price("m", {INPUT: 1e-5, OUTPUT: 1e-4}, {}) if workers.usd else None
    job = Job("run", "", "p", Link(), Limits(**limits), Tariff(price))
    return Coordinator(workers, job)


def asked(n: int) -> list[Request]:
    return [Request("p", "m", (Message("user", f"q{i}"),), {"max_tokens": 5}) for i in range(n)]


def test_the_first_call_goes_alone_and_equal_ones_once() -> None:
    workers = Workers()
    seen: list[Progress] = []
    coordinator = coordinated(workers)
    coordinator.progress = seen.append
    run = coordinator.run([*asked(300), *asked(10)])
    assert [one.text for one in run.answers] == [f"q{i % 300}" for i in range(310)]
    assert set(workers.asked.values()) == {1}
    assert (run.calls, run.kept, run.stopped) == (300, 0, "")
    assert [job.proven for job in workers.jobs[:2]] == [False, True]
    assert workers.jobs[1].limits.concurrency == 4
    assert seen[-1].done == seen[-1].planned == 300


def test_a_shard_whose_worker_died_is_handed_out_again() -> None:
    workers = Workers(dies={1, 3, 4, 6})
    run = coordinated(workers).run(asked(300))
    assert run.count(State.ANSWER) == 300
    assert set(workers.asked.values()) == {1}


def test_workers_that_always_die_end_the_run() -> None:
    run = coordinated(Workers(dies=set(range(100)))).run(asked(30))
    assert run.stopped == "the workers die"
    assert run.count(State.NOT_RUN) == 30
    assert MOST_DEATHS < 100


@pytest.mark.parametrize("most", [0, 1, 2, 50, 149, 299])
def test_a_limit_of_calls_is_kept_by_all_together(most: int) -> None:
    workers = Workers(3)
    run = coordinated(workers, max_calls=most).run(asked(300))
    assert sum(workers.asked.values()) == run.calls == run.count(State.ANSWER) == most
    assert run.stopped == "budget"
    assert set(workers.asked.values()) <= {1}


def test_a_dead_workers_money_stays_spent() -> None:
    workers = Workers(dies={3}, usd=0.0001)
    run = coordinated(workers, max_usd=1.0).run(asked(300))
    assert run.count(State.ANSWER) == 300
    assert run.assumed > 0
    assert run.usd == pytest.approx(run.assumed + 300 * 0.0001)
    granted = [job.limits.max_usd for job in workers.jobs]
    assert all(one is not None and one <= 1.0 for one in granted)
    assert coordinated(Workers(usd=0.1), max_usd=1e-9).run(asked(9)).count(State.ANSWER) <= 1


def test_an_error_stops_all_and_says_what_it_was() -> None:
    workers = Workers()
    workers.error = ("no key", "check it", "", 2)
    run = coordinated(workers).run(asked(300))
    assert run.error is not None
    assert (run.error.message, run.error.hint, run.error.exit_code) == ("no key", "check it", 2)
    assert len(workers.jobs) == workers.stopped == 1
    assert run.count(State.NOT_RUN) == 300


def test_an_interrupt_hands_out_nothing_more() -> None:
    workers = Workers()
    coordinator = coordinated(workers)
    coordinator.progress = lambda _: coordinator.interrupt()
    run = coordinator.run(asked(300))
    assert run.stopped == "interrupted"
    assert workers.stopped == 1
    assert 0 < run.count(State.ANSWER) < 300


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UsageError) as caught,
        engines.pool("dask", lambda *_: Any, "run", 1, ""),  # type: ignore[arg-type, return-value]
    ):
        pass
    assert "promptops-toolkit[dask]" in caught.value.hint
    assert engines.names() == ("local", "dask")


# -- who uses none of it -------------------------------------------------------------------------

ENGINES = ("dask", "distributed", "litellm", "psycopg", "openai")
OURS = ("cli._engine", "cli._workers", "cli._eval.batch", "evals.engines", "evals.shards",
        "evals.postgres", "evals.batches.night", "evals.batches.litellm")  # fmt: skip
LOADED = """
import sys
from promptops.__main__ import main
try:
    code = main()
except SystemExit as end:
    code = end.code
print(code, *sorted(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("command", ["eval", "cliff"])
def test_calls_of_this_process_load_no_engine(tmp_path: Path, command: str) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit({"prompts/world.prompt.yaml": cliff_text(8, 12, 0.6)})
    with Loopback() as server:
        argv = [command, "world", "--api-base", server.url, "--model", "m", "--max-calls", "20"]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PROMPTOPS_")}
        done = subprocess.run(
            [sys.executable, "-c", LOADED, *argv], cwd=repo.root, env=environ, capture_output=True,
            check=False,
        )  # fmt: skip
        assert server.count > 10
    code, *modules = done.stderr.decode().splitlines()[-1].split()
    assert code in ("0", "1", "3")
    assert {name.split(".")[0] for name in modules} & set(ENGINES) == set()
    assert [name for name in modules if name.removeprefix("promptops.") in OURS] == []


def test_engines_are_extras() -> None:
    import tomllib

    text = (Path(__file__).parent.parent / "pyproject.toml").read_text()
    needed = " ".join(tomllib.loads(text)["project"]["dependencies"])
    assert not [name for name in ENGINES if name in needed]


# -- Dask ----------------------------------------------------------------------------------------


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/p.prompt.yaml": prompt_text(CASES)})
    return made


def slow(seconds: float) -> Behave:
    def behave(number: int, body: dict[str, Any]) -> Reply:
        odd = int(body["messages"][-1]["content"].split()[-1]) % 5 == 0
        text = f"no! {KEY}" if odd else "yes"
        return Reply(body=completion(text, model="m"), latency=seconds)

    return behave


def started(repo: Repo, home: Path, url: str, *more: str) -> subprocess.Popen[bytes]:
    to = ("--api-base", url, "--model", "m")
    return running(repo, home, "eval", "p", *to, "--format", "json", *more)


def running(repo: Repo, home: Path, *argv: str, **more: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PROMPTOPS_HOME": str(home), "PROMPTOPS_API_KEY": KEY}
    for name in ("PROMPTOPS_STORE", "PROMPTOPS_DASK"):
        environ.pop(name, None)
    environ.update(more)
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "promptops", *argv]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=repo.root, env=environ)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    out, err = process.communicate()
    return process.returncode, out, err.decode()


def children(pid: int) -> list[int]:
    """The workers of a run, by what the kernel says."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid and b"spawn_main" in command:
            found.append(int(status.parent.name))
    return found


@needs_dask
def test_two_workers_give_the_same_report_bytes_as_one_process(repo: Repo, tmp_path: Path) -> None:
    reports = []
    with Loopback(slow(0.01)) as server:
        for name, more in {
            "local": (),
            "two": ("--engine", "dask", "--workers", "2"),
        }.items():
            before = server.count
            code, out, err = ended(started(repo, tmp_path / name, server.url, *more))
            assert code == 3, err
            assert server.count - before == CASES
            assert all(f"Bearer {KEY}" in head for _, _, head in server.served)
            reports.append(out)
            assert KEY.encode() not in out + err.encode()
    assert reports[0] == reports[1]
    for file in tmp_path.rglob("answers.db*"):
        assert file.is_dir() or KEY.encode() not in file.read_bytes()


@needs_dask
def test_a_study_on_two_workers_gives_the_same_report_bytes(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit({"prompts/world.prompt.yaml": cliff_text(8, 20, 0.6)})
    model = Model(8, {(2, 3): 0.5})

    def behave(_number: int, body: dict[str, Any]) -> Reply:
        told, asked = (message["content"] for message in body["messages"])
        return Reply(body=completion(model.said(told, asked, 1), model="m"))

    told = []
    with Loopback(behave) as server:
        for name, engine in {"local": "local", "two": "dask"}.items():
            before = server.count
            more = ("--max-calls", "100", "--format", "json", "--engine", engine)
            argv = ("cliff", "world", "--api-base", server.url, "--model", "m", *more)
            done = ended(running(repo, tmp_path / name, *argv))
            told.append((*done, server.count - before))
    assert told[0] == told[1]
    assert json.loads(told[0][1])["result"]["calls"] == told[0][3] == 100


@needs_dask
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_a_worker_may_be_killed(repo: Repo, tmp_path: Path) -> None:
    with Loopback(slow(0.05)) as server:
        running = started(repo, tmp_path / "home", server.url, "--engine", "dask")
        while server.count < 20:
            assert running.poll() is None
            time.sleep(0.005)
        os.kill(children(running.pid)[0], signal.SIGKILL)
        code, out, err = ended(running)
        times = Counter(server.contents())
    assert code == 3, err
    assert json.loads(out)["result"]["calls"]["answered"] == len(times) == CASES
    assert sum(times.values()) - CASES <= 4  # a worker's share of --concurrency


@needs_dask
def test_a_cluster_needs_a_shared_store(repo: Repo, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "promptops", "eval", "p", "--engine", "dask"]
    environ = {**os.environ, "PROMPTOPS_DASK": "tcp://127.0.0.1:1"}
    environ.pop("PROMPTOPS_STORE", None)
    done = subprocess.run(argv, cwd=repo.root, env=environ, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"PROMPTOPS_STORE" in done.stderr
    assert replace(Link(key=KEY), key="").key == ""


# -- workers on other machines -------------------------------------------------------------------


def test_a_worker_that_cannot_do_its_part_is_named() -> None:
    ours = Hello("1.0", "3.12", "db")
    fine = {"tcp://a": ours, "tcp://b": Hello("1.0", "3.12", "db", keyless="MY_KEY")}
    welcome(fine, ours)
    amiss: dict[str, Any] = {
        "promptops 0.9, not 1.0": Hello("0.9", "3.12", "db"),
        "Python 3.11, not 3.12": Hello("1.0", "3.11", "db"),
        "another answer store": Hello("1.0", "3.12", "other"),
        "it has no PROMPTOPS_STORE": Hello("1.0", "3.12", "", problem="it has no PROMPTOPS_STORE"),
        "promptops is not installed there": ModuleNotFoundError("no", name="promptops"),
        "it has another promptops (AttributeError)": AttributeError("x"),
        "it has no MY_KEY": Hello("1.0", "3.12", "db", keyless="MY_KEY"),
    }
    for why, one in amiss.items():
        with pytest.raises(ProviderError) as caught:
            welcome({"tcp://a": ours, "tcp://b": one}, ours, keyed=True)
        assert caught.value.message == f"the worker at tcp://b cannot be used: {why}"
        assert "same promptops" in caught.value.hint


def test_a_process_says_what_it_is(monkeypatch: pytest.MonkeyPatch, postgresql_server: str) -> None:
    monkeypatch.delenv("PROMPTOPS_STORE", raising=False)
    assert hello("").problem == "it has no PROMPTOPS_STORE"
    urls = [fresh(postgresql_server) for _ in range(2)]
    told = []
    for url in (urls[0], urls[0], urls[1]):
        monkeypatch.setenv("PROMPTOPS_STORE", url)
        told.append(hello("NO_SUCH_KEY"))
    assert told[0] == told[1] != told[2]
    assert (told[0].version, told[0].keyless, told[0].problem) == (__version__, "NO_SUCH_KEY", "")
    monkeypatch.setenv("PROMPTOPS_STORE", "postgresql://a:b@127.0.0.1:1/x")
    assert "cannot open the answer store" in hello("").problem


@needs_dask
def test_a_cluster_of_processes_loses_nothing_when_one_is_killed(
    repo: Repo, tmp_path: Path, postgresql_server: str
) -> None:
    """Two workers that share a database and no folder: the report bytes of one process."""
    store = {"PROMPTOPS_STORE": fresh(postgresql_server)}
    with (
        Loopback(slow(0.05)) as server,
        cluster(environ={**store, "PROMPTOPS_API_KEY": KEY}) as dask,
    ):
        to = ("eval", "p", "--api-base", server.url, "--model", "m", "--format", "json")
        _, alone, _ = ended(running(repo, tmp_path / "alone", *to))
        served = server.count
        there = {**store, "PROMPTOPS_DASK": dask.address}
        run = running(repo, tmp_path / "home", *to, "--engine", "dask", **there)
        while server.count < served + 20:
            assert run.poll() is None
            time.sleep(0.005)
        dask.kill("w0")
        code, out, err = ended(run)
        asked = Counter(server.contents()[served:])
        files = [path.name for path in dask.folder.glob("w*/answers.db*")]
    assert code == 3, err
    same = ("rules", "slices", "failures", "calls", "digests", "task")
    told, one = json.loads(out)["result"], json.loads(alone)["result"]
    assert {name: told[name] for name in same} == {name: one[name] for name in same}
    assert len(asked) == CASES
    assert sum(asked.values()) - CASES <= 4  # a worker's share of --concurrency
    assert files == []
