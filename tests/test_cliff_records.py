"""Recorded tables: shapes, break points and the traps of published data."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from promptops.cliff.records import Recorded, analyse
from promptops.cliff.shape import fit_shape
from promptops.errors import InputError

SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parents[2] / "shared"))
IFSCALE = SHARED / "data" / "ifscale" / "per_sample_12_models.csv"


def table(shape: str, noise: float = 0.01) -> str:
    rng = np.random.default_rng(0)
    rows = ["model,num_rules,seed,accuracy"]
    for size in range(10, 501, 20):
        rate = {
            "none": 0.95,
            "linear": 1 - size / 800,
            "threshold": 1 - max(0, size - 250) / 500,
            "exponential": 0.1 + 0.9 * np.exp(-size / 90),
        }[shape]
        for seed in range(5):
            value = float(np.clip(rate + noise * rng.standard_normal(), 0, 1))
            rows.append(f"m,{size},{seed},{100 * value:.2f}")
    return "\n".join(rows)


@pytest.mark.parametrize("shape", ["none", "linear", "threshold", "exponential"])
def test_shapes_are_told_apart(shape: str) -> None:
    (read,) = analyse(table(shape))
    assert read.shape.shape == shape
    if shape == "threshold":
        assert read.shape.interval is not None
        assert read.shape.interval.low <= 250 <= read.shape.interval.high


@pytest.mark.skipif(not IFSCALE.exists(), reason="recorded data are not here")
def test_shapes_of_recorded_models() -> None:
    read = {model.model.split("/")[-1]: model for model in analyse(IFSCALE.read_text())}
    shapes = {name: model.shape.shape for name, model in read.items()}
    assert shapes["o3-high-reasoning"] == "threshold"
    assert shapes["claude-sonnet-4"] == "linear"
    assert shapes["gpt-4o"] == shapes["gpt-4o-mini"] == "exponential"
    assert shapes["llama-4-maverick"] == "cannot_tell"
    assert traps(read["llama-4-maverick"]).keys() == {"fail-together"}
    assert traps(read["o3-high-reasoning"])["nothing-kept"] == 1


def traps(read: Recorded) -> dict[str, int]:
    return {trap.name: trap.rows for trap in read.traps}


def test_a_noisy_first_point_is_no_cliff() -> None:
    text = "\n".join(
        line if not line.startswith("m,10,") else line.rsplit(",", 1)[0] + ",70"
        for line in table("threshold").splitlines()
    )
    (read,) = analyse(text)
    assert traps(read)["noisy-first-point"] == 5
    assert read.shape.shape == "threshold"


def rows(calls: list[tuple[int, int, list[bool | None]]], **extra: object) -> str:
    lines = [
        {"num_rules": size, "case": "c", "repeat": k, "rule": f"r{i}", "passed": p, **extra}
        for size, k, passed in calls
        for i, p in enumerate(passed)
    ]
    return "\n".join(json.dumps(line) for line in lines)


def test_duplicates_wrong_counts_and_unanswered_calls_are_reported() -> None:
    text = rows([(2, 0, [True, False, True]), (3, 1, [True, True, None])])
    text += "\n" + rows([(3, 2, [False, False])], state="question") + "\n\n"
    (read,) = analyse(text)
    assert traps(read) == {"not-answered": 2, "wrong-count": 1}
    assert read.calls == 2
    assert read.curve[0][:2] == (3, pytest.approx((2 / 3 + 1) / 2))
    assert read.shape.shape == "cannot_tell"
    header = "model,num_rules,seed,accuracy\n"
    (again,) = analyse(header + "m,10,0,0.9\nm,10,0,0.9\nm,10,1,0.8\n")
    assert traps(again) == {"duplicate": 1}
    assert again.calls == 2


def test_all_pass_rates_that_fall_alone_are_p_to_the_n() -> None:
    rng = np.random.default_rng(1)
    calls = [
        (size, k, [bool(x) for x in rng.random(size) < 0.9])
        for size in (2, 4, 8, 12, 16, 24)
        for k in range(30)
    ]
    (read,) = analyse(rows(calls))
    assert read.shape.shape == "none"
    assert "only-p-to-the-n" in traps(read)
    assert read.all_passed[0][1] > 0.6 > 0.3 > read.all_passed[-1][1]


def test_rules_of_one_call_failing_together_are_one_observation() -> None:
    rng = np.random.default_rng(1)
    calls: list[tuple[int, int, list[bool | None]]] = []
    for size in (20, 40, 60, 80, 100):
        calls += [(size, k, [bool(rng.random() < 0.8)] * size) for k in range(10)]
    (read,) = analyse(rows(calls))
    assert traps(read)["fail-together"] == 50
    assert traps(read)["nothing-kept"] > 3


def test_rules_may_be_listed_in_place_of_their_number() -> None:
    (read,) = analyse(json.dumps({"rules": ["a", "b"], "accuracy": 0.5}))
    assert read.curve == ((2, 0.5, 0.5, 0.5, 1),)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 0),
        ("num_rules,accuracy\nten,0.5", 2),
        ("num_rules,accuracy\n10,nan", 2),
        ("num_rules,accuracy\n10,0.5\n2.5,0.5", 3),
        ("num_rules,accuracy\n10,150", 2),
        ('{"num_rules": 3}\n{', 2),
        ('{"num_rules": 3, "accuracy": 1}\n[]', 2),
        ('{"num_rules": 3, "rule": "a", "passed": "perhaps"}', 1),
        ('num_rules,accuracy\n"10,0.5', 2),
    ],
)
def test_a_table_that_cannot_be_read_says_where(text: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        analyse(text, "t.csv")
    assert (caught.value.path, caught.value.line) == ("t.csv", line)
    assert caught.value.hint


def test_few_points_are_no_shape() -> None:
    assert fit_shape(np.arange(4.0), np.ones(4)).shape == "cannot_tell"
