"""What `promptops cliff` shows of interference: who breaks whom, what it costs, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptops.cli._cliff.pictures import matrix
from promptops.cli._cliff.work import listed
from promptops.cli._eval.blocks import money
from promptops.report import Block, Diagnostics, Heading, Items, Picture, Screen, Table, Text
from promptops.report.charts.interference import interference_list, interference_map

MOST_ROWS = 12
NAMES = {
    "no_answer": "without an answer",
    "failed": "failed",
    "unknown": "unknown",
    "not_run": "not run",
}
STOPS = {
    "decided": "every pair is decided",
    "done": "all are asked",
    "budget": "the budget is spent",
    "interrupted": "interrupted",
}


def interference_blocks(
    result: Mapping[str, Any], screen: Screen, wrong: Diagnostics, verbosity: int = 0
) -> Iterator[Block]:
    """The answer for people; everything in it is in the result too."""
    yield from head_blocks(result)
    yield from _verdict(result)
    if result["harmful_rules"]:
        yield _confirmed(result, screen)
        yield _map(result, screen)
    yield from _ranking(result, screen, verbosity)
    yield from next_blocks(result)
    yield wrong


def head_blocks(result: Mapping[str, Any]) -> Iterator[Block]:
    """The title, that it is simulated, and what was asked."""
    yield Heading(f"{result['prompt']} on {result['model']}", 1)
    if result["simulated"]:
        yield Text("simulated: these answers come from dice, not from a language model", "warn")
    states = result["states"]
    parts = [f"{states['answered']} answers"]
    parts += [f"{states[key]} {name}" for key, name in NAMES.items() if states[key]]
    if result["from_store"]:
        parts.append(f"{result['from_store']} of them kept from before")
    parts.append("free" if result["simulated"] else money(result["usd"]))
    stop = STOPS.get(result["stop"], result["stop"])
    if result["kind"] == "add" and result["stop"] == "decided":
        stop = "that is enough"
    yield Text(f"{', '.join(parts)}; {stop}")
    for reason, count in result["reasons"].items():
        yield Text(f"{count} x {reason}", "quiet")


def _verdict(result: Mapping[str, Any]) -> Iterator[Block]:
    pairs, delta = result["pairs"], result["settings"]["delta_pp"]
    harmful = len(result["harmful_rules"])
    if harmful:
        rules = "1 rule breaks others" if harmful == 1 else f"{harmful} rules break others"
        yield Text(f"{rules}: {pairs['confirmed']} confirmed of {pairs['in_all']} pairs", "bad")
    elif result["complete"]:
        yield Text(f"no rule was seen to cost another {delta:.0f} points or more", "good")
    else:
        yield Text(
            f"cannot tell yet: nothing confirmed, {pairs['undecided']} of {pairs['in_all']} pairs open",
            "warn",
        )
    if harmful and pairs["undecided"]:
        yield Text(
            f"{pairs['cleared']} pairs are cleared, {pairs['undecided']} still open", "quiet"
        )
    near = result["locality"]
    if near["capacity_suspected"]:
        yield Text(
            f"capacity: with a quarter of the rules left out, all others are kept {near['gap_pp']:.0f} "
            "points more often; that is no single rule's doing",
            "warn",
        )


def _map(result: Mapping[str, Any], screen: Screen) -> Picture:
    summary = "in points: so many more answers in 100 break the one rule because of the other"
    drawn = tuple(matrix(result, screen).split("\n"))
    name = f"Which rule breaks which in {result['prompt']}"
    figures, narrow = _confirmed(result, screen), interference_list(result) or ""
    return Picture(name, summary, interference_map(result), figures, drawn, narrow)


def _confirmed(result: Mapping[str, Any], screen: Screen) -> Table:
    arrow = screen.mark("→", "->")
    rows = [
        (f"{p['source']} {arrow} {p['target']}", spread(p["effect_pp"], p["interval"]), odds(p))
        for p in result["interference"]
        if p["confirmed"]
    ]
    return Table(("breaks", "points lost", "odds against chance"), tuple(rows), "lrr")


def spread(middle: float | None, interval: Sequence[float] | None) -> str:
    """`28 (19 to 37)`."""
    if middle is None or interval is None:
        return "-"
    return f"{middle:.0f} ({interval[0]:.0f} to {interval[1]:.0f})"


def odds(pair: Mapping[str, Any]) -> str:
    """`4,200 : 1`."""
    value = pair["e_value"]
    return "over a million" if value >= 1e6 else f"{value:,.0f} : 1"


def _ranking(result: Mapping[str, Any], screen: Screen, verbosity: int) -> Iterator[Block]:
    rows = result["ranking"]
    if not rows:
        return
    shown = rows if verbosity > 0 else [r for r in rows if r["breaks"]]
    if not shown:
        return
    dollars = any(row["usd_per_1000_calls"] is not None for row in rows)
    monthly = any(row["usd_per_month"] is not None for row in rows)
    table = [
        (
            row["rule"],
            listed(row["breaks"], 3) or screen.mark("–", "-"),
            f"{row['confirmed_per_100_answers']:.0f}",
            *((spread(row["broken_per_100_answers"], row["interval"]),) if verbosity > 0 else ()),
            "-" if row["tokens"] is None else str(row["tokens"]),
            *((_cost(row, monthly),) if dollars else ()),
        )
        for row in shown[: None if verbosity > 0 else MOST_ROWS]
    ]
    yield Heading("Rules by harm")
    head = ["rule", "breaks", "broken in 100 answers"]
    head += ["with all that is open"] if verbosity > 0 else []
    head += ["tokens", *(["a month" if monthly else "1,000 calls"] if dollars else [])]
    yield Table(tuple(head), tuple(table), "ll" + "r" * (len(head) - 2))


def _cost(row: Mapping[str, Any], monthly: bool) -> str:
    value = row["usd_per_month"] if monthly else row["usd_per_1000_calls"]
    return "-" if value is None else money(value)


def next_blocks(result: Mapping[str, Any]) -> Iterator[Block]:
    """What to do, and what the figures do not say."""
    if result["next"]:
        yield Heading("What to do")
        yield Items(tuple(result["next"]))
    yield from (Text(note, "quiet") for note in result["notes"])
