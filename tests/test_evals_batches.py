"""Batches: ordered once whatever happens, fetched in any order, and told apart from answers.

Here the desk speaks to the provider of `batches.py` in this process; `test_evals_batches_litellm.py`
does so through litellm and a socket.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from batches import Overnight, Row, expired, failed
from loopback import Reply, completion
from test_evals_store import place

from promptops.errors import ProviderError
from promptops.evals import Answer, Request, State
from promptops.evals.batches import Status, UnlistedError, UnsureError, record_of
from promptops.evals.batches import lines as batch_lines
from promptops.evals.batches.ledger import records
from promptops.evals.batches.night import LOST, MISSING, Means, Night
from promptops.evals.batches.tables import tables
from promptops.evals.keys import key_of, request_text
from promptops.evals.money import Tariff
from promptops.evals.patience import Limits
from promptops.evals.run import Run
from promptops.evals.store import Store
from promptops.model import Message
from promptops.tokens.prices import INPUT, OUTPUT, Price, batch_price, price

__all__ = ["place"]
SERVICE = ("litellm", "openai/m", "")
N = 20
KEY = "sk-nightly-0123456789"


class Killed(BaseException):
    """As after kill -9: nothing is tidied up."""


class Counter:
    """The desk of `Overnight`; `fails` is asked before and after each of its operations."""

    version = 1

    def __init__(self, at: Overnight, fails: Callable[[], None] = lambda: None) -> None:
        self.at, self.fails = at, fails
        self.lists = True
        self.unsure: set[str] = set()  # what is done though the reply is lost

    def body(self, request: Request) -> Mapping[str, Any]:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        return {"model": "m", "messages": messages, **request.parameters}

    async def upload(self, name: str, lines: bytes) -> str:
        form = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + lines + b"\r\n--b--"
        return str(self._served("POST", "/files", form)["id"])

    async def order(self, file: str, name: str) -> Status:
        asked = {"input_file_id": file, "metadata": {"promptops": name}}
        found = self._served("POST", "/batches", json.dumps(asked).encode())
        if "order" in self.unsure:
            self.unsure.remove("order")
            raise UnsureError(f"the connection broke, {KEY}")
        return _status(found)

    async def look(self, batch: str) -> Status:
        return _status(self._served("GET", f"/batches/{batch}"))

    async def find(self, file: str) -> Status | None:
        if not self.lists:
            raise UnlistedError("nobody lists them")
        after: dict[str, str] = {}
        while True:
            page = self._served("GET", f"/batches?{urlencode(after)}")
            for one in page["data"]:
                if one["input_file_id"] == file:
                    return _status(one)
            if not page["has_more"]:
                return None
            after = {"after": page["last_id"]}

    async def read(self, file: str) -> bytes:
        self.fails()
        return self.at("GET", f"/v1/files/{file}/content", "", b"").body

    async def close(self) -> None:
        pass

    def _served(self, method: str, path: str, body: bytes = b"") -> Any:
        self.fails()
        reply: Reply = self.at(method, f"/v1{path}", "", body)
        self.fails()
        if reply.status != 200:
            raise ProviderError(f"HTTP {reply.status}: {reply.body.decode()}")
        return json.loads(reply.body)


def _status(found: dict[str, Any]) -> Status:
    counts = found["request_counts"]
    files = (found.get("output_file_id") or "", found.get("error_file_id") or "")
    problem = "; ".join(one["message"] for one in (found.get("errors") or {"data": []})["data"])
    return Status(
        found["id"], found["status"], counts["total"], counts["completed"], counts["failed"],
        *files, problem,
    )  # fmt: skip


def asked(n: int = N) -> list[Request]:
    made = [
        Request("litellm", "openai/m", (Message("user", f"q {i}"),), {"max_tokens": 5})
        for i in range(n)
    ]
    return [*made, *made[:3]]


class Nights:
    """Runs on one store, each with a store of its own as a process has."""

    def __init__(self, place: str, at: Overnight | None = None, **means: Any) -> None:
        self.place, self.at = place, at or Overnight()
        self.desk = Counter(self.at)
        self.means = means
        self.count = 0

    def run(
        self, n: int = N, seconds: float = 0.0, fails: Callable[[], None] | None = None
    ) -> tuple[Run, Night]:
        self.count += 1
        self.desk.fails = fails or (lambda: None)
        store = Store(self.place)
        hide = lambda text: text.replace(KEY, "[KEY]")  # noqa: E731
        try:
            with tables(self.place) as noted:
                named = (f"r{self.count}", SERVICE)
                night = Night(Means(self.desk, store, noted, *named, hide=hide, **self.means))
                return asyncio.run(night.run(asked(n), seconds)), night
        finally:
            store.close()

    def records(self) -> list[Any]:
        with tables(self.place) as noted:
            return [record for record, _ in records(noted)]


def states(run: Run) -> dict[str, int]:
    return {state.value: run.count(state) for state in State if run.count(state)}


def test_ordered_in_the_evening_fetched_in_the_morning_and_never_paid_again(place: str) -> None:
    nights = Nights(place, Overnight(looks=1))
    evening, night = nights.run()
    assert states(evening) == {"not_run": N + 3}
    [waiting] = night.waiting
    assert (waiting.batch, waiting.calls, waiting.total) == ("batch-0", N, N)
    [record] = nights.records()
    assert (record.batch, record.file, len(record.keys)) == ("batch-0", "file-0", N)
    early, night = nights.run()
    assert (early.calls, night.waiting[0].state, night.waiting[0].done) == (0, "in_progress", 1)
    morning, night = nights.run()
    assert states(morning) == {"answer": N + 3}
    assert (morning.calls, morning.kept, night.waiting) == (N, 0, [])
    later, _ = nights.run()
    assert (later.calls, later.kept, later.answers) == (0, N, morning.answers)
    assert set(nights.at.asked.values()) == {1}
    assert nights.records() == []


def test_a_live_call_finds_the_answer_of_a_batch(place: str) -> None:
    nights = Nights(place)
    nights.run(seconds=9)
    store = Store(place)
    keys = [key_of(request_text(one, 1)) for one in asked()]
    assert len(store.known(keys)) == N
    store.close()


def test_waiting_polls_until_it_is_done(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path), Overnight(looks=2))
    run, night = nights.run(seconds=30)
    assert states(run) == {"answer": N + 3}
    assert nights.at.seen["GET /batches/ID"] == 3
    assert night.waiting == []


def test_rows_come_back_in_any_order_twice_and_with_strangers(tmp_path: Path) -> None:
    def mixed(rows: list[Row]) -> list[Row]:
        stranger = {**rows[0], "custom_id": "nobody"}
        made = [*rows, rows[3], stranger]
        random.Random(1).shuffle(made)
        return made

    plain, _ = Nights(str(tmp_path / "a")).run(seconds=9)
    run, night = Nights(str(tmp_path / "b"), Overnight(rows=mixed)).run(seconds=9)
    assert run.answers == plain.answers
    assert night.notes == ["batch-0: 1 rows for calls that were not in it"]


def test_two_different_answers_to_one_call_are_none(tmp_path: Path) -> None:
    def twice(rows: list[Row]) -> list[Row]:
        other = json.loads(json.dumps(rows[1]))
        other["response"]["body"]["choices"][0]["message"]["content"] = "something else"
        return [*rows, other]

    nights = Nights(str(tmp_path), Overnight(rows=twice))
    run, _ = nights.run(seconds=9)
    assert run.answers[1].state is State.NO_ANSWER
    assert run.answers[1].reason == "two different answers in the batch"
    assert run.count(State.ANSWER) == N + 3 - 2


def test_what_is_missing_or_cut_off_was_perhaps_paid_and_is_not_ordered_again(
    tmp_path: Path,
) -> None:
    nights = Nights(str(tmp_path), Overnight(raw=lambda data: data[: len(data) - 30]))
    run, night = nights.run(seconds=9)
    assert run.answers[N - 1].state is State.UNKNOWN
    assert run.answers[N - 1].reason == MISSING
    assert run.count(State.ANSWER) == N + 3 - 1
    assert night.notes == ["batch-0: 1 rows cannot be read: cut off, or not JSON"]
    again, _ = nights.run()
    assert (again.count(State.UNKNOWN), again.kept) == (1, N - 1)
    whole = nights.at.files["file-0"].splitlines()[-1]
    row = nights.at._done(json.loads(whole))
    nights.at.files["file-1"] = json.dumps(row).encode()  # the provider mends its file
    mended, _ = nights.run()
    assert states(mended) == {"answer": N + 3}
    assert sum(nights.at.asked.values()) == N


def test_failures_refusals_and_other_models_are_no_answers(tmp_path: Path) -> None:
    def failing(row: Row) -> Row | None:
        number = int(row["body"]["messages"][0]["content"].split()[1])
        kinds = {3: failed(row, 400), 4: failed(row, 400, "content_filter"), 5: expired(row)}
        return kinds.get(number) or ({"custom_id": row["custom_id"]} if number == 6 else None)

    def answer(body: dict[str, Any]) -> bytes:
        number = int(body["messages"][0]["content"].split()[1])
        kinds = {
            7: completion("hi", model="another"),
            8: completion(choices=[]),
            9: b'{"odd": 1}',
            10: completion(f"my key is {KEY}", model="m"),
        }
        return kinds.get(number) or completion("yes", model="m")

    nights = Nights(str(tmp_path), Overnight(answer=answer, failing=failing))
    run, _ = nights.run(seconds=9)
    told = [(one.state.value, one.reason) for one in run.answers[3:10]]
    assert told == [
        ("failed", "HTTP 400: it is bad"),
        ("no_answer", "content filter"),
        ("not_run", "batch expired"),
        ("failed", "no response"),
        ("no_answer", "another model answered: another"),
        ("no_answer", "no choices"),
        ("failed", "the body is no completion"),
    ]
    assert run.answers[10].text == "my key is [KEY]"
    assert run.calls == N - 1  # one was never run
    again, night = nights.run()
    assert (again.kept, night.waiting[0].calls) == (N - 7, 7)


@pytest.mark.parametrize("ends", ["expired", "cancelled"])
def test_what_a_batch_did_not_come_to_was_not_run(tmp_path: Path, ends: str) -> None:
    nights = Nights(str(tmp_path), Overnight(ends=ends, rows=lambda rows: rows[:5]))
    run, night = nights.run(seconds=9)
    assert states(run) == {"answer": 5 + 3, "not_run": N - 5}
    assert night.notes == [f"batch-0: {ends}"]
    nights.at.ends, nights.at.rows = "completed", lambda rows: rows
    rest, _ = nights.run(seconds=9)
    assert (states(rest), rest.kept) == ({"answer": N + 3}, 5)
    assert sum(nights.at.asked.values()) == N + N - 5


def test_a_batch_that_is_not_taken_says_why(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path), Overnight(ends="failed"))
    run, night = nights.run(seconds=9)
    assert run.count(State.NOT_RUN) == N + 3
    assert run.answers[0].reason == "too much is queued"
    assert night.notes == ["batch-0: failed, too much is queued"]


def test_a_refused_order_leaves_nothing_behind(tmp_path: Path) -> None:
    for what in ("POST /files", "POST /batches"):
        nights = Nights(str(tmp_path))
        nights.at.before.append((what, Reply(400, b"no")))
        with pytest.raises(ProviderError, match="HTTP 400"):
            nights.run()
        assert nights.records() == []
    run, _ = nights.run(seconds=9)
    assert states(run) == {"answer": N + 3}


def test_an_order_whose_reply_is_lost_is_looked_for(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))
    nights.desk.unsure.add("order")
    run, _night = nights.run(seconds=9)
    assert states(run) == {"answer": N + 3}
    assert nights.at.seen["POST /batches"] == 1


def test_an_order_that_nobody_can_look_for_was_perhaps_paid(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))
    nights.desk.unsure.add("order")
    nights.desk.lists = False
    for _ in range(2):
        run, night = nights.run(seconds=1)
        assert states(run) == {"unknown": N + 3}
        assert run.answers[0].reason == LOST
        assert KEY not in str(night.notes)
        assert night.notes
    assert nights.at.seen["POST /batches"] == 1
    nights.desk.lists = True
    run, _ = nights.run(seconds=9)
    assert states(run) == {"answer": N + 3}


@pytest.mark.parametrize("n", range(14))
def test_killed_at_any_moment_nothing_is_ordered_twice(tmp_path: Path, n: int) -> None:
    """Kill at the n-th half of an operation, resume; and the same with a kill of the resumption."""
    nights = Nights(str(tmp_path), Overnight(looks=1), requests=8)
    left = [n, 3, 5]

    def fails() -> None:
        if left and left[0] == 0:
            left.pop(0)
            raise Killed
        if left:
            left[0] -= 1

    for _ in range(6):
        try:
            run, night = nights.run(fails=fails)
        except Killed:
            continue
        if not night.waiting:
            break
    assert states(run) == {"answer": N + 3}
    assert set(nights.at.asked.values()) == {1}
    assert nights.records() == []


def test_large_plans_are_split(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path / "a"), requests=6)
    _run, night = nights.run()
    assert [one.calls for one in night.waiting] == [6, 6, 6, 2]
    assert states(nights.run()[0]) == {"answer": N + 3}
    size = len(nights.at.files["file-0"])
    nights = Nights(str(tmp_path / "b"), size=size)
    _, night = nights.run()
    assert sum(one.calls for one in night.waiting) == N
    assert len(night.waiting) in (3, 4)
    assert all(len(file) <= size for file in nights.at.files.values())


def test_a_row_over_the_limit_goes_alone() -> None:
    found = list(batch_lines.parts([("a", b"1"), ("b", b"22222"), ("c", b"3")], 9, 3))
    assert found == [(["a"], b"1"), (["b"], b"22222"), (["c"], b"3")]


def test_a_budget_is_kept_at_the_price_of_a_batch(tmp_path: Path) -> None:
    live = Tariff(Price("m", {INPUT: 2e-5, OUTPUT: 2e-4}, {}))
    half = Tariff(Price("m", {INPUT: 1e-5, OUTPUT: 1e-4}, {}))
    each = half.bound(asked()[0])
    assert each is not None
    assert live.bound(asked()[0]) == pytest.approx(2 * each)
    nights = Nights(str(tmp_path), tariff=half, limits=Limits(max_usd=8.5 * each))
    run, night = nights.run(seconds=9)
    assert states(run) == {"answer": 8 + 3, "not_run": N - 8}
    assert run.stopped == "budget"
    assert night.reserved == pytest.approx(8 * each)
    assert run.usd == pytest.approx(8 * (20 * 1e-5 + 5 * 1e-4))
    assert run.assumed == 0
    nights = Nights(str(tmp_path), limits=Limits(max_calls=5))
    run, _ = nights.run(seconds=9)
    assert (run.count(State.ANSWER), run.calls, run.stopped) == (13 + 3, 5, "budget")


def test_the_price_of_a_batch_is_half_of_the_other() -> None:
    live = price("gpt-4o-mini")
    assert live is not None
    half = batch_price(live)
    assert half.rate(INPUT) == pytest.approx((live.rate(INPUT) or 0) / 2)
    assert half.rate(OUTPUT) == pytest.approx((live.rate(OUTPUT) or 0) / 2)
    none = Price("m", {INPUT: 1.0, OUTPUT: 2.0}, {})
    assert batch_price(none) is none


def test_dearer_tiers_stay_dearer_in_a_batch() -> None:
    row = {"input_cost_per_token_above_200k_tokens": 4.0}
    usd = {INPUT: 2.0, OUTPUT: 8.0, f"{INPUT}_batches": 1.0, f"{OUTPUT}_batches": 4.0}
    half = batch_price(Price("m", usd, row))
    assert (half.rate(INPUT, 10), half.rate(INPUT, 300_000)) == (1.0, 2.0)


def test_two_runs_at_once_order_each_call_once(place: str) -> None:
    at = Overnight(looks=1)
    desk = Counter(at)
    stores = [Store(place), Store(place)]
    stack = ExitStack()
    noted = [stack.enter_context(tables(place)) for _ in stores]

    async def both() -> None:
        nights = [
            Night(Means(desk, store, noted[i], f"r{i}", SERVICE, requests=7))
            for i, store in enumerate(stores)
        ]
        await asyncio.gather(*(night.run(asked(), 20) for night in nights))

    try:
        asyncio.run(both())
    finally:
        stack.close()
        for store in stores:
            store.close()
    assert len(at.asked) == N
    assert set(at.asked.values()) == {1}


def test_a_call_that_another_run_asks_is_waited_for(tmp_path: Path) -> None:
    request = asked()[2]
    text = request_text(request, 1)
    other = Store(str(tmp_path))
    asyncio.run(other.claim([key_of(text)]))
    nights = Nights(str(tmp_path))
    _, night = nights.run()
    assert [(one.state, one.calls) for one in night.waiting] == [
        ("asked by another run", 1),
        ("validating", N - 1),
    ]
    asyncio.run(other.keep(key_of(text), text, Answer(State.ANSWER, "live")))
    other.close()
    run, _ = nights.run()
    assert states(run) == {"answer": N + 3}
    assert run.answers[2].text == "live"


def test_a_live_answer_is_not_overwritten(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))
    nights.run()
    text = request_text(asked()[2], 1)
    store = Store(str(tmp_path))
    asyncio.run(store.claim([key_of(text)]))
    asyncio.run(store.keep(key_of(text), text, Answer(State.ANSWER, "live")))
    store.close()
    run, _ = nights.run()
    assert run.answers[2].text == "live"
    assert states(run) == {"answer": N + 3}


def test_records_read_as_they_were_written() -> None:
    record = record_of(
        '{"name":"batch-1","provider":"p","model":"m","base_url":"","keys":["a"],"file":"f","batch":""}'
    )
    assert record_of(record.text()) == record
    assert record.service == ("p", "m", "")
