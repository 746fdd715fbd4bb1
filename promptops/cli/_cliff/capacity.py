"""`promptops cliff PROMPT --capacity`: how compliance falls as rules pile up, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.cli._cliff.blocks import head_blocks, next_blocks
from promptops.cli._cliff.findings import fall_diagnostics
from promptops.cli._cliff.money import costs
from promptops.cli._cliff.pictures import curve
from promptops.cli._cliff.work import (
    DIGITS,
    Work,
    exit_code,
    money_data,
    points,
    refuse_silence,
    why_stopped,
)
from promptops.cli._eval.blocks import percent
from promptops.cli._eval.session import Session
from promptops.cliff.capacity import Capacity
from promptops.cliff.climb import Climb
from promptops.cliff.shape import CANNOT_TELL, NONE
from promptops.report import Block, Picture, Report, Screen, Table, Text
from promptops.report.charts import NARROW
from promptops.report.charts.capacity import capacity_curve

SURE = 0.05
SUMMARY = "how often one rule is kept, and how often all of them, as the prompt has more of them"
SHAPES = {
    "threshold": "holds, and falls from a number of rules on",
    "linear": "falls with every rule",
    "exponential": "falls at once, then less and less",
}


def capacity_report(work: Work) -> Report:
    """Ask the ladder; say whether compliance falls, from where on, and by what."""
    climb = Climb(work.subject(), work.measured.calls, work.measured.seed)
    with work.session() as session:
        stop = climb.run(session.ask) or "done"
    refuse_silence(session)
    data = {
        **work.head(),
        "digests": climb.subject.plan.digests(),
        "plan": {"calls": work.measured.calls, "usd": None, "detectable_pp": None},
        **money_data(session),
        "stop": why_stopped(session, stop),
    }
    data["capacity"] = capacity_data(work, climb)
    shape = data["capacity"]["shape"]
    data["complete"] = shape != CANNOT_TELL and climb.enough
    data["next"] = list(_next(work, data["capacity"]))
    data["notes"] = _notes(climb, data["capacity"])
    return _finish(work, data, session)


def _finish(work: Work, data: dict[str, Any], session: Session) -> Report:
    if work.measured.evidence:
        from promptops.cli._cliff.evidence import write_capacity

        data["notes"].append(write_capacity(work, data))
    blocks = [*capacity_blocks(data, work.call.screen), fall_diagnostics(work.reading, data)]
    fell = data["capacity"]["shape"] not in (NONE, CANNOT_TELL)
    return Report("cliff", data, tuple(blocks), exit_code(session, fell, data["complete"]))


def capacity_data(work: Work, climb: Climb) -> dict[str, Any]:
    """The curve and what is made of it; "none" only where a fall of --delta is ruled out."""
    found, loss = climb.read(), climb.loss()
    shape = found.shape if found is not None and climb.enough else CANNOT_TELL
    if shape == NONE and (loss is None or loss[1].high >= work.measured.delta):
        shape = CANNOT_TELL
    told = shape not in (NONE, CANNOT_TELL)
    threshold = found if found is not None and shape == "threshold" else None
    return {
        "curve": _curve(work, climb, found),
        "shape": shape,
        "break_point": _counted(threshold.break_point or 0.0, climb) if threshold else None,
        "interval": threshold.interval
        and [_counted(threshold.interval.low, climb), _counted(threshold.interval.high, climb)]
        if threshold
        else None,
        "cause": _cause(found, told),
        "within_5": found.within_5 + climb.fixed if found and found.within_5 and told else None,
        "loss_pp": points(loss[0]) if loss else None,
        "loss_interval": [points(loss[1].low), points(loss[1].high)] if loss else None,
        "p_count": found and _short(found.p_count),
        "p_length": found and _short(found.p_length),
        "p_middle": found and _short(found.p_middle),
        "thirds": [
            {"place": one.place, "rate": _short(one.rate)}
            for one in (found.thirds if found else ())
        ],
        "rules": len(climb.subject.prompt.rules),
    }


def _cause(found: Capacity | None, told: bool) -> str:
    if found is None:
        return CANNOT_TELL
    if told:
        return "count"
    if found.p_length is not None and found.p_length < SURE:
        return "length"
    return "position" if found.p_middle is not None and found.p_middle < SURE else CANNOT_TELL


def _curve(work: Work, climb: Climb, found: Capacity | None) -> list[dict[str, Any]]:
    cost = costs(work)
    all_passed = {size + climb.fixed: rest for size, *rest in (found.all_passed if found else ())}
    each = list(cost.tokens.values())
    rows = []
    for step in climb.steps():
        if step.rate is None or step.interval is None:
            continue
        whole, expected = all_passed.get(step.rules, (None, None))
        gone = (len(each) - step.rules) * sum(each) / len(each) if each else 0.0
        rows.append(
            {
                "rules": step.rules,
                "tokens": None if cost.total is None else round(cost.total - gone),
                "rate": _short(step.rate),
                "interval": [_short(step.interval.low), _short(step.interval.high)],
                "n": step.calls,
                "all_kept": _short(whole),
                "all_kept_by_chance": _short(expected),
            }
        )
    return rows


def _counted(size: float, climb: Climb) -> float:
    return round(float(size) + climb.fixed, 1)


def _short(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)


def _next(work: Work, capacity: Mapping[str, Any]) -> Iterator[str]:
    name = work.prompt.id
    at, whole = capacity["break_point"], capacity["rules"]
    if at is not None:
        yield (
            f"keep {name} below {at:.0f} rules: give those that few calls need a `when`, "
            "merge what says the same, or move a group into a prompt of its own"
        )
        yield f"`promptops cliff {name}` says which rules do the most harm: start with those"
    elif capacity["shape"] in ("linear", "exponential"):
        yield "every rule costs the others something: drop what no test needs, then what does least"
    if capacity["cause"] == "length":
        yield "length alone costs compliance: shorten rules and examples; the number of rules is not the trouble"
    if capacity["p_middle"] is not None and capacity["p_middle"] < SURE:
        yield "rules in the middle of the prompt are kept less: move what matters most to the start or the end"
    if capacity["shape"] == CANNOT_TELL:
        yield f"ask more: --max-calls {2 * work.measured.calls} goes on where this ended ({whole} rules)"


def _notes(climb: Climb, capacity: Mapping[str, Any]) -> list[str]:
    notes = []
    curve_ = capacity["curve"]
    if not climb.enough:
        share = f"{int(climb.answered.sum())} of {int(climb.sent.sum())}"
        notes.append(f"only {share} calls were answered whole: no verdict is given")
    whole = [point for point in curve_ if point["all_kept"] is not None]
    if whole and capacity["shape"] == NONE and whole[0]["all_kept"] - whole[-1]["all_kept"] > 0.1:
        first, last = percent(whole[0]["all_kept"]), percent(whole[-1]["all_kept"])
        notes.append(
            f"answers that keep every rule fall from {first} to {last}, which is what rules that fail "
            "one by one add up to (p^n): that alone is no cliff"
        )
    if len(climb.cases) < 10:
        notes.append("fewer than 10 cases: what is said holds for these cases only")
    if climb.subject.unjudged:
        notes.append(f"assertions not judged here: {', '.join(climb.subject.unjudged)}")
    return notes


def capacity_blocks(result: Mapping[str, Any], screen: Screen) -> Iterator[Block]:
    """The curve, its shape, and what to do."""
    capacity = result["capacity"]
    yield from head_blocks(result)
    yield _verdict(capacity)
    yield from capacity_picture(result, screen)
    yield from next_blocks(result)


def capacity_picture(result: Mapping[str, Any], screen: Screen) -> Iterator[Block]:
    """The curve of `result["capacity"]` and its figures; nothing where there is none."""
    capacity, recorded = result["capacity"], result.get("kind") == "records"
    if len(capacity["curve"]) > 1:
        drawn = (*_legend(capacity, screen, recorded), *curve(capacity, screen).split("\n"))
        name = f"How {result['prompt']} is kept as rules pile up"
        yield Picture(
            name,
            SUMMARY,
            capacity_curve(result),
            _table(capacity, recorded),
            drawn,
            capacity_curve(result, NARROW),
        )
        yield _table(capacity, recorded)


def _verdict(capacity: Mapping[str, Any]) -> Text:
    shape, n = capacity["shape"], capacity["rules"]
    if shape == NONE:
        bound = max(0.0, capacity["loss_interval"][1])
        return Text(
            f"no cliff up to {n} rules: a loss above {bound:.0f} points is ruled out", "good"
        )
    if shape == CANNOT_TELL:
        seen = capacity["loss_interval"]
        loss = f": the loss is between {seen[0]:.0f} and {seen[1]:.0f} points" if seen else ""
        return Text(f"cannot tell yet whether compliance falls{loss}", "warn")
    said = f"{shape}: compliance {SHAPES[shape]}"
    if capacity["break_point"] is not None:
        low, high = capacity["interval"]
        said += (
            f"; it breaks at about {capacity['break_point']:.0f} ({low:.0f} to {high:.0f}) of {n}"
        )
    return Text(f"{said}; {capacity['loss_pp']:.0f} points are lost in all", "bad")


def _legend(capacity: Mapping[str, Any], screen: Screen, recorded: bool) -> Iterator[str]:
    """What the marks of a terminal's curve say."""
    dot, bar, cross = screen.mark("●", "o"), screen.mark("│", "|"), screen.mark("×", "x")
    spread = "lowest to highest call" if recorded else "95 % interval"
    every = any(point["all_kept"] is not None for point in capacity["curve"])
    said = f", {cross} answers with every rule kept" if every else ""
    yield f"{dot} one rule kept ({bar} {spread}){said}"
    if capacity["interval"]:
        yield f"{screen.mark('━', '=')} where it breaks"


def _table(capacity: Mapping[str, Any], recorded: bool) -> Table:
    rows = tuple(
        (
            str(point["rules"]),
            percent(point["rate"]),
            f"{100 * point['interval'][0]:.0f}-{100 * point['interval'][1]:.0f}",
            _percent(point["all_kept"]),
            _percent(point["all_kept_by_chance"]),
            str(point["n"]),
        )
        for point in capacity["curve"]
    )
    spread = "lowest to highest" if recorded else "95 %"
    head = ("rules", "one rule kept", spread, "all kept", "by chance", "calls")
    return Table(head, rows, "rrrrrr")


def _percent(value: float | None) -> str:
    return "-" if value is None else percent(value)
