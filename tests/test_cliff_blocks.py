"""What `promptops cliff` shows of results that are rare on a test's servers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from promptops.cli._cliff.blocks import interference_blocks, spread
from promptops.cli._cliff.capacity import capacity_blocks
from promptops.report import Block, Diagnostics, Report, Screen, render

NOTHING = Diagnostics((), {})


def shown(blocks: Iterable[Block], width: int = 80) -> str:
    text = render(Report("cliff", {}, tuple(blocks)), "text", Screen(width))
    return " ".join(text.split())


def study(**over: Any) -> dict[str, Any]:
    row = {
        "rule": "a", "breaks": ["b"], "broken_per_100_answers": 33.0,
        "confirmed_per_100_answers": 31.0, "interval": [10.0, 50.0], "tokens": 14,
        "usd_per_1000_calls": 0.02, "usd_per_month": 12.5,
    }  # fmt: skip
    edge = {
        "source": "a", "target": "b", "effect_pp": 31.0, "interval": [20.0, 42.0],
        "e_value": 12_345.0, "confirmed": True, "verdict": "confirmed",
    }  # fmt: skip
    return {
        "prompt": "p", "model": "m", "simulated": False, "kind": "interference",
        "states": {"answered": 90, "no_answer": 4, "failed": 3, "unknown": 2, "not_run": 1},
        "from_store": 7, "usd": 0.5, "reasons": {"HTTP 503": 3}, "stop": "budget",
        "rules": ["a", "b"], "interference": [edge], "harmful_rules": ["a"],
        "pairs": {"confirmed": 1, "undecided": 1, "cleared": 0, "in_all": 2},
        "settings": {"delta_pp": 20.0}, "complete": False, "ranking": [row],
        "locality": {"capacity_suspected": False, "gap_pp": 1.0, "interval": [0.0, 2.0]},
        "next": ["do this"], "notes": ["mind that"], **over,
    }  # fmt: skip


def test_a_study_says_what_was_asked_and_what_it_costs() -> None:
    text = shown(interference_blocks(study(), Screen(80), NOTHING))
    for said in (
        "90 answers, 4 without an answer, 3 failed, 2 unknown, 1 not run",
        "7 of them kept from before, $0.5000; the budget is spent",
        "3 x HTTP 503",
        "1 rule breaks others: 1 confirmed of 2 pairs",
        "12,345 : 1",
        "a month",
        "$12.50",
        "do this",
        "mind that",
    ):
        assert said in text
    loud = shown(interference_blocks(study(), Screen(80), NOTHING, 1))
    assert "33 (10 to 50)" in loud


def test_a_study_that_found_nothing_says_whether_it_could_have() -> None:
    nothing = study(
        harmful_rules=[], interference=[], ranking=[],
        pairs={"confirmed": 0, "undecided": 2, "cleared": 0, "in_all": 2},
        locality={"capacity_suspected": True, "gap_pp": 22.0, "interval": [9.0, 31.0]},
    )  # fmt: skip
    text = shown(interference_blocks(nothing, Screen(80), NOTHING))
    assert "cannot tell yet: nothing confirmed, 2 of 2 pairs open" in text
    assert "all others are kept 22 points more often" in text
    whole = study(harmful_rules=[], interference=[], ranking=[], complete=True, stop="decided")
    text = shown(interference_blocks(whole, Screen(80), NOTHING))
    assert "no rule was seen to cost another 20 points or more" in text
    assert "every pair is decided" in text
    assert spread(None, None) == "-"


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("linear", "linear: compliance falls with every rule; 20 points are lost in all"),
        ("exponential", "falls at once, then less and less"),
        ("cannot_tell", "cannot tell yet whether compliance falls: the loss is between 9 and 31"),
        ("none", "no cliff up to 9 rules: a loss above 31 points is ruled out"),
    ],
)
def test_every_shape_has_its_sentence(shape: str, said: str) -> None:
    point = {
        "rules": 3, "rate": 0.9, "interval": [0.8, 1.0], "n": 20, "all_kept": None,
        "all_kept_by_chance": None,
    }  # fmt: skip
    capacity = {
        "curve": [point, {**point, "rules": 9, "rate": 0.7, "interval": [0.6, 0.8]}],
        "shape": shape, "rules": 9, "break_point": None, "interval": None, "loss_pp": 20.0,
        "loss_interval": [9.0, 31.0],
    }  # fmt: skip
    result = {**study(), "kind": "capacity", "capacity": capacity}
    assert said in shown(capacity_blocks(result, Screen(80)))
    assert "one rule kept" in shown(capacity_blocks(result, Screen(80, unicode=False)))
