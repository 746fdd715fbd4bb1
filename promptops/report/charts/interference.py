"""The interference map of a `promptops cliff` result: rows break columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptops.excerpt import excerpt
from promptops.report._page import Markup, tag
from promptops.report.charts import chart, number, point, rect, text
from promptops.report.charts.forest import Estimate, stacked

CELL = 26.0
LABEL = 26  # characters of a rule's name
LEFT, TOP, BELOW, RIGHT = 196.0, 150.0, 62.0, 120.0
LEAST = 640.0  # of the width: the legend has to fit
MOST = 40  # rules that a map shows
SHADES = ((30.0, "harm3"), (20.0, "harm2"), (-1e9, "harm1"))


def interference_map(result: Mapping[str, Any]) -> Markup:
    """The map of all rules, or of those with most to see where there are more than forty.

    result: what `cliff --format json` prints under `result`.
    """
    rules = shown_rules(result, MOST)
    cells = {(pair["source"], pair["target"]): pair for pair in result["interference"]}
    wide = CELL * len(rules)
    delta = result["settings"]["delta_pp"]
    places = [(i, j) for i in range(len(rules)) for j in range(len(rules))]
    drawn = [part for i, j in places for part in _cell(rules, i, j, cells, delta)]
    return chart(
        max(LEFT + wide + RIGHT, LEAST),
        TOP + wide + BELOW,
        _title(result),
        *_names(rules),
        *(rect(LEFT, TOP + CELL * k, (wide - 2, CELL - 2), "cell") for k in range(len(rules))),
        *drawn,
        *_legend(TOP + wide + 24, len(result["rules"]) - len(rules), "".join(drawn)),
    )


def interference_list(result: Mapping[str, Any]) -> Markup | None:
    """The confirmed pairs under one another, for a narrow screen; None where there are none."""
    found = [pair for pair in result["interference"] if pair["confirmed"]]
    found.sort(key=lambda pair: -float(pair["effect_pp"]))
    pairs = [
        Estimate(
            f"{pair['source']} → {pair['target']}",
            pair["effect_pp"] / 100,
            (pair["interval"][0] / 100, pair["interval"][1] / 100),
            f"{pair['effect_pp']:.0f}",
            "bad",
        )
        for pair in found[:MOST]
    ]
    said = {"bad": "answers in 100 that → breaks, with interval"}
    return stacked(_title(result), pairs, said) if pairs else None


def shown_rules(result: Mapping[str, Any], most: int) -> list[str]:
    """The rules of a map in the prompt's order: all, or the `most` with most to see."""
    rules: list[str] = list(result["rules"])
    if len(rules) <= most:
        return rules
    worth: dict[str, float] = dict.fromkeys(rules, 0.0)
    for pair in result["interference"]:
        weight = (1e9 if pair["confirmed"] else 1.0) * min(pair["e_value"], 1e6)
        if pair["verdict"] != "cleared":
            worth[pair["source"]] += weight
            worth[pair["target"]] += weight
    chosen = set(sorted(rules, key=lambda rule: -worth[rule])[:most])
    return [rule for rule in rules if rule in chosen]


def _title(result: Mapping[str, Any]) -> str:
    said = [
        f"{pair['source']} costs {pair['target']} {pair['effect_pp']:.0f} points"
        for pair in result["interference"]
        if pair["confirmed"]
    ]
    found = "; ".join(said) or "no rule was found to break another"
    return f"Which rule breaks which in {result['prompt']}: {found}"


def _names(rules: Sequence[str]) -> Iterator[Markup]:
    yield text(LEFT - 10, TOP - 10, "this rule ↓ breaks that →", "quiet end")
    for k, rule in enumerate(rules):
        y, x = TOP + CELL * k + 17, LEFT + CELL * k + 17
        yield text(LEFT - 10, y, excerpt(rule, LABEL), "end")
        turn = f"translate({number(x)} {number(TOP - 8)}) rotate(-55)"
        yield tag("text", excerpt(rule, LABEL - 2), transform=turn)


def _cell(
    rules: Sequence[str],
    i: int,
    j: int,
    cells: Mapping[tuple[str, str], Mapping[str, Any]],
    delta: float,
) -> Iterator[Markup]:
    x, y, side = LEFT + CELL * j, TOP + CELL * i, CELL - 2
    pair = cells.get((rules[i], rules[j]))
    middle = (x + side / 2, y + side / 2)
    if i == j:
        yield rect(x, y, (side, side), "blank")
    elif pair is None or pair["effect_pp"] is None:
        return
    elif pair["confirmed"]:
        effect = pair["effect_pp"]
        shade = next(kind for least, kind in SHADES if effect >= least)
        kind = "small middle onto" if shade == "harm3" else "small middle"
        yield rect(x, y, (side, side), shade, _told(pair))
        yield text(middle[0], middle[1] + 4, f"{effect:.0f}", kind)
    elif pair["verdict"] == "cleared":
        yield point(*middle, kind="quiet", radius=1.2)
    elif pair["effect_pp"] >= delta:
        yield text(middle[0], middle[1] + 4, "?", "quiet small middle")


def _told(pair: Mapping[str, Any]) -> str:
    low, high = pair["interval"]
    words = f"{pair['effect_pp']:.0f} points ({low:.0f} to {high:.0f})"
    return f"{pair['source']} on {pair['target']}: {words}"


def _legend(y: float, left: int, drawn: str) -> Iterator[Markup]:
    """What the marks say that are there; left: rules that are not shown."""
    x = 16.0
    kinds = (
        ("harm3", "30 or more of 100 answers broken"),
        ("harm2", "20 to 30"),
        ("harm1", "less"),
    )
    for kind, words in kinds:
        yield rect(x, y - 10, (12, 12), kind)
        yield text(x + 18, y, words, "quiet small")
        x += 40 + 6.2 * len(words)
    said = [("<circle", "dot: cleared"), (">?<", "?: suspected"), ("", "empty: not confirmed")]
    yield text(x, y, "; ".join(words for mark, words in said if mark in drawn), "quiet small")
    if left > 0:
        yield text(16, y + 20, f"{left} rules without a finding are not shown", "quiet small")
