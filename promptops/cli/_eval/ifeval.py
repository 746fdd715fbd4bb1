"""`promptops eval --ifeval`: IFEval's four accuracies, as its paper's tables print them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.answers import ask, bytes_of, recorded_files
from promptops.cli._eval.blocks import calls_blocks, drawn, failures_blocks, recorded_blocks
from promptops.cli._eval.got import Got
from promptops.cli._eval.options import Wanted
from promptops.cli._eval.work import money_data, reasons
from promptops.digest import digest
from promptops.errors import EXIT_CLEAN, EXIT_INCOMPLETE, UsageError
from promptops.evals import Answer, State, result
from promptops.evals.ifeval import as_case, score_ifeval
from promptops.evals.ifeval_data import (
    LEVELS,
    Row,
    failures,
    read_rows,
    scores_data,
    wording_of,
)
from promptops.evals.plan import Plan, plan
from promptops.evals.score import ENOUGH_OVERALL
from promptops.model import Message, Prompt
from promptops.report import Block, Heading, Report, Screen, Table, Text

WHOLE = 541  # prompts that the published figures are of


def ifeval_report(call: Call, wanted: Wanted, name: str) -> Report:
    """The scores of recorded answers, or of a model that is asked, on the data of --ifeval.

    Exit code 3 where too many prompts have no answer. InputError for data that are not IFEval's.
    """
    if wanted.against or wanted.evidence or wanted.plan:
        raise UsageError("--ifeval knows no --against, --evidence or --plan", "leave them out")
    rows = read_rows(bytes_of(call, str(wanted.ifeval)), str(wanted.ifeval))
    cases = tuple(replace(as_case(row), id=str(row["key"]), asserts=()) for row in rows)
    prompt = Prompt("ifeval", cases=cases, messages=(Message("user", "{{ prompt }}"),))
    recorded = tuple(recorded_files(call, wanted))
    target = wanted.target(prompt, recorded)
    planned = plan(prompt, target, cases=wanted.cases, expected={})
    got = ask(call, wanted, (planned, None), recorded)
    keys = {one.case.id for one in planned.asks}
    report = _report(call, wanted, [row for row in rows if str(row["key"]) in keys], planned, got)
    if name:
        note = f"`{name}` has no part in this: --ifeval brings its own prompts"
        report.result["notes"].append(note)
        return replace(report, blocks=(*report.blocks, Text(note, "warn")))
    return report


def _report(call: Call, wanted: Wanted, rows: Sequence[Row], planned: Plan, got: Got) -> Report:
    answers, model = got.run.answers, planned.target.model
    texts = {row["prompt"]: a.text for row, a in zip(rows, answers, strict=True) if _counts(a)}
    scores = score_ifeval(rows, texts)
    complete = len(texts) >= ENOUGH_OVERALL * len(rows) and not got.run.stopped
    data: dict[str, Any] = {
        "prompt": "ifeval",
        "model": model,
        "simulated": model.split("/")[0] == "simulated",
        "digests": {"cases": digest(json.dumps([dict(row) for row in rows]).encode())},
        "calls": result.calls_data(got.run),
        **money_data(got.run),
        "rules": {},
        "task": None,
        "slices": {},
        "worst_slice": None,
        "ifeval": {"data": wanted.ifeval, "rows": len(rows), **scores_data(scores, rows)},
        "judge": None,
        "against": None,
        "responses": got.recorded,
        "failures": list(failures(scores, rows, texts)),
        "complete": complete,
        "stopped": got.run.stopped,
        "reasons": reasons(answers),
        "notes": list(_notes(rows, texts, got.unknown)),
    }
    code = got.signal or (EXIT_CLEAN if complete else EXIT_INCOMPLETE)
    blocks = tuple(_blocks(data, call.screen))
    return Report("eval", data, blocks, code, sheet=_sheet(data["ifeval"]))


def _counts(answer: Answer) -> bool:
    """An empty response counts, as published: it follows nothing."""
    return answer.state is State.ANSWER or answer.reason == "empty"


def _notes(rows: Sequence[Row], texts: Mapping[str, str], unknown: Sequence[str]) -> Iterator[str]:
    left = [row for row in rows if row["prompt"] not in texts]
    for prompt in unknown:
        if row := wording_of(prompt, left):
            yield (
                f"one of the answers is to another wording of prompt {row['key']} and was not"
                " scored: it was given to another published version of the data"
            )
    if len(texts) != WHOLE:
        yield f"published figures are of all {WHOLE} prompts, these of {len(texts)}"


def _blocks(data: Mapping[str, Any], screen: Screen) -> Iterator[Block]:
    found = data["ifeval"]
    yield Heading(f"IFEval on {data['model']}", 1)
    if data["simulated"]:
        yield Text("simulated: these answers come from a model made of dice", "warn")
    yield from recorded_blocks(data["responses"])
    yield from calls_blocks(data)
    yield from (Text(note, "warn") for note in data["notes"])
    ends = f"0 {screen.mark('·', '.')} 100 %"
    rows = []
    for level in LEVELS:
        for what in ("prompts", "instructions"):
            counted = f"{found[level][what]}/{found[what]}"
            rows.append((f"{what[:-1]}, {level}", counted, *_shown(found, level, what, screen)))
    yield Table(("accuracy", "followed", "rate", ends, "95 % interval"), tuple(rows), "lrrrr")
    yield Heading("By type of instruction")
    yield Table(("type", "n", "strict", "loose", f"strict, {ends}"), _types(found, screen), "lrrrr")
    yield from failures_blocks(data["failures"])


def _shown(found: Mapping[str, Any], level: str, what: str, screen: Screen) -> tuple[str, str, str]:
    one = found["rates"][level][what]
    if one["rate"] is None:
        return "-", "-", "-"
    low, high = one["interval"]
    return (
        f"{100 * one['rate']:.2f} %",
        drawn(one["rate"], one["interval"], screen),
        f"{100 * low:.1f} to {100 * high:.1f} %",
    )


def _types(found: Mapping[str, Any], screen: Screen) -> tuple[tuple[str, ...], ...]:
    rows = []
    for group, whole in found["by_group"].items():
        rows.append(_type(group, whole, screen))
        for name, one in found["by_type"].items():
            if name.startswith(f"{group}:"):
                rows.append(_type(f"  {name.partition(':')[2]}", one, screen))
    return tuple(rows)


def _type(name: str, one: Mapping[str, Any], screen: Screen) -> tuple[str, ...]:
    strict, loose = (one[level] / one["n"] for level in LEVELS)
    line = drawn(strict, one["strict_interval"], screen)
    return name, str(one["n"]), f"{100 * strict:.1f} %", f"{100 * loose:.1f} %", line


def _sheet(found: Mapping[str, Any]) -> Table:
    columns = ("level", "what", "passed", "n", "rate", "low", "high")
    rows = []
    for level in LEVELS:
        for what in ("prompts", "instructions"):
            one = found["rates"][level][what]
            ends = one["interval"] or ("", "")
            cells = (found[level][what], found[what], one["rate"], *ends)
            rows.append((level, what, *("" if cell is None else str(cell) for cell in cells)))
        for name, kept in found["by_type"].items():
            rate = round(kept[level] / kept["n"], 6)
            cells = (kept[level], kept["n"], rate, *kept[f"{level}_interval"])
            rows.append((level, name, *map(str, cells)))
    return Table(columns, tuple(rows))
