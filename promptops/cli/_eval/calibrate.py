"""`promptops eval --calibrate LABELS`: how far the judge can be believed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from promptops import __version__
from promptops.cli._call import Call
from promptops.cli._eval.answers import bytes_of
from promptops.cli._eval.blocks import money
from promptops.cli._eval.judge import JudgeModel
from promptops.cli._eval.options import Wanted
from promptops.digest import digest
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, IncompleteError, UsageError
from promptops.evals import State
from promptops.evals.judging import PLANTED, prompt_digest, request, verdict, wrong_on
from promptops.evals.judging.calibration import (
    ENOUGH,
    Label,
    calibrate,
    data_of,
    lines_of,
    read_labels,
    said_of,
)
from promptops.report import Block, Heading, Report, Table, Text, Verdict
from promptops.source.calibration import calibration_path
from promptops.source.evidence import evidence_text
from promptops.source.write import replace_file

REPEATS = 3
EXITS = {"yes": EXIT_CLEAN, "no": EXIT_FINDINGS, "cannot_tell": EXIT_INCOMPLETE}


def calibrated_report(call: Call, wanted: Wanted, name: str) -> Report:
    """Ask the judge of every label, several times and both ways round, and compare.

    Exit code 1 where it certainly agrees too little with people, 3 where the labels are too few.
    """
    if name:
        raise UsageError("--calibrate is of the judge alone", f"leave `{name}` out")
    if not wanted.judge:
        raise UsageError("no judge is named", "name the model with --judge M")
    raw = bytes_of(call, str(wanted.calibrate))
    labels = read_labels(raw, str(wanted.calibrate))
    repeats = wanted.repeats or REPEATS
    judge = JudgeModel(call, wanted)
    found, complete, wrong = _compared(judge, labels, repeats)
    agreed, said = said_of(judge.model, found)
    verdict_ = found["verdict"] if complete and not wrong else "cannot_tell"
    data = {
        "judge": judge.model,
        "calibrated": agreed and verdict_ == "yes",
        "said": said,
        "digests": {"prompt": prompt_digest(), "labels": digest(raw)},
        "repeats": repeats,
        "calls": judge.calls,
        "usd": judge.usd,
        "wrong_on_planted": wrong,
        "complete": complete,
        "stopped": judge.stopped,
        **found,
        "verdict": verdict_,
    }
    blocks = list(_blocks(data))
    if wanted.evidence:
        blocks.append(Text(_written(call, data, found), "quiet"))
    passed = {"yes": True, "no": False, "cannot_tell": None}[verdict_]
    shown = Verdict("agreement with people", f"judge {judge.model}", passed, said)
    table = Table(("what", "figure", "interval"), tuple(lines_of(data)))
    return Report("calibrate", data, blocks, EXITS[verdict_], sheet=table, verdicts=(shown,))


def _compared(
    judge: JudgeModel, labels: list[Label], repeats: int
) -> tuple[dict[str, Any], bool, str]:
    """(the figures, whether enough calls were answered, the planted answer that it got wrong)."""
    target, many = judge.target, len(labels)
    asked = [request(target, case) for _, case, _ in PLANTED]
    asked += [request(target, one.case, again) for again in range(repeats) for one in labels]
    asked += [request(target, one.case, swapped=True) for one in labels]
    answers = judge.answers(asked)
    planted, answers = answers[: len(PLANTED)], answers[len(PLANTED) :]
    said = [
        verdict(answer, labels[at % many].case.answer).passed for at, answer in enumerate(answers)
    ]
    turns = [said[at * many : (at + 1) * many] for at in range(repeats + 1)]
    each = list(zip(*turns[:-1], strict=True))
    answered = sum(answer.state is State.ANSWER for answer in answers)
    found = data_of(calibrate(labels, each, turns[-1]))
    return found, answered >= 0.95 * len(answers) and not judge.stopped, wrong_on(planted)


def _blocks(data: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(f"{data['judge']} as judge", 1)
    if data["wrong_on_planted"]:
        yield Text(f"wrong on a planted answer: {data['wrong_on_planted']}", "bad")
    if not data["complete"]:
        yield Text("incomplete: too many calls have no answer for a verdict", "warn")
    judged = f"{data['judged']} of {data['labels']} labels judged"
    yield Text(f"{judged}, {data['calls']} calls, {money(data['usd'])}")
    yield Table(("", "", "95 % interval"), tuple(lines_of(data)), "lrr")
    wanted = f"agreement above kappa {ENOUGH}"
    match data["verdict"]:
        case "yes":
            yield Text(f"{wanted}: yes", "good")
        case "no":
            yield Text(f"{wanted}: no", "bad")
        case _:
            more = data["labels_needed"]
            tail = f", {more} more labels would" if more else ""
            yield Text(f"{wanted}: cannot tell{tail}", "warn")


def _written(call: Call, data: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Write the calibration where evals find it; IncompleteError where it is none."""
    if not data["complete"] or data["wrong_on_planted"]:
        raise IncompleteError("no calibration is written of such a run", "run it again")
    now = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    kept = {
        "promptops": 1,
        "prompt": "judge",
        "model": data["judge"],
        "measured": now,
        "tool": __version__,
        "digests": data["digests"],
        "repeats": data["repeats"],
        "calibration": dict(found),
    }
    path = calibration_path(data["judge"])
    exists = os.path.lexists(os.path.join(call.root, path))
    before = call.tree().read(path) if exists else None
    replace_file(call.root, path, evidence_text(kept), before)
    return f"calibration written: {path}"
