"""The litellm provider by a real litellm, against a server full of faults; skipped without litellm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from litellm_calls import FAULTS, KEY

pytestmark = pytest.mark.skipif(find_spec("litellm") is None, reason="litellm is not installed")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder: Path = tmp_path_factory.mktemp("repository")
    (folder / ".env").write_text("OPENAI_API_BASE=http://127.0.0.1:1\nLEAKED_INTO=us\n")
    script = os.path.join(os.path.dirname(__file__), "litellm_calls.py")
    done = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_one_request_a_call_whatever_comes_back(told: dict[str, dict[str, Any]]) -> None:
    assert {name: told[name]["served"] for name in FAULTS} == dict.fromkeys(FAULTS, 1)


def test_only_an_answer_is_one(told: dict[str, dict[str, Any]]) -> None:
    answers = {name for name, one in told.items() if one["end"] == "answer"}
    assert answers == {"fine", "cut", "forged", "no usage"}
    assert (told["fine"]["text"], told["fine"]["usage"]) == ("hi", [20, 5])
    assert told["cut"]["cut"] is True
    assert told["forged"]["usage"][0] is None
    silent = {name for name, one in told.items() if one["end"] == "no_answer"}
    assert silent == {"filtered", "null", "refusal", "no choices", "wrong model", "huge"}


def test_what_cannot_succeed_stops_the_run(told: dict[str, dict[str, Any]]) -> None:
    stops = {name for name, one in told.items() if one["end"] == "stop"}
    assert stops == {"wrong key", "moved", "no model", "quota"}
    assert told["bad request"]["end"] == "failed"


def test_what_may_be_tried_again_says_when_and_whether_it_was_paid(
    told: dict[str, dict[str, Any]],
) -> None:
    assert (told["crowded"]["after"], told["crowded"]["sent"]) == (3.0, False)
    assert told["crowded"]["crowded"]
    assert (told["unavailable"]["after"], told["unavailable"]["crowded"]) == (1.0, True)
    for name in ("truncated", "empty", "html", "deep", "reset", "closed", "server error"):
        assert (told[name]["end"], told[name]["sent"]) == ("retry", True), name
    assert told["drip"]["broken"]
    assert (told["nobody"]["end"], told["nobody"]["sent"]) == ("retry", False)


def test_reasons_are_short_of_tracebacks_and_whole_keys_can_be_hidden(
    told: dict[str, dict[str, Any]],
) -> None:
    assert not [name for name, one in told.items() if "Traceback" in str(one.get("reason"))]
    assert KEY in told["wrong key"]["reason"]  # not cut in half: the runner takes it out
