"""What `promptops eval` shows: a table with a row a rule, the slices, the comparison, failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptops.cli._eval.compared import against_blocks
from promptops.report import Block, Diagnostics, Fold, Heading, Screen, Table, Text

WIDTH = 13  # columns of a drawn interval: with the longest rule ids a row fits 80
MOST_FAILURES = 20
MOST_NAMED = 8
TONES = {"yes": "good", "no": "bad", "better": "good", "worse": "bad", "same": "good"}
SHOWN = {"cannot_tell": "cannot tell"}


def eval_blocks(result: Mapping[str, Any], screen: Screen, wrong: Diagnostics) -> Iterator[Block]:
    """The answer for people; everything in it is in the result too."""
    yield Heading(f"{result['prompt']} on {result['model']}", 1)
    if result["simulated"]:
        yield Text(
            "simulated: these answers come from a model made of dice, not from a real one", "warn"
        )
    yield from _judge(result["judge"])
    yield from calls_blocks(result)
    yield from recorded_blocks(result["responses"])
    if result["rules"] or result["task"]:
        yield _rules(result, screen)
        if any(data["cases_needed"] for data in result["rules"].values()):
            yield Text("+n: so many more cases would tell, if the rate stays what it is", "quiet")
        yield from _together(result)
    if result["slices"]:
        yield from _slices(result, screen)
    if result["against"]:
        yield from against_blocks(result["against"])
    if wrong.diagnostics:
        yield wrong
    yield from failures_blocks(result["failures"])
    yield from (Text(note, "quiet") for note in result["notes"])


def calls_blocks(result: Mapping[str, Any]) -> Iterator[Block]:
    """How many calls ended how, what they cost, and that too many are missing."""
    calls = result["calls"]
    parts = [f"{calls['answered']} of {calls['planned']} calls answered"]
    names = {
        "no_answer": "no answer",
        "failed": "failed",
        "unknown": "unknown",
        "not_run": "not run",
    }
    parts += [f"{calls[key]} {name}" for key, name in names.items() if calls[key]]
    parts += [] if result["simulated"] else [money(result["usd"])]
    if result["responses"] is None:
        yield Text(", ".join(parts))
    if not result["complete"]:
        count = f"{calls['answered']}/{calls['planned']}"
        why = f": {result['stopped']}" if result["stopped"] else ""
        yield Text(f"incomplete {count}{why}; too many answers are missing for a verdict", "warn")
    reasons = result["reasons"] if result["responses"] is None else {}
    for reason, count in reasons.items():
        yield Text(f"{count} x {reason}", "quiet")


def _judge(judge: Mapping[str, Any] | None) -> Iterator[Block]:
    if judge:
        tone = "quiet" if judge["calibrated"] else "warn"
        yield Text(judge["said"], tone)


def recorded_blocks(found: Mapping[str, Any] | None) -> Iterator[Block]:
    """Where recorded answers and cases don't fit each other."""
    if found is None:
        return
    records = counted(found["records"], "recorded answer")
    yield Text(f"{records} in {found['file']} ({found['format']})")
    if found["unknown"]:
        first = ", ".join(f"`{one}`" for one in found["unknown_first"])
        more = ", …" if found["unknown"] > len(found["unknown_first"]) else ""
        said = counted(found["unknown"], "answer")
        yield Text(f"{said} to no case that is known here: {first}{more}", "warn")
    for key, said in (
        ("unanswered", "without an answer"),
        ("empty", "with an empty answer"),
        ("failed", "whose call had failed"),
        ("duplicates", "with more answers than --repeats takes, of which the last count"),
        ("other_text", "answered to another text than this prompt"),
    ):
        if found[key]:
            many = counted(len(found[key]), "case")
            yield Text(f"{many} {said}: {_listed(found[key])}", "warn")
    yield from recorded_blocks(found.get("against"))


def counted(number: int, what: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(str, names[:MOST_NAMED]))
    return f"{shown}, …" if len(names) > MOST_NAMED else shown


def money(usd: float | None) -> str:
    """`$0.0123`, or that the price is unknown."""
    if usd is None:
        return "price unknown"
    return f"${usd:.2f}" if usd >= 1 or not usd else f"${usd:.4f}"


def _rules(result: Mapping[str, Any], screen: Screen) -> Table:
    rows, least = [], result["at_least"]
    for rule, data in result["rules"].items():
        over = data.get("over_triggered")
        rows.append((rule, *_figures(data, screen), _over(over), _verdict(data)))
    if result["task"]:
        rows.append(
            ("(task)", *_figures(result["task"], screen), "", word(result["task"]["verdict"]))
        )
    ends = f"0 {'·' if screen.unicode else '.'} 100 %"
    columns = ("rule", "kept", "rate", ends, "misfired", f"at least {percent(least)}")
    return Table(columns, tuple(rows), "lrrrrl")


def _together(result: Mapping[str, Any]) -> Iterator[Block]:
    """Whether many verdicts looked at beside each other are as certain as each is by itself."""
    family, shown = result["family"], [*result["rules"].values(), *filter(None, [result["task"]])]
    if len(shown) < 2 or all(data["verdict"] == "cannot_tell" for data in shown):
        return
    sure, alone = percent(family["confidence"]), family["alone"]
    if not alone:
        yield Text(f"verdicts hold for all {family['verdicts']} together at {sure}", "quiet")
        return
    said = f"each verdict holds at {sure} for its rule alone; looked at beside all"
    yield Text(f"{said} {family['verdicts']}, it may be luck for: {_listed(alone)}", "quiet")


def _verdict(data: Mapping[str, Any]) -> str:
    more = data.get("cases_needed")
    return f"{word(data['verdict'])}, +{more}" if more else word(data["verdict"])


def _figures(data: Mapping[str, Any], screen: Screen) -> tuple[str, str, str]:
    counted = f"{data['passed']}/{data['n']}"
    if data["rate"] is None:
        return counted, "-", "not judged"
    return counted, percent(data["rate"]), drawn(data["rate"], data["interval"], screen)


def _over(data: Mapping[str, Any] | None) -> str:
    if not data:
        return ""
    return f"{data['n'] - data['passed']}/{data['n']}"


def drawn(rate: float, interval: Sequence[float], screen: Screen) -> str:
    """An interval on a scale from 0 to 100 %: `·······├──●┤··`."""
    low, at, high = (round(value * (WIDTH - 1)) for value in (interval[0], rate, interval[1]))
    cells = [screen.mark("·", ".")] * WIDTH
    for i in range(low, high + 1):
        cells[i] = screen.mark("─", "-")
    cells[low], cells[high] = screen.mark("├", "["), screen.mark("┤", "]")
    cells[at] = screen.mark("●", "o")
    return "".join(cells)


def _slices(result: Mapping[str, Any], screen: Screen) -> Iterator[Block]:
    yield Heading("Slices")
    rows = []
    for name, data in result["slices"].items():
        note = "certainly worse" if data["certainly_worse"] else ""
        if not data["enough"]:
            note = f"too small: {data['cases_needed']} more cases"
        rows.append((name, str(data["cases"]), *_figures(data, screen), note))
    ends = f"0 {screen.mark('·', '.')} 100 %"
    yield Table(("slice", "cases", "kept", "rate", ends, ""), tuple(rows), "lrrrrl")
    worst = result["worst_slice"]
    if worst:
        yield Text(f"worst slice: {worst['slice']}, {percent(worst['rate'])}")


def failures_blocks(failures: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """The first answers that did not hold: rule, case, why, and the part that decided."""
    if not failures:
        return
    shown = failures[:MOST_FAILURES]
    blocks: list[Block] = []
    for one in shown:
        rule = one["rule"] or "task"
        blocks.append(Text(f"{rule} on {one['case']}: {one['reason'] or one['assertion']}", "bad"))
        blocks.append(Text(one["part"], "quiet", verbatim=True))
    if len(failures) > len(shown):
        blocks.append(Text(f"{len(failures) - len(shown)} more: --format json has all of them"))
    yield Heading("Failures")
    yield Fold(counted(len(failures), "answer"), tuple(blocks))


def percent(rate: float) -> str:
    """`83 %`."""
    return f"{100 * rate:.0f} %"


def word(verdict: str) -> str:
    """A verdict as people say it."""
    return SHOWN.get(verdict, verdict)
