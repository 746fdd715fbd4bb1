"""The runner under faults. The loopback server counts; nothing here trusts our own figures."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from asking import KEY, QUICK, asked, requests
from loopback import Behave, Loopback, Reply, completion, plain

from promptops.errors import ProviderError
from promptops.evals import Answer, Request, State, salvage
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, Provider, Retry, provider
from promptops.evals.runner import Means, Run, Runner
from promptops.evals.store import NAME, Store, StoreError
from promptops.tokens.prices import INPUT, OUTPUT, Price

# 10 dollars a million tokens in, 100 out
TARIFF = Tariff(Price("m", {INPUT: 1e-5, OUTPUT: 1e-4}, {}))


def right(run: Run) -> None:
    """Every answer is the one to its own question."""
    for i, answer in enumerate(run.answers):
        if answer.state is State.ANSWER:
            assert answer.text == f"q{i:04}"
        else:
            assert answer.text == ""


def test_every_question_is_asked_once_and_never_again(tmp_path: Path) -> None:
    with Loopback() as server:
        first = asked(tmp_path, server.url)
        again = asked(tmp_path, server.url)
    assert first.count(State.ANSWER) == server.count == first.calls == 100
    assert (again.calls, again.kept) == (0, 100)
    assert again.answers == first.answers
    right(first)


def test_equal_requests_are_asked_once_and_repeats_each_time(tmp_path: Path) -> None:
    async def go(url: str) -> Run:
        store = Store(str(tmp_path))
        [one] = requests(url, 1)
        again = Request(one.provider, one.model, one.messages, one.parameters, 1, url)
        asks = provider("openai_compatible", Link(url))
        run = await Runner(Means(asks, store)).run([one, one, again])
        await asks.close()
        store.close()
        return run

    with Loopback() as server:
        run = asyncio.run(go(server.url))
        assert server.count == 2
    assert run.count(State.ANSWER) == 3


def failing(share: float, reply: Callable[[], Reply], seed: int = 1) -> Behave:
    """Some requests get another reply: drawn anew for each attempt, whatever their order is."""
    tries: Counter[str] = Counter()

    def behave(number: int, body: dict[str, Any]) -> Reply:
        question = body["messages"][-1]["content"]
        tries[question] += 1
        draw = random.Random(f"{seed} {question} {tries[question]}").random()
        return reply() if draw < share else plain(number, body)

    return behave


def permanently(share: float, reply: Reply, seed: int = 3) -> Behave:
    """Some questions never get an answer."""

    def behave(number: int, body: dict[str, Any]) -> Reply:
        question = body["messages"][-1]["content"]
        fails = random.Random(f"{seed}{question}").random() < share
        return reply if fails else plain(number, body)

    return behave


class Noting:
    """Asks another provider, and notes by the loop's clock when it asked and when it was turned away."""

    def __init__(self, inner: Provider) -> None:
        self.inner = inner
        self.name, self.version = inner.name, inner.version
        self.sent: list[float] = []
        self.turned: list[float] = []

    async def ask(self, request: Request, seconds: float) -> Answer:
        clock = asyncio.get_running_loop().time
        self.sent.append(clock())
        try:
            return await self.inner.ask(request, seconds)
        except Retry:
            self.turned.append(clock())
            raise

    async def close(self) -> None:
        await self.inner.close()


def test_too_many_requests_are_waited_for_as_long_as_asked(tmp_path: Path) -> None:
    wait = 0.1

    def behave(number: int, body: dict[str, Any]) -> Reply:
        if random.Random(number).random() < 0.5:
            return Reply(429, b"{}", {"Retry-After": str(wait)})
        return plain(number, body)

    async def go(url: str) -> tuple[Run, Noting]:
        asks, store = Noting(provider("openai_compatible", Link(url))), Store(str(tmp_path))
        run = await Runner(Means(asks, store, QUICK)).run(requests(url, 60))
        await asks.close()
        store.close()
        return run, asks

    with Loopback(behave) as server:
        run, noted = asyncio.run(go(server.url))
        assert server.count == len(noted.sent) <= 2.5 * 60
    assert run.count(State.ANSWER) == 60
    assert noted.turned
    for at in noted.turned:  # whoever was not under way already waited
        assert not [sent for sent in noted.sent if at < sent < at + wait]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529, 408, 429])
def test_bursts_of_errors_are_outlasted(tmp_path: Path, status: int) -> None:
    with Loopback(failing(0.2, lambda: Reply(status, b"oops"))) as server:
        run = asked(tmp_path, server.url, 60)
    assert run.count(State.ANSWER) == 60
    right(run)


def test_an_outage_opens_the_circuit_and_closes_it_by_itself(tmp_path: Path) -> None:
    def behave(number: int, body: dict[str, Any]) -> Reply:
        return Reply(503) if 40 <= number < 75 else plain(number, body)

    with Loopback(behave) as server:
        run = asked(
            tmp_path,
            server.url,
            120,
            Limits(first_wait=0.01, seconds=5, attempts=30, longest_wait=0.1),
        )
    assert run.count(State.ANSWER) == 120
    assert server.count == 120 + 35


def test_a_provider_that_stays_away_ends_the_run(tmp_path: Path) -> None:
    def behave(number: int, body: dict[str, Any]) -> Reply:
        return Reply(503) if number > 30 else plain(number, body)

    limits = Limits(first_wait=0.005, attempts=4, patience=0.3, seconds=5)
    with Loopback(behave) as server:
        run = asked(tmp_path, server.url, 200, limits)
    assert run.count(State.ANSWER) == 30
    assert run.stopped == "the provider does not answer"
    assert run.count(State.NOT_RUN) > 100


def test_a_third_that_never_answers_is_failed_and_changes_no_other_answer(tmp_path: Path) -> None:
    with Loopback(permanently(0.3, Reply(500, b"{}"))) as server:
        run = asked(tmp_path / "a", server.url, 100)
        hasty = Limits(first_wait=0.001, longest_wait=0.002, seconds=5)
        again = asked(tmp_path / "a", server.url, 100, hasty)
    with Loopback() as server:
        clean = asked(tmp_path / "b", server.url, 100)
    failed = run.count(State.FAILED)
    assert 20 <= failed <= 40
    assert again.count(State.FAILED) == failed  # a failure is not kept
    pairs = zip(run.answers, clean.answers, strict=True)
    assert all(a.text == b.text for a, b in pairs if a.state is State.ANSWER)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b'{"error": {"message": "bad key sk-loopback-0123456789"}}'),
        (402, b""),
        (429, b'{"error": {"code": "insufficient_quota", "message": "no money"}}'),
        (302, b""),
    ],
)
def test_a_spent_quota_or_wrong_key_stops_at_once(tmp_path: Path, status: int, body: bytes) -> None:
    def behave(number: int, asked: dict[str, Any]) -> Reply:
        return Reply(status, body) if number >= 30 else plain(number, asked)

    with Loopback(behave) as server:
        run = asked(tmp_path, server.url)
        assert server.count <= 30 + 8
        server.behave = plain
        before = server.count
        again = asked(tmp_path, server.url)
        assert server.count - before == 100 - run.count(State.ANSWER)
    assert run.count(State.ANSWER) == 29
    assert isinstance(run.error, ProviderError)
    assert KEY not in run.error.message
    assert run.count(State.NOT_RUN) > 50
    assert again.count(State.ANSWER) == 100


def test_a_wrong_key_on_the_first_call_asks_once(tmp_path: Path) -> None:
    with Loopback(lambda *_: Reply(401, b"no")) as server:
        run = asked(tmp_path, server.url)
        assert server.count == 1
    assert isinstance(run.error, ProviderError)
    assert "HTTP 401: no" in run.error.message


def test_where_nobody_listens_the_canary_says_so(tmp_path: Path) -> None:
    run = asked(tmp_path, "http://127.0.0.1:1/v1", limits=Limits(first_wait=0.001, attempts=2))
    assert isinstance(run.error, ProviderError)
    assert "no connection" in run.error.message
    assert run.count(State.NOT_RUN) == 99


def test_a_request_that_is_refused_every_time_is_not_sent_a_hundred_times(tmp_path: Path) -> None:
    with Loopback(lambda *_: Reply(400, b'{"error": {"message": "no such parameter"}}')) as server:
        run = asked(tmp_path, server.url)
        assert server.count == 5
    assert run.error is not None
    assert "no such parameter" in run.error.message


def test_a_slow_drip_ends_by_the_deadline(tmp_path: Path) -> None:
    dripping = Reply(body=completion("x" * 200), drip=0.05)
    with Loopback(permanently(0.5, dripping)) as server:
        start = time.monotonic()
        run = asked(tmp_path, server.url, 12, Limits(seconds=0.3, attempts=2, first_wait=0.01))
        took = time.monotonic() - start
    assert run.count(State.UNKNOWN) >= 2
    assert run.count(State.UNKNOWN) + run.count(State.ANSWER) == 12
    assert took < 60  # ten seconds an answer would it drip to its end


BAD = {
    "truncated": Reply(body=completion("x")[:40]),
    "empty": Reply(body=b""),
    "html": Reply(body=b"<html>busy</html>"),
    "error": Reply(body=b'{"error": {"message": "overloaded"}}'),
    "no choices": Reply(body=completion(choices=[])),
    "deep": Reply(body=b"[" * 100_000),
    "huge": Reply(body=b'"' + b"x" * 5_000_000 + b'"'),
    "huge chunks": Reply(body=b'"' + b"x" * 100_000 + b'"', chunked=True),
    "list": Reply(body=b"[]"),
    "odd choices": Reply(body=completion(choices=[1])),
    "null": Reply(body=completion(None)),
    "blank": Reply(body=completion("  \n")),
    "refusal": Reply(body=completion(None, refusal="I can't")),
    "filtered": Reply(body=completion("half", finish="content_filter")),
    "wrong model": Reply(body=completion("q", model="other")),
    "reset": Reply(body=completion("x" * 100), reset=30),
    "closed": Reply(body=completion("x" * 100), cut=30),
    "bad length": Reply(body=b"x", headers={"Content-Length": "-5"}),
}


def test_no_bad_body_is_ever_an_answer(tmp_path: Path) -> None:
    kinds = list(BAD.values())

    def behave(number: int, body: dict[str, Any]) -> Reply:
        which = int(body["messages"][-1]["content"][1:])
        return kinds[which // 2] if which % 2 and which // 2 < len(kinds) else plain(number, body)

    n = 2 * len(kinds)
    with Loopback(behave) as server:
        run = asked(tmp_path, server.url, n, Limits(attempts=2, first_wait=0.005, seconds=5))
    assert run.count(State.ANSWER) == n // 2
    right(run)
    assert {answer.state for answer in run.answers[1::2]} <= {
        State.FAILED,
        State.NO_ANSWER,
        State.UNKNOWN,
    }
    assert all(answer.reason for answer in run.answers[1::2])
    assert salvage.verify(str(tmp_path / NAME)).answers == n // 2


def test_chunked_bodies_and_cut_answers_are_answers(tmp_path: Path) -> None:
    def behave(number: int, body: dict[str, Any]) -> Reply:
        text = body["messages"][-1]["content"]
        return Reply(body=completion(text, finish="length", model="M-2024-07-18"), chunked=True)

    with Loopback(behave) as server:
        run = asked(tmp_path, server.url, 20)
    right(run)
    assert all(answer.cut and answer.model == "M-2024-07-18" for answer in run.answers)


def bill(server: Loopback) -> float:
    """What the server's own log costs: bytes in as tokens, all 50 tokens out."""
    return sum(len(str(b["messages"])) * 1e-5 + 50 * 1e-4 for _, b, _ in server.served)


def test_money_is_reserved_before_it_is_spent_and_bad_usage_keeps_it(tmp_path: Path) -> None:
    forged = [None, {"prompt_tokens": -5, "completion_tokens": 10**12}, {"prompt_tokens": "1"}]

    def behave(number: int, body: dict[str, Any]) -> Reply:
        return Reply(body=completion(body["messages"][-1]["content"], usage=forged[number % 3]))

    with Loopback(behave) as server:
        run = asked(tmp_path, server.url, 100, Limits(max_usd=0.1, first_wait=0.01), TARIFF)
        assert server.count * (5 * 1e-5 + 50 * 1e-4) <= 0.1
    assert run.stopped == "budget"
    assert run.usd is not None
    assert 0.08 < run.usd <= 0.1
    assert run.assumed == pytest.approx(run.usd)
    assert run.count(State.ANSWER) == run.calls == server.count
    assert run.count(State.NOT_RUN) == 100 - server.count


def test_honest_usage_gives_money_back(tmp_path: Path) -> None:
    with Loopback() as server:
        run = asked(tmp_path, server.url, 100, Limits(max_usd=0.1), TARIFF)
    cost = 20 * 1e-5 + 5 * 1e-4
    assert run.count(State.ANSWER) == 100
    assert run.usd == pytest.approx(100 * cost)
    assert run.assumed == 0
    assert run.answers[0].usd == pytest.approx(cost)


def test_calls_that_may_have_been_paid_keep_their_money(tmp_path: Path) -> None:
    with Loopback(permanently(0.5, Reply(body=completion("x" * 50), reset=10))) as server:
        limits = Limits(max_usd=0.06, attempts=3, first_wait=0.005)
        run = asked(tmp_path, server.url, 100, limits, TARIFF)
        assert server.count * (5 * 1e-5 + 50 * 1e-4) <= 0.06 * 2  # answers give most of it back
    assert run.stopped == "budget"
    assert run.usd is not None
    assert run.usd <= 0.06
    assert run.count(State.UNKNOWN) > 0


def test_a_limit_of_calls_is_kept_retries_included(tmp_path: Path) -> None:
    with Loopback(failing(0.3, lambda: Reply(500))) as server:
        run = asked(tmp_path, server.url, 100, Limits(max_calls=40, first_wait=0.005))
        assert server.count == run.calls == 40
    assert run.stopped == "budget"


def test_a_rate_limit_is_kept(tmp_path: Path) -> None:
    with Loopback() as server:
        asked(tmp_path, server.url, 12, Limits(per_minute=1200))
        times = [at for at, _, _ in server.served]
    assert times[-1] - times[0] >= 11 * 0.05 - 0.03


def test_an_interrupt_drains_and_the_next_run_asks_only_the_rest(tmp_path: Path) -> None:
    def slow(number: int, body: dict[str, Any]) -> Reply:
        return Reply(body=plain(number, body).body, latency=0.03)

    with Loopback(slow) as server:
        run = asked(
            tmp_path,
            server.url,
            200,
            QUICK,
            during=lambda runner: runner.interrupt(),
            when=lambda: server.count >= 20,
        )
        first = server.count
        assert run.count(State.ANSWER) == first < 200
        assert run.stopped == "interrupted"
        again = asked(tmp_path, server.url, 200)
        assert server.count == 200
    assert again.count(State.ANSWER) == 200


def test_whoever_waits_for_money_when_the_run_stops_stays_at_home(tmp_path: Path) -> None:
    def slow(number: int, body: dict[str, Any]) -> Reply:
        return Reply(body=plain(number, body).body, latency=0.5 if number > 1 else 0)

    with Loopback(slow) as server:
        run = asked(
            tmp_path,
            server.url,
            20,
            Limits(max_usd=0.008),  # of which a call may take 0.0055: one at a time
            TARIFF,
            during=lambda runner: runner.interrupt(),
            when=lambda: server.count == 2,
        )
        assert server.count == run.calls == run.count(State.ANSWER) == 2
    assert run.stopped == "interrupted"


def test_a_second_interrupt_waits_for_nobody(tmp_path: Path) -> None:
    def twice(runner: Runner) -> None:
        runner.interrupt()
        runner.interrupt()

    def slow(number: int, body: dict[str, Any]) -> Reply:
        return (
            Reply(body=b"{}", latency=40 if number > 1 else 0)
            if number > 1
            else plain(number, body)
        )

    with Loopback(slow) as server:
        start = time.monotonic()
        run = asked(tmp_path, server.url, 50, QUICK, during=twice, when=lambda: server.count > 8)
        assert time.monotonic() - start < 30
    assert run.count(State.UNKNOWN) == 8


def started(place: object, url: str, n: int) -> subprocess.Popen[bytes]:
    """A run in a process of its own."""
    here = os.path.dirname(__file__)
    argv = [sys.executable, f"{here}/asking.py", str(place), url, str(n)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE)


def slowly(number: int, body: dict[str, Any]) -> Reply:
    return Reply(body=plain(number, body).body, latency=0.02)


def test_killed_again_and_again_no_answer_is_lost(tmp_path: Path) -> None:
    kills = 4
    with Loopback(slowly) as server:
        for _ in range(kills):
            before = server.count
            running = started(tmp_path, server.url, 150)
            while server.count < before + 25 and running.poll() is None:
                time.sleep(0.005)
            running.send_signal(signal.SIGKILL)
            running.communicate()
        run = asked(tmp_path, server.url, 150)
        assert len(set(server.contents())) == 150
        assert server.count <= 150 + 8 * kills
    assert run.count(State.ANSWER) == 150
    right(run)
    assert run.kept > 25
    assert salvage.verify(str(tmp_path / NAME)).whole


def test_runs_at_once_pay_each_call_once(tmp_path: Path) -> None:
    with Loopback(slowly) as server:
        running = [started(tmp_path, server.url, 150) for _ in range(3)]
        outs = [one.communicate()[0] for one in running]
        assert server.count == 150
    assert [one.returncode for one in running] == [0, 0, 0]
    assert [out.split()[0] for out in outs] == [b"150"] * 3


class Failing(Store):
    """A store whose n-th operation fails, as on a full disk."""

    left = 10**9

    def _commit(self, ops: Sequence[Any]) -> Any:
        Failing.left -= 1
        if Failing.left < 0:
            return StoreError("disk I/O error", self.path)
        return super()._commit(ops)


@pytest.mark.parametrize("nth", [0, 1, 2, 3, 4, 6, 9])
def test_a_store_that_fails_stops_the_run_and_loses_nothing(tmp_path: Path, nth: int) -> None:
    async def go(url: str) -> Run:
        store = Failing(str(tmp_path))
        Failing.left = nth
        one = provider("openai_compatible", Link(url))
        try:
            runner = Runner(Means(one, store, QUICK))
            return await runner.run(requests(url, 60, max_tokens=50))
        finally:
            await one.close()
            store.close()

    with Loopback() as server:
        run = asyncio.run(go(server.url))
        first = server.count
        again = asked(tmp_path, server.url, 60)
        assert server.count <= 60 + 8
    assert isinstance(run.error, StoreError)
    assert run.error.path.endswith(NAME)
    assert first == run.calls
    assert again.count(State.ANSWER) == 60


def test_no_key_reaches_the_store_or_an_answer(tmp_path: Path) -> None:
    def echo(number: int, body: dict[str, Any]) -> Reply:
        if number % 2:
            return Reply(400, json.dumps({"error": {"message": f"your key {KEY}"}}).encode())
        return Reply(body=completion(f"I know {KEY}", model=body["model"]))

    with Loopback(echo) as server:
        run = asked(tmp_path, server.url, 20)
        assert all(f"Bearer {KEY}" in head for _, _, head in server.served)
    assert run.count(State.ANSWER) > 5
    assert KEY not in repr(run.answers)
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or KEY.encode() not in file.read_bytes()


def test_connections_are_kept(tmp_path: Path) -> None:
    with Loopback() as server:
        asked(tmp_path, server.url, 100)
        assert server.connections <= 8
