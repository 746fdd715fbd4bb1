"""A store that a team shares: what is its own beyond the tests that every store passes."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import postgresql
import pytest
from asking import asked
from conftest import Ran
from loopback import Loopback
from repos import Repo
from test_eval import prompt_text
from test_evals_runner import right, slowly, started
from test_evals_store import answer, fresh, kept, known, row

from promptops.errors import PromptopsError, UsageError
from promptops.evals import State, keys, postgres, shared
from promptops.evals.providers.command import without_keys
from promptops.evals.store import DamagedError, Store, StoreError

SECRETS = (postgresql.PASSWORD, postgresql.PLAIN)


@pytest.fixture
def url(postgresql_server: str) -> str:
    return fresh(postgresql_server)


def silent(text: str) -> bool:
    """True if no password is in the text."""
    return not any(secret in text for secret in SECRETS)


def change(url: str, sql: str) -> None:
    with postgres.connected(url) as db:
        db.execute(sql)  # type: ignore[arg-type, unused-ignore]


def test_damage_is_seen_and_moved_aside(url: str) -> None:
    kept(url, *"abc")
    change(url, "UPDATE promptops_answers SET answer = replace(answer, 'b', 'x')")
    bad = shared.verify(url).bad
    assert row("b")[0] in bad
    with pytest.raises(DamagedError, match="does not hold") as caught:
        known(url, "b")
    assert silent(str(caught.value) + caught.value.path)
    with pytest.raises(DamagedError):
        list(shared.exported(url))
    done = shared.salvage(url)
    assert (done.kept, done.lost) == (3 - len(bad), len(bad))
    assert silent(done.aside)
    assert shared.verify(url).whole
    assert shared.salvage(url).lost == 0
    with postgres.connected(url) as db:
        found = db.execute("SELECT key FROM promptops_damaged ORDER BY key").fetchall()
    assert [key for (key,) in found] == sorted(bad)


def test_a_newer_or_beheaded_store_is_refused(url: str) -> None:
    kept(url, "a")
    change(url, "UPDATE promptops_header SET format = 99")
    with pytest.raises(PromptopsError, match="newer promptops"):
        Store(url)
    change(url, "DELETE FROM promptops_header")
    with pytest.raises(DamagedError, match="header"):
        Store(url)
    assert "header" in shared.verify(url).problem


def test_a_wrong_password_an_absent_server_and_odd_urls_say_so_without_the_password(
    url: str,
) -> None:
    wrong = url.replace(postgresql.PASSWORD, "another-Pa%2Fss")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        absent = f"postgresql://team:another-Pa%2Fss@127.0.0.1:{nobody.getsockname()[1]}/x"
        for one in (wrong, absent):
            with pytest.raises(PromptopsError, match="cannot open the answer store") as caught:
                Store(one)
            assert "another" not in f"{caught.value!r} {caught.value.path}"
    for odd in ("postgresql://u:p@ss@h/d", "postgresql://u:pa/ss@h:1/d", "postgresql://h:x/d"):
        with pytest.raises(UsageError, match="cannot be read") as refused:
            Store(odd)
        assert "ss" not in refused.value.hint.lower().replace("password", "")


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError) as caught:
        Store("postgresql://h/d")
    assert "promptops-toolkit[postgres]" in caught.value.hint


def test_a_server_that_goes_away_is_an_incomplete_run(url: str) -> None:
    async def go() -> None:
        store = Store(url)
        await store.keep(*row("a"), answer("a"))
        shelf: Any = store._shelf
        pid = shelf._writing.info.backend_pid
        with postgres.connected(url) as db:
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        with pytest.raises(StoreError) as caught:
            await store.keep(*row("b"), answer("b"))
        assert silent(str(caught.value) + caught.value.path)
        store.close()

    asyncio.run(go())
    assert known(url, "a", "b") == {"a": answer("a")}


def test_an_owner_that_is_no_owner_is_dead(url: str) -> None:
    kept(url, "a")
    with postgres.connected(url) as db:
        assert not postgres.alive(db, "somebody")


def test_the_password_of_a_url_is_hidden_and_kept_from_programs() -> None:
    environ = {
        "PROMPTOPS_STORE": f"postgresql://team:{postgresql.PASSWORD}@h/d",
        "PROXY": "http://proxy:8080/x",
    }
    hide = keys.hider(environ)
    for secret in SECRETS:
        assert hide(f"<{secret}>") == "<[PROMPTOPS_STORE]>"
    assert hide("http://proxy:8080/x") == "http://proxy:8080/x"
    assert set(without_keys(environ)) == {"PROXY"}


# -- machines ------------------------------------------------------------------------------------


def test_machines_pay_each_answer_once_and_a_lost_one_costs_what_was_in_flight(url: str) -> None:
    with Loopback(slowly) as server:
        lost = started(url, server.url, 120)
        while server.count < 20:
            assert lost.poll() is None
        lost.kill()
        lost.communicate()
        machines = [started(url, server.url, 120) for _ in range(2)]
        outs = [one.communicate()[0].split() for one in machines]
        assert len(set(server.contents())) == 120
        assert server.count <= 120 + 8
        assert [out[0] for out in outs] == [b"120", b"120"]
        run = asked(url, server.url, 120)
    assert (run.calls, run.kept, run.count(State.ANSWER)) == (0, 120, 120)
    right(run)


def test_eval_keeps_its_answers_where_the_environment_says(
    run: Callable[..., Ran], tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit({"prompts/p.prompt.yaml": prompt_text()})
    monkeypatch.setenv("PROMPTOPS_STORE", url)
    asked = ("eval", "p", "--format", "json")
    first = json.loads(run(*asked, cwd=repo.root).out)["result"]
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path / "another machine"))
    again = json.loads(run(*asked, cwd=repo.root).out)["result"]
    assert (first["attempts"], again["attempts"], again["from_store"]) == (12, 0, 12)
    assert not (tmp_path / "another machine" / "answers.db").exists()
    verified = run("store", "verify", cwd=repo.root)
    assert verified.code == 0
    assert verified.out.startswith("12 answers, 0 calls in flight")
    assert run("store", "gc", cwd=repo.root).out == "0 leases dropped\n"
    assert "0 rows lost" in run("store", "salvage", cwd=repo.root).out
    assert run("store", "export", "--to", "out.jsonl", cwd=repo.root).code == 0
    assert len((repo.root / "out.jsonl").read_text().splitlines()) == 12
    shown = [run("store", "verify", *more, cwd=repo.root) for more in ((), ("--format", "json"))]
    assert all(silent(one.out + one.err) for one in shown)
    monkeypatch.setenv("PROMPTOPS_STORE", "mysql://u:secret-Pa55@h/d")
    refused = run(*asked, cwd=repo.root)
    assert refused.code == 2
    assert "PROMPTOPS_STORE is not the URL" in refused.err
    assert "secret" not in refused.err


def test_who_is_cut_off_in_the_midst_of_a_claim_holds_up_nobody_for_ever(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is told nothing of a cable that was pulled; the others still want their turn."""
    [least] = [one for one in postgres._SESSION if "idle_in_transaction" in one]
    short = tuple(one.replace("30s", "200ms") for one in postgres._SESSION)
    assert short != postgres._SESSION
    assert "30s" in least
    monkeypatch.setattr(postgres, "_SESSION", short)
    silent_one = postgres.PostgresShelf(url)
    claiming = silent_one.claiming()
    claiming.__enter__()  # and nothing more is heard of it
    kept(url, "a")
    assert known(url, "a")
    with pytest.raises(Exception, match=r"idle-in-transaction|closed|terminat"):
        claiming.__exit__(None, None, None)
    silent_one.close()
