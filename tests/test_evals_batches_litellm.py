"""`eval --engine batch` by a real litellm, against files and batches on the loopback server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from batch_nights import KEY, N

pytestmark = pytest.mark.skipif(find_spec("litellm") is None, reason="litellm is not installed")
Told = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder: Path = tmp_path_factory.mktemp("nights")
    script = os.path.join(os.path.dirname(__file__), "batch_nights.py")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PROMPTOPS_", "OPENAI_"))}
    argv = [sys.executable, script, str(folder)]
    done = subprocess.run(argv, cwd=folder, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: Told = json.loads(done.stdout.splitlines()[-1])
    return found


def result(ran: Told) -> Told:
    found: Told = json.loads(ran["out"])["result"]
    return found


def test_the_report_is_that_of_live_calls_to_the_byte(told: Told) -> None:
    night = told["overnight"]
    assert night["live"]["code"] == night["fetched"]["code"] == 3
    assert night["live"]["out"] == night["fetched"]["out"]
    assert night["same"], "what was ordered is what a live call asks"


def test_one_order_and_no_live_call_afterwards(told: Told) -> None:
    night = told["overnight"]
    seen = {"POST /files": 1, "POST /batches": 1, "GET /batches/ID": 2, "GET /files/ID/content": 1}
    assert night["seen"] == seen
    assert night["calls"] == 0
    again = result(night["again"])
    assert (again["from_store"], again["attempts"]) == (N, 0)
    assert (night["keyed"], night["leaked"]) == (True, False)


def test_what_is_not_done_says_so_and_how_to_ask_again(told: Told) -> None:
    night = told["overnight"]
    assert (night["ordered"]["code"], night["early"]["code"]) == (4, 4)
    text = " ".join(night["ordered"]["out"].split())
    assert f"not done yet: 0 of {N} calls are answered, {N} in batches" in text
    assert "promptops eval p --engine batch" in text
    early = result(night["early"])
    assert (early["waiting"], early["complete"], early["usd_reserved"]) == (N, False, None)
    [batch] = early["batches"]
    assert (batch["batch"], batch["state"], batch["done"]) == ("batch-0", "in_progress", 1)
    assert sum(early["calls"].values()) == 2 * early["calls"]["planned"]


def test_live_calls_that_are_in_a_batch_are_refused(told: Told) -> None:
    night = told["overnight"]
    assert night["refused"]["code"] == 2
    assert f"{N} of the calls are in a batch" in night["refused"]["err"]
    [listed] = result(night["listed"])["batches"]
    assert f"promptops store forget {listed['name']}" in night["refused"]["err"]
    assert (listed["batch"], listed["file"], listed["calls"]) == ("batch-0", "file-0", N)


def test_a_provider_by_name_gets_what_litellm_would_send_it(told: Told) -> None:
    named = told["by name"]
    assert set(named["body"]) == {"model", "messages", "max_completion_tokens"}
    assert named["body"]["model"] == "gpt-5-mini"
    assert named["keys"] == [KEY]
    assert named["asked"] == N


def test_money_is_reckoned_at_the_price_of_a_batch(told: Told) -> None:
    named = told["by name"]
    planned = result(named["plan"])["plan"]["usd"]
    poor = result(named["poor"])
    assert 0 < poor["usd_reserved"] <= 0.02 < planned["high"]
    assert poor["stopped"] == "budget"
    done = result(named["done"])
    assert done["usd"] == pytest.approx(N * (20 * 1e-6 + 5 * 4e-6))
    assert result(named["rest"])["attempts"] == 0


def test_where_no_batch_can_be_ordered_it_is_said(told: Told) -> None:
    none = told["by name"]["none"]
    assert none["code"] == 2
    assert "no batches can be ordered at anthropic" in none["err"]


@pytest.mark.parametrize("fault", ["wrong key", "no batches", "moved"])
def test_a_refusal_orders_nothing_and_hides_keys(told: Told, fault: str) -> None:
    first, second = told["faults"][fault]["first"], told["faults"][fault]["second"]
    assert (first["code"], second["code"]) == (2, 3)
    assert "the batch interface says no" in first["err"]
    assert KEY not in first["err"]
    assert told["faults"][fault]["asked"] == [1]


@pytest.mark.parametrize("fault", ["lost reply", "server error", "crowded", "busy files", "torn output"])  # fmt: skip
def test_a_fault_on_the_way_orders_nothing_twice(told: Told, fault: str) -> None:
    found = told["faults"][fault]
    assert (found["first"]["code"], found["second"]["code"]) == (3, 3)
    assert found["asked"] == [1]
    assert found["orders"] == (2 if fault == "crowded" else 1)
    assert found["first"]["err"] == ""


def test_a_study_goes_round_by_round_and_ends_as_the_live_one_does(told: Told) -> None:
    rounds = told["rounds"]
    live, first, waited = (result(rounds[name]) for name in ("live", "first", "waited"))
    assert rounds["first"]["code"] == 4
    assert "is not done (validating): ask again with the same command" in first["stop"]
    assert first["calls"] == 0
    assert rounds["orders"] > 1
    assert rounds["asked"] == live["attempts"] == 100
    money = ("attempts", "from_store")
    assert {k: v for k, v in waited.items() if k not in money} == {
        k: v for k, v in live.items() if k not in money
    }
    assert rounds["again"]["count"] == rounds["live"]["count"]
    assert rounds["again"]["code"] == rounds["waited"]["code"] == rounds["live"]["code"]
