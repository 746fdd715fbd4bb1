"""What `promptops eval --against` shows: the whole, each rule, each slice, and each rule within it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.report import Block, Heading, Table, Text

SHOWN = {"cannot_tell": "cannot tell"}
MOST_ROWS = 30  # rules within slices; beyond them only those that got better or worse are shown
COLUMNS = ("cases", "change", "interval", "verdict")
TOLD = ("better", "worse")


def against_blocks(data: Mapping[str, Any]) -> Iterator[Block]:
    """Rules, slices, how certain all of it is together, and what other cases would take."""
    yield Heading(f"Against {data['revision']}")
    rows = [(rule, *_change(one)) for rule, one in data["rules"].items()]
    rows.append(("(all)", *_change(data)))
    yield Table(("rule", *COLUMNS), tuple(rows), "lrrrl")
    yield from _slices(data)
    many, sure = data["family"]["comparisons"], f"{100 * data['family']['confidence']:.0f} %"
    if many > 1:
        yield Text(
            f"intervals and verdicts hold for all {many} comparisons together at {sure}", "quiet"
        )
    if more := data["unpaired_needed"]:
        yield Text(
            f"both were asked the same cases (paired); asked different ones, each would need {more}",
            "quiet",
        )


def _slices(data: Mapping[str, Any]) -> Iterator[Block]:
    enough = {name: one for name, one in data["slices"].items() if one["enough"]}
    if enough:
        rows, left = _rows(enough)
        yield Heading("By slice")
        yield Table(("slice", *COLUMNS), tuple(rows), "lrrrl")
        if left:
            yield Text(f"{left} more within slices: --format json has all of them", "quiet")
    if worst := data["worst_slice"]:
        yield Text(f"worst slice: {worst['slice']}, {worst['difference_pp']:+.1f} pp")
    small = [name for name, one in data["slices"].items() if not one["enough"]]
    if small:
        needs = (f"{name} (+{data['slices'][name]['cases_needed']} cases)" for name in small)
        yield Text(f"too small to compare: {', '.join(needs)}")


def _rows(slices: Mapping[str, Any]) -> tuple[list[tuple[str, ...]], int]:
    """(a row a slice and a rule within it, how many such rules are left out)."""
    able = sum(_compared(one) for part in slices.values() for one in part["rules"].values())
    rows: list[tuple[str, ...]] = []
    left = 0
    for name, part in slices.items():
        rows.append((name, *_change(part)))
        for rule, one in part["rules"].items():
            if not _compared(one) or (able > MOST_ROWS and one["verdict"] not in TOLD):
                left += 1
            else:
                rows.append((f"- {rule}", *_change(one)))
    return rows, left


def _compared(one: Mapping[str, Any]) -> bool:
    return one["difference_pp"] is not None


def _change(one: Mapping[str, Any]) -> tuple[str, str, str, str]:
    said = compared_word(one)
    if one["difference_pp"] is None:
        return str(one["cases"]), "-", "-", said
    low, high = one["interval_pp"]
    return str(one["cases"]), f"{one['difference_pp']:+.1f} pp", f"{low:+.0f} to {high:+.0f}", said


def compared_word(one: Mapping[str, Any]) -> str:
    """`worse`, `cannot tell, 852 more cases`, or `too small, 5 more cases`."""
    if one["difference_pp"] is None and one["cases_needed"]:
        return f"too small, {one['cases_needed']} more cases"
    said = SHOWN.get(one["verdict"], one["verdict"])
    more = one["cases_needed"]
    return f"{said}, {more} more cases" if more else said
