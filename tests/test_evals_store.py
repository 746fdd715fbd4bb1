"""The answer store: nothing acknowledged is lost, nothing is paid twice, damage is seen."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import postgresql
import pytest
from conftest import Ran
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from repos import Repo

from promptops.cli import _out
from promptops.errors import PromptopsError
from promptops.evals import Answer, Request, State, Usage, keys, postgres, salvage, shared
from promptops.evals import store as stores
from promptops.evals.rows import Kept
from promptops.evals.sqlite import SQLiteShelf
from promptops.evals.store import Claimed, DamagedError, Store, StoreError
from promptops.model import Message
from promptops.report.json import dumped


def request(text: str, **over: Any) -> Request:
    return Request("p", "m", (Message("user", text),), **over)


def row(text: str) -> tuple[str, str]:
    asked = keys.request_text(request(text), 1)
    return keys.key_of(asked), asked


def answer(text: str) -> Answer:
    return Answer(State.ANSWER, text, usage=Usage(3, 4, None), usd=0.25, seconds=0.5, model="m-1")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for a store, of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "store")
    return fresh(request.getfixturevalue("postgresql_server"))


def fresh(server: str) -> str:
    return postgresql.database(server, f"d{os.urandom(8).hex()}")


def care(place: str) -> Any:
    """(what looks after a store of this kind, what it is told)."""
    if stores.is_url(place):
        return shared, place
    return salvage, os.path.join(place, stores.NAME)


def verified(place: str) -> salvage.Verified:
    module, where = care(place)
    found: salvage.Verified = module.verify(where)
    return found


def die(store: Store) -> None:
    """As after kill -9: the leases are nobody's, the rows stay."""
    shelf: Any = store._shelf
    if hasattr(shelf, "_owner"):
        os.close(shelf._owner._handle)
        shelf._owner._handle = -1
        shelf._over.clear()
    else:
        pid, owner = shelf._writing.info.backend_pid, shelf.owner
        with postgres.connected(shelf._url) as db:
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            while postgres.alive(db, owner):
                time.sleep(0.001)
    store.close()


def using(place: Path | str, what: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
    store = Store(str(place))
    try:
        return asyncio.run(what(store))
    finally:
        store.close()


def kept(folder: Path | str, *texts: str) -> None:
    async def keep(store: Store) -> None:
        for text in texts:
            await store.claim([row(text)[0]])
            await store.keep(*row(text), answer(text))

    using(folder, keep)


def known(folder: Path | str, *texts: str) -> dict[str, Answer]:
    async def look(store: Store) -> dict[str, Answer]:
        found = store.known([row(text)[0] for text in texts])
        return {text: found[row(text)[0]] for text in texts if row(text)[0] in found}

    return using(folder, look)


def test_what_was_kept_is_there_in_the_next_process(place: str) -> None:
    kept(place, "a", "b \ud800 \0 ü")
    assert known(place, "a", "c") == {"a": answer("a")}
    assert known(place, "b \ud800 \0 ü")
    assert verified(place) == salvage.Verified(answers=2)


def test_files_are_the_users_own(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    kept(folder, "a")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


@pytest.mark.parametrize(
    "other",
    [
        request("a", repeat=1),
        request("a", parameters={"temperature": 0}),
        request("a", parameters={"temperature": 0.0, "seed": 1}),
        request("a", base_url="http://x"),
        Request("q", "m", (Message("user", "a"),)),
        Request("p", "n", (Message("user", "a"),)),
        Request("p", "m", (Message("system", "a"),)),
        Request("p", "m", (Message("user", "a"), Message("user", ""))),
    ],
)
def test_everything_that_can_change_the_answer_is_part_of_the_key(other: Request) -> None:
    first = keys.request_text(request("a"), 1)
    assert keys.key_of(keys.request_text(other, 1)) != keys.key_of(first)
    assert keys.key_of(keys.request_text(request("a"), 2)) != keys.key_of(first)
    assert keys.request_of(keys.request_text(other, 1)) == other


def test_the_order_of_parameters_is_not_part_of_the_key() -> None:
    one = request("a", parameters={"x": 1, "y": {"b": 1, "a": 2}})
    other = request("a", parameters={"y": {"a": 2, "b": 1}, "x": 1})
    assert keys.request_text(one, 1) == keys.request_text(other, 1)


TEXTS = st.text(max_size=8) | st.text(max_size=8).map(
    lambda text: text + "\udc80"
)  # half a character


@given(TEXTS, TEXTS, st.integers(0, 9), st.none() | st.integers(0, 99) | st.floats(0, 9))
def test_the_texts_of_requests_and_answers_are_canonical(
    text: str, name: str, many: int, number: Any
) -> None:
    parameters = {"b": [number, text], "a": name} if many else {}
    told = (Message("user", text), Message(name, ""))
    asked = Request("p", name, told, parameters, many, text)
    assert keys.request_text(asked, 3) == keys.canonical(
        {
            "schema": 1,
            "adapter": 3,
            "provider": "p",
            "model": name,
            "base_url": text,
            "messages": [["user", text], [name, ""]],
            "parameters": parameters,
            "repeat": many,
        }
    )
    assert keys.request_of(keys.request_text(asked, 3)) == asked
    used = Usage(many, None, 7)
    said = Answer(State.ANSWER, text, name, bool(many), used, number, 0.1234567, many, name)
    assert keys.answer_text(said) == keys.canonical(
        {
            "state": "answer",
            "text": text,
            "reason": name,
            "cut": bool(many),
            "usage": [many, None, 7],
            "usd": number,
            "seconds": 0.123457,
            "attempts": many,
            "model": name,
        }
    )
    assert keys.answer_of(keys.answer_text(said)) == replace(said, seconds=0.123457)


def test_a_call_in_flight_is_claimed_by_one_store_only(place: str) -> None:
    async def both() -> None:
        one, other = Store(place), Store(place)
        assert await one.claim([row("a")[0]]) == [Claimed(mine=True)]
        assert await one.claim([row("a")[0]]) == [Claimed(mine=True)]
        assert await other.claim([row("a")[0], row("b")[0]]) == [Claimed(), Claimed(mine=True)]
        await one.keep(*row("a"), answer("a"))
        assert await other.claim([row("a")[0]]) == [Claimed(answer=answer("a"))]
        await other.release([row("b")[0]])
        assert await one.claim([row("b")[0]]) == [Claimed(mine=True)]
        await other.release([row("b")[0]])  # not theirs to give
        assert await other.claim([row("b")[0]]) == [Claimed()]
        one.close()
        assert await other.claim([row("b")[0]]) == [Claimed(mine=True)]
        other.close()

    asyncio.run(both())


HOLD = """
import asyncio, sys
from promptops.evals.store import Store
store = Store(sys.argv[1])
asyncio.run(store.claim([sys.argv[2]]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lease_ends_with_its_process_however_that_ends(place: str) -> None:
    module, where = care(place)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, place, row("a")[0]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        assert using(place, lambda store: store.claim([row("a")[0]])) == [Claimed()]
        with pytest.raises(PromptopsError, match="a run is using the store"):
            module.salvage(where)
        assert module.tidy(where) == 0
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    assert verified(place).leases == 1
    wait_for(lambda: module.tidy(where) == 1)
    assert using(place, lambda store: store.claim([row("a")[0]])) == [Claimed(mine=True)]


def wait_for(what: Callable[[], bool]) -> None:
    """A server learns of a death a moment later than the kernel does."""
    while not what():
        time.sleep(0.005)


def flip(path: Path, wanted: bytes) -> None:
    """Change the first letter of `wanted` wherever it stands in the file."""
    data = path.read_bytes()
    assert wanted in data
    path.write_bytes(data.replace(wanted, bytes([wanted[0] ^ 1]) + wanted[1:]))


def test_an_altered_answer_is_seen_and_salvage_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / stores.NAME
    kept(tmp_path, *(f"answer-{i:03}" for i in range(50)))
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    flip(path, b'"text":"answer-007"')
    found = salvage.verify(str(path))
    assert (found.answers, len(found.bad), found.problem) == (50, 1, "")
    with pytest.raises(DamagedError, match="does not hold"):
        known(tmp_path, "answer-007")
    done = salvage.salvage(str(path))
    assert (done.kept, done.lost) == (49, 1)
    assert os.path.exists(done.aside)
    assert salvage.verify(str(path)).whole
    texts = [f"answer-{i:03}" for i in range(50)]
    assert known(tmp_path, *texts) == {t: answer(t) for t in texts if t != "answer-007"}


def test_an_index_that_points_elsewhere_is_seen_though_every_digest_holds(tmp_path: Path) -> None:
    path = tmp_path / stores.NAME
    key = row("one")[0].encode()

    async def keep(store: Store) -> None:
        await store.keep(*row("one"), answer("one"))

    using(tmp_path, keep)
    assert salvage.verify(str(path)).whole
    raw = bytearray(path.read_bytes())
    places = [at for at in range(len(raw)) if raw.startswith(key, at)]
    assert len(places) == 2, "in the table and in its index"
    for at in places:
        changed = raw.copy()
        changed[at] ^= 1
        path.write_bytes(changed)
        found = salvage.verify(str(path))
        assert not found.whole
    done = salvage.salvage(str(path))
    assert salvage.verify(str(path)).whole
    assert done.kept + done.lost == 1


def test_a_broken_page_costs_only_what_stood_on_it(tmp_path: Path) -> None:
    path = tmp_path / stores.NAME
    texts = [f"text {i} " + "x" * 300 for i in range(400)]

    async def keep(store: Store) -> None:
        await asyncio.gather(*(store.keep(*row(t), answer(t)) for t in texts))

    using(tmp_path, keep)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with open(path, "r+b") as file:
        file.seek(4096 * 20)
        file.write(b"\xff" * 4096)
    assert not salvage.verify(str(path)).whole
    done = salvage.salvage(str(path))
    assert 300 < done.kept < 400
    assert salvage.verify(str(path)).whole
    assert all(found == answer(text) for text, found in known(tmp_path, *texts).items())


@pytest.mark.parametrize("damage", ["empty", "gone", "text", "other", "headless"])
def test_a_store_that_lost_its_head_is_refused_and_mended(tmp_path: Path, damage: str) -> None:
    kept(tmp_path / "s", "a")
    path = tmp_path / "s" / stores.NAME
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
        case "text":
            path.write_bytes(b"not a database at all " * 500)
        case "other":
            kept(tmp_path / "t", "b")
            shutil.copy(tmp_path / "t" / stores.NAME, path)
        case "headless":
            with sqlite3.connect(path) as db:
                db.execute("DELETE FROM header")
            db.close()
    with pytest.raises(DamagedError):
        Store(str(tmp_path / "s"))
    assert salvage.verify(str(path)).problem
    done = salvage.salvage(str(path))
    assert done.kept == (1 if damage in ("other", "headless") else 0)
    assert salvage.verify(str(path)).whole
    kept(tmp_path / "s", "c")


def test_what_never_was_is_whole(tmp_path: Path) -> None:
    path = str(tmp_path / stores.NAME)
    assert salvage.verify(path).whole
    assert list(salvage.exported(path)) == []
    assert not os.path.exists(path)


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    kept(tmp_path, "a")
    with sqlite3.connect(tmp_path / stores.NAME) as db:
        db.execute("UPDATE header SET format = 99")
    db.close()
    with pytest.raises(PromptopsError, match="newer promptops"):
        Store(str(tmp_path))


FORMAT_1 = """
CREATE TABLE header (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER, id TEXT) STRICT;
CREATE TABLE answers (
    key TEXT PRIMARY KEY, state TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL,
    answer TEXT NOT NULL, digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO header VALUES (1, 1, 'abc');
"""


def test_a_store_of_the_first_format_is_taken_over_with_its_answers(tmp_path: Path) -> None:
    path = tmp_path / stores.NAME
    with sqlite3.connect(path) as db:
        db.executescript(FORMAT_1)
        for text, state in (("a", "done"), ("b", "done"), ("c", "sent")):
            told = keys.answer_text(answer(text)) if state == "done" else ""
            one = (row(text)[0], state, "", row(text)[1], told)
            db.execute("INSERT INTO answers VALUES (?,?,?,?,?,?)", (*one, keys.row_digest(*one)))
    db.close()
    Path(f"{path}.id").write_text("abc\n")
    assert known(tmp_path, "a", "b", "c") == {"a": answer("a"), "b": answer("b")}
    kept(tmp_path, "c")
    assert salvage.verify(str(path)) == salvage.Verified(answers=3)


def test_the_lease_of_a_call_whose_answer_is_here_counts_for_nothing(place: str) -> None:
    store = Store(place)

    async def two() -> None:
        await store.claim([row("a")[0], row("b")[0]])
        await store.keep(*row("a"), answer("a"))

    asyncio.run(two())
    die(store)
    assert verified(place) == salvage.Verified(answers=1, leases=1)
    module, where = care(place)
    wait_for(lambda: module.tidy(where) == 1)
    assert verified(place) == salvage.Verified(answers=1)


@pytest.mark.parametrize("moment", ["leases", "rows"])
def test_a_call_that_ends_while_it_is_claimed_is_not_asked_again(
    tmp_path: Path, moment: str
) -> None:
    """Databases that let others commit in the middle of a claim."""
    other = stores.shelf(str(tmp_path))

    class Meanwhile(SQLiteShelf):
        def ended(self, one: str) -> None:
            if one == moment:
                held[0] = {}
                other.put([(*row("a"), keys.answer_text(answer("a")))])

        def claiming(self) -> Any:
            return nullcontext()

        def leases(self, keys: Sequence[str]) -> dict[str, str]:
            found = dict(held[0])
            self.ended("leases")
            return found

        def rows(self, keys: Sequence[str]) -> list[Kept]:
            found = super().rows(keys)
            self.ended("rows")
            return found

    held = [{row("a")[0]: other.owner}]
    store = Store(str(tmp_path))
    store._shelf.close()
    store._shelf = Meanwhile(str(tmp_path))
    [claimed] = asyncio.run(store.claim([row("a")[0]]))
    assert not claimed.mine
    store.close()
    other.close()


def test_export_gives_requests_with_their_answers(place: str) -> None:
    module, where = care(place)
    assert list(module.exported(where)) == []
    kept(place, "b", "a")
    found = list(module.exported(where))
    assert [one["key"] for one in found] == sorted(row(text)[0] for text in "ab")
    assert {one["request"]["messages"][0][1] for one in found} == {"a", "b"}
    assert {one["answer"]["text"] for one in found} == {"a", "b"}


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    async def fill(store: Store) -> tuple[int, StoreError]:
        await store.keep(*row("first"), answer("first"))
        store._shelf._writing.execute("PRAGMA max_page_count = 12")
        for i in range(1000):
            text = f"{i} " + "x" * 1000
            try:
                await store.keep(*row(text), answer(text))
            except StoreError as error:
                return i, error
        raise AssertionError("it never filled up")

    count, error = using(tmp_path, fill)
    assert error.path == str(tmp_path / stores.NAME)
    assert error.exit_code == 3
    assert "full" in error.message
    texts = ["first", *(f"{i} " + "x" * 1000 for i in range(count))]
    assert set(known(tmp_path, *texts)) == set(texts)
    assert salvage.verify(str(tmp_path / stores.NAME)).whole


def test_a_folder_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PromptopsError, match="cannot open the answer store") as caught:
        Store(str(tmp_path / "file"))
    assert caught.value.path.endswith(stores.NAME)


def test_closing_twice_does_no_harm(place: str) -> None:
    store = Store(place)
    store.close()
    store.close()


KEY = "sk-abc/def+0123456789"


@pytest.mark.parametrize(
    "spelt", [KEY, "sk-abc%2Fdef%2B0123456789", "c2stYWJjL2RlZiswMTIzNDU2Nzg5"]
)
def test_keys_are_hidden_in_every_spelling(spelt: str) -> None:
    hide = keys.hider({"OPENAI_API_KEY": KEY, "HOME": "/home/somebody", "A_KEY": "short"})
    assert hide(f"key {spelt}!") == "key [OPENAI_API_KEY]!"
    assert hide("/home/somebody short") == "/home/somebody short"


def test_a_key_that_begins_like_another_is_hidden_whole() -> None:
    hide = keys.hider({"A_KEY": "abcdefgh", "B_KEY": "abcdefgh12345678"})
    assert hide("abcdefgh12345678 abcdefgh") == "[B_KEY] [A_KEY]"


def test_a_key_is_hidden_without_the_line_break_that_came_with_it() -> None:
    environ = {"A_KEY": f"{KEY}\n"}
    assert keys.key_in(environ, "A_KEY") == KEY
    assert keys.hider(environ)(f"your key {KEY}") == "your key [A_KEY]"


def test_a_variable_that_is_named_holds_a_key_whatever_it_is_called() -> None:
    environ = {"MY_AUTH": KEY}
    assert keys.hider(environ)(KEY) == KEY
    assert keys.hider(environ, ("MY_AUTH",))(KEY) == "[MY_AUTH]"


@pytest.mark.parametrize("value", ["sk\r\nX: y", "\u201csk-0123456789\u201d", "sk 0123", "sk\x00"])
def test_what_no_header_may_hold_is_no_key(value: str) -> None:
    with pytest.raises(PromptopsError, match="A_KEY holds no key") as caught:
        keys.key_in({"A_KEY": value}, "A_KEY")
    assert value not in str(caught.value) + caught.value.hint


def test_complaints_and_tracebacks_hold_no_key_and_no_password_of_a_url(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql://team:pa%2Fss-0123456789@h/d"
    monkeypatch.setenv("PROMPTOPS_STORE", url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    said = f"{url} pa/ss-0123456789 {KEY} sk-abc%2Fdef%2B0123456789"
    _out.complain(PromptopsError(said, said, path=said))
    try:
        raise ValueError(said)
    except ValueError as error:
        _out.complain_bug(error)
    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert "[OPENAI_API_KEY]" in shown
    assert not [one for one in (KEY, "0123456789") if one in shown]


class StoreMachine(RuleBasedStateMachine):
    """Runs that claim, keep, release and die, against a plain dictionary."""

    runs = Bundle("runs")
    place: Callable[[], str]
    texts = st.sampled_from([f"t{i}" for i in range(6)])

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = self.place()
        self.alive: dict[int, Store] = {}
        self.done: dict[str, Answer] = {}
        self.leased: dict[str, int] = {}
        self.count = 0

    @rule(target=runs)
    def begin(self) -> int:
        self.count += 1
        self.alive[self.count] = Store(self.folder)
        return self.count

    @rule(run=runs, text=texts)
    def claim(self, run: int, text: str) -> None:
        if run not in self.alive:
            return
        [got] = self.loop.run_until_complete(self.alive[run].claim([row(text)[0]]))
        if text in self.done:
            assert got == Claimed(answer=self.done[text])
        elif self.leased.get(text, run) in self.alive and self.leased.get(text, run) != run:
            assert got == Claimed()
        else:
            assert got == Claimed(mine=True)
            self.leased[text] = run

    @rule(run=runs, text=texts, said=st.text(max_size=5))
    def keep(self, run: int, text: str, said: str) -> None:
        if run in self.alive and self.leased.get(text) == run:
            self.loop.run_until_complete(self.alive[run].keep(*row(text), answer(said)))
            self.done[text] = answer(said)
            del self.leased[text]

    @rule(run=runs, text=texts)
    def release(self, run: int, text: str) -> None:
        if run in self.alive:
            self.loop.run_until_complete(self.alive[run].release([row(text)[0]]))
            if self.leased.get(text) == run:
                del self.leased[text]

    @rule(run=runs)
    def die(self, run: int) -> None:
        """As after kill -9: the lock goes, the rows stay."""
        if run in self.alive:
            die(self.alive.pop(run))

    @invariant()
    def nothing_is_lost(self) -> None:
        for store in self.alive.values():
            texts = {row(text)[0]: found for text, found in self.done.items()}
            assert store.known(list(texts)) == texts
            break

    def teardown(self) -> None:
        for store in self.alive.values():
            store.close()
        self.loop.close()
        assert verified(self.folder).whole


def test_runs_that_claim_keep_release_and_die(
    request: pytest.FixtureRequest, tmp_path: Path, place: str
) -> None:
    class Machine(StoreMachine):
        def place(self) -> str:  # type: ignore[override]
            if stores.is_url(place):
                return fresh(request.getfixturevalue("postgresql_server"))
            return str(tmp_path / os.urandom(8).hex())

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=6 if stores.is_url(place) else 12, stateful_step_count=15, deadline=None
        ),
    )


def test_an_export_is_written_as_it_is_read_and_not_at_all_where_a_row_is_damaged(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PROMPTOPS_STORE", raising=False)
    repo = Repo(tmp_path / "r")
    repo.commit({"a.md": "a\n"})
    assert run("store", "export", "--to", "none.jsonl", cwd=repo.root).out == (
        "0 answers in none.jsonl\n"
    )
    assert run("store", "export", cwd=repo.root).out == ""
    nothing = {"result": {"answers": []}, "schema": "promptops/store/1"}
    assert run("store", "export", "--format", "json", cwd=repo.root).out == dumped(nothing)
    said = run("store", "verify", "--format", "json", cwd=repo.root).out
    folder = Path(json.loads(said)["result"]["path"]).parent
    kept(folder, "a", "b")
    out = repo.root / "out.jsonl"
    out.write_text("before\n")
    out.chmod(0o640)
    assert run("store", "export", "--to", "out.jsonl", cwd=repo.root).out == (
        "2 answers in out.jsonl\n"
    )
    assert [json.loads(line)["key"] for line in out.read_text().splitlines()] == sorted(
        row(text)[0] for text in "ab"
    )
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    printed = run("store", "export", cwd=repo.root).out
    lines = [json.loads(line) for line in printed.splitlines()]
    assert lines == [json.loads(line) for line in out.read_text().splitlines()]
    asked = run("store", "export", "--format", "json", cwd=repo.root).out
    assert asked == dumped({"result": {"answers": lines}, "schema": "promptops/store/1"})
    run("store", "export", "--format", "json", "--output", "out.json", cwd=repo.root)
    assert (repo.root / "out.json").read_text() == asked
    assert run("store", "export", "--output", "/dev/null", cwd=repo.root).out == ""
    with sqlite3.connect(folder / stores.NAME) as db:
        db.execute("UPDATE answers SET answer = '{}' WHERE key = ?", (row("b")[0],))
    db.close()
    before = out.read_bytes()
    assert run("store", "export", "--to", "out.jsonl", cwd=repo.root).code == 2
    assert out.read_bytes() == before
    for form in ("text", "json"):
        printed = run("store", "export", "--format", form, cwd=repo.root)
        assert (printed.code, printed.out) == (2, "")
    assert not list(repo.root.glob(".out.jsonl*"))
    refused = run("store", "export", "--to", "no/such/folder.jsonl", cwd=repo.root)
    assert refused.code == 2
    assert "cannot write it" in refused.err or "does not hold" in refused.err
