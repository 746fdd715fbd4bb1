"""Pictures of a cliff result: whole SVG that stands alone, says what it shows, and lies about nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from promptops.report.charts import NARROW, flattened, standalone
from promptops.report.charts.addition import addition_chart
from promptops.report.charts.capacity import capacity_curve
from promptops.report.charts.harm import harm_bars
from promptops.report.charts.interference import interference_list, interference_map

SVG = "{http://www.w3.org/2000/svg}"


def pair(source: str, target: str, effect: float, verdict: str) -> dict[str, Any]:
    return {
        "source": source,
        "target": target,
        "effect_pp": effect,
        "interval": [effect - 9, effect + 9],
        "e_value": 1000.0 if verdict == "confirmed" else 1.0,
        "confirmed": verdict == "confirmed",
        "verdict": verdict,
    }


def study(rules: int = 5) -> dict[str, Any]:
    pairs = [
        pair("r0", "r1", 31.0, "confirmed"),
        pair("r1", "r2", 24.0, "confirmed"),
        pair("r2", "r3", 12.0, "confirmed"),
        pair("r3", "r4", 25.0, "undecided"),
        pair("r4", "r0", 1.0, "cleared"),
        pair("r4", "r1", 2.0, "undecided"),
        {**pair("r4", "r2", 0.0, "undecided"), "effect_pp": None, "interval": None},
    ]
    row = {
        "breaks": ["r1"], "broken_per_100_answers": 33.0, "confirmed_per_100_answers": 31.0,
        "interval": [10.0, 50.0], "tokens": 14, "usd_per_1000_calls": 0.02, "usd_per_month": None,
    }  # fmt: skip
    ranking = [{"rule": "r0", **row}, {"rule": "r1", **row, "usd_per_month": 3.5}]
    ranking.append({"rule": "r<2>", **row, "tokens": None, "usd_per_1000_calls": None})
    return {
        "prompt": "a <b> & c",
        "rules": [f"r{k}" for k in range(rules)],
        "interference": pairs,
        "settings": {"delta_pp": 20.0},
        "ranking": [*ranking, {"rule": "idle", **row, "breaks": []}],
    }


def curve(shape: str = "threshold") -> dict[str, Any]:
    points = [
        {"rules": n, "rate": r, "interval": [r - 0.05, r + 0.05], "all_kept": r**n,
         "all_kept_by_chance": r**n, "n": 20}
        for n, r in ((4, 0.95), (12, 0.94), (20, 0.7))
    ]  # fmt: skip
    broken = shape == "threshold"
    capacity = {
        "curve": points, "shape": shape, "rules": 20,
        "break_point": 12.0 if broken else None, "interval": [9.0, 15.0] if broken else None,
    }  # fmt: skip
    return {"prompt": "p", "capacity": capacity}


def addition() -> dict[str, Any]:
    rows = [
        {"rule": "a", "verdict": "harmed", "harm_pp": 40.0, "interval": [20.0, 130.0]},
        {"rule": "b", "verdict": "clean", "harm_pp": 0.0, "interval": [-90.0, 10.0]},
        {"rule": "c", "verdict": "open", "harm_pp": 9.0, "interval": [-20.0, 40.0]},
        {"rule": "d", "verdict": "open", "harm_pp": None, "interval": None},
    ]
    add = {"verdict": "harmful", "candidates": ["new"], "margin_pp": 25.0, "rules": rows}
    return {"prompt": "p", "add": add}


def parsed(drawn: Any) -> ET.Element:
    return ET.fromstring(standalone(drawn))


def texts(root: ET.Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    "drawn",
    [
        interference_map(study()),
        interference_map(study(60)),
        harm_bars(study()),
        harm_bars({"prompt": "p", "ranking": []}),
        *(capacity_curve(curve(s)) for s in ("threshold", "none", "linear", "cannot_tell")),
        capacity_curve({"prompt": "p", "capacity": {**curve()["capacity"], "curve": []}}),
        addition_chart(addition()),
        capacity_curve(curve(), NARROW),
        interference_list(study()),
    ],
)
def test_every_picture_stands_alone_and_names_itself(drawn: Any) -> None:
    alone = standalone(drawn)
    root = ET.fromstring(alone)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title")
    assert "script" not in alone
    assert not re.findall(r"(?:href|src|url\()", alone)
    assert "prefers-color-scheme: dark" in alone
    assert "var(" not in flattened(alone)
    width, height = (float(side) for side in root.get("viewBox", "").split()[2:])
    for one in root.iter(f"{SVG}rect"):
        assert float(one.get("x", "0")) + float(one.get("width", "0")) <= width + 1
        assert float(one.get("y", "0")) + float(one.get("height", "0")) <= height + 1


def test_the_map_names_numbers_and_hides_nothing_confirmed() -> None:
    root = parsed(interference_map(study()))
    assert {"31", "24", "12", "?"} <= set(texts(root))
    assert "r0 costs r1 31 points" in (root.findtext(f"{SVG}title") or "")
    many = parsed(interference_map(study(60)))
    assert {"31", "24", "12"} <= set(texts(many))
    assert "20 rules without a finding are not shown" in texts(many)
    assert "a <b> & c" in (root.findtext(f"{SVG}title") or "")


def test_on_a_narrow_screen_the_map_is_a_list_the_gravest_first() -> None:
    drawn = interference_list(study())
    assert drawn is not None
    root = parsed(drawn)
    assert [said for said in texts(root) if "→" in said][:3] == ["r0 → r1", "r1 → r2", "r2 → r3"]
    assert {"31", "24", "12"} <= set(texts(root))
    assert "r3 → r4" not in texts(root), "it is only suspected"
    assert interference_list({**study(), "interference": []}) is None


def test_a_narrow_curve_keeps_its_legend_in_sight() -> None:
    wide, narrow = (parsed(capacity_curve(curve(), width)) for width in (720.0, NARROW))
    for root, lines in ((wide, 1), (narrow, 3)):
        edge = float(root.get("viewBox", "").split()[2])
        legend = [
            one
            for one in root.iter(f"{SVG}text")
            if (one.text or "").endswith(("kept", ")", "interval"))
        ]
        assert len({one.get("y") for one in legend if "quiet" in one.get("class", "")}) == lines
        assert all(float(one.get("x", "0")) + 5 * len(one.text or "") < edge for one in legend)
    assert "holds, then breaks" in " ".join(texts(wide))
    assert "holds, then breaks" not in " ".join(texts(narrow)), "the page says it above"


def test_bars_say_what_a_rule_costs() -> None:
    shown = " ".join(texts(parsed(harm_bars(study()))))
    assert "14 tokens, $0.0200 for 1,000 calls" in shown
    assert "$3.50 a month" in shown
    assert "idle" not in shown


def test_the_curve_shows_a_break_only_where_there_is_one() -> None:
    assert "badband" in capacity_curve(curve())
    assert "badband" not in capacity_curve(curve("none"))
    assert "no cliff up to 20 rules" in capacity_curve(curve("none"))
    assert "breaks at about 12 rules (9 to 15)" in capacity_curve(curve())


def test_what_evidence_keeps_is_enough_for_a_curve() -> None:
    kept = ("rules", "rate", "interval", "n")
    points = [{name: p[name] for name in kept} for p in curve()["capacity"]["curve"]]
    capacity = {"shape": "none", "rules": 20, "curve": points}
    drawn = capacity_curve({"prompt": "p", "capacity": capacity})
    assert "no cliff up to 20 rules" in drawn
