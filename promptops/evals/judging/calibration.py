"""How far a judge can be believed: agreement with people, with itself, and what sways it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptops.errors import InputError
from promptops.evals.judging import Case
from promptops.stats import Interval
from promptops.stats.agreement import Agreement, cohens_kappa, mean_difference
from promptops.stats.rates import wilson

ENOUGH = 0.4  # kappa that the interval must lie above: "moderate" of Landis & Koch 1977
FEWEST = 10  # answers in each half, below which length tells nothing
LABELS = {"pass": True, "fail": False, True: True, False: False, "yes": True, "no": False}
_ROW = '{"rubric": …, "answer": …, "label": "pass" | "fail"}, and "question" where there is one'


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of one thing to judge."""

    case: Case
    passed: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """What comparing a judge with people gave.

    agreement: with people. self_agreement: (things of which every repeat said the same, things
    with repeats), with its interval. position: things whose verdict changed as the answer came
    before the question, of those judged both ways; sways: verdicts of pass gained by it, a fraction. length: how
    much more lenient than people the judge is with the longer half of the answers than with the
    shorter, a fraction, with its interval; each None where there is nothing to tell it from.
    """

    labels: int
    judged: int
    agreement: Agreement | None
    lenient: int
    severe: int
    self_agreement: tuple[int, int, Interval | None]
    position: tuple[int, int, Interval | None]
    sways: float | None
    length: tuple[float, Interval] | None

    @property
    def verdict(self) -> str:
        """ "yes" where agreement certainly is above `ENOUGH`, "no" where certainly not."""
        interval = self.agreement.interval if self.agreement else None
        if interval is None:
            return "cannot_tell"
        if interval.low > ENOUGH:
            return "yes"
        return "no" if interval.high < ENOUGH else "cannot_tell"

    @property
    def labels_needed(self) -> int | None:
        """Further labels that would settle it if agreement is what it looks like; None where it is
        settled or no number can be named."""
        found = self.agreement
        if self.verdict != "cannot_tell" or not found or not found.interval or not found.kappa:
            return None
        away = abs(found.kappa - ENOUGH)
        if away < 0.02:
            return None
        total = math.ceil(found.n * (found.interval.width / 2 / away) ** 2)
        return max(1, total - found.n)


def read_labels(data: bytes, path: str) -> list[Label]:
    """Labels, a JSON object a line; InputError with the line where one is none, or labels what
    another one has labelled: two labels of one thing are not two things that a judge got right."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", path=path) from None
    lines = enumerate(text.split("\n"), 1)
    labels: dict[Case, Label] = {}
    for number, line in lines:
        if line.strip():
            label = _label(line, path, number)
            if label.case in labels:
                hint = "leave one label of each thing"
                raise InputError("labelled before", hint, path=path, line=number)
            labels[label.case] = label
    if not labels:
        raise InputError("there are no labels in it", f"each line is {_ROW}", path=path)
    return list(labels.values())


def _label(line: str, path: str, number: int) -> Label:
    try:
        row = json.loads(line)
        texts = [row["rubric"], row["answer"], row.get("question", "")]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError
        return Label(Case(*texts), LABELS[row["label"]])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("not a label", f"each line is {_ROW}", path=path, line=number) from None


def calibrate(
    labels: Sequence[Label],
    verdicts: Sequence[Sequence[bool | None]],
    swapped: Sequence[bool | None],
    confidence: float = 0.95,
) -> Calibration:
    """Compare. verdicts: of each label, one for every repeat; swapped: with the answer first.

    Agreement is that of the first repeat alone: repeats are no further labels.
    """
    first = [each[0] for each in verdicts]
    pairs = [
        (one.passed, said) for one, said in zip(labels, first, strict=True) if said is not None
    ]
    again = [each for each in verdicts if len(each) > 1 and None not in each]
    same = sum(len(set(each)) == 1 for each in again)
    both = [(a, b) for a, b in zip(first, swapped, strict=True) if a is not None and b is not None]
    changed = sum(a != b for a, b in both)
    return Calibration(
        len(labels),
        len(pairs),
        cohens_kappa(pairs, confidence),
        sum(said and not passed for passed, said in pairs),
        sum(passed and not said for passed, said in pairs),
        (same, len(again), wilson(same, len(again), confidence)),
        (changed, len(both), wilson(changed, len(both), confidence)),
        sum(b - a for a, b in both) / len(both) if both else None,
        _length(labels, first, confidence),
    )


def _length(
    labels: Sequence[Label], first: Sequence[bool | None], confidence: float
) -> tuple[float, Interval] | None:
    rows = sorted(
        (len(one.case.answer), int(said) - int(one.passed))
        for one, said in zip(labels, first, strict=True)
        if said is not None
    )
    middle = rows[len(rows) // 2][0] if rows else 0
    short = [float(kind) for size, kind in rows if size < middle]
    long = [float(kind) for size, kind in rows if size >= middle]
    if min(len(short), len(long)) < FEWEST:
        return None
    return mean_difference(long, short, confidence)


def data_of(found: Calibration) -> dict[str, Any]:
    """As plain data; rates are fractions, biases percentage points."""
    agreement, length = found.agreement, found.length
    return {
        "labels": found.labels,
        "judged": found.judged,
        "agreement": {
            "n": found.judged,
            "observed": agreement and round(agreement.observed, 6),
            "kappa": _round(agreement.kappa) if agreement else None,
            "interval": _ends(agreement.interval) if agreement else None,
            "lenient": found.lenient,
            "severe": found.severe,
        },
        "self_agreement": _share(found.self_agreement, "same"),
        "position_bias": {
            **_share(found.position, "changed"),
            "pass_pp": None if found.sways is None else round(100 * found.sways, 4),
        },
        "length_bias": {
            "difference_pp": length and round(100 * length[0], 4),
            "interval_pp": length
            and [round(100 * end, 4) for end in (length[1].low, length[1].high)],
        },
        "verdict": found.verdict,
        "labels_needed": found.labels_needed,
    }


def _share(found: tuple[int, int, Interval | None], name: str) -> dict[str, Any]:
    count, n, interval = found
    return {
        name: count,
        "n": n,
        "rate": _round(count / n) if n else None,
        "interval": _ends(interval),
    }


def _ends(interval: Interval | None) -> list[float] | None:
    return interval and [round(interval.low, 6), round(interval.high, 6)]  # type: ignore[return-value]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def said_of(model: str, found: Mapping[str, Any] | None, why: str = "") -> tuple[bool, str]:
    """(whether the judge counts as calibrated, the sentence that stands by every result).

    found: what `data_of` gave, None where nobody has compared it; why: what else is wrong with it.
    """
    named = f"judged by {model}"
    if found is None or why:
        return False, f"{named}, uncalibrated: {why or 'nobody has compared it with people'}"
    kappa, ends = found["agreement"]["kappa"], found["agreement"]["interval"]
    if kappa is None or ends is None:
        return False, f"{named}, uncalibrated: its labels tell nothing about agreement"
    figures = f"kappa {kappa:.2f} ({ends[0]:.2f} to {ends[1]:.2f}) with people on {found['judged']} labels"
    if found["verdict"] != "yes":
        return False, f"{named}, uncalibrated: {figures} is not certainly above {ENOUGH}"
    return True, f"{named}: {figures}"


def lines_of(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(what, figure, interval) for a table."""
    agreement, own = found["agreement"], found["self_agreement"]
    kappa = agreement["kappa"]
    yield (
        "agreement with people, Cohen's kappa",
        "-" if kappa is None else f"{kappa:.2f}",
        _to(agreement["interval"], 1, ""),
    )
    yield "same verdict as people", f"{_percent(agreement['observed'])} of {agreement['n']}", ""
    yield "passed what people failed", str(agreement["lenient"]), ""
    yield "failed what people passed", str(agreement["severe"]), ""
    yield (
        "says the same when asked again",
        f"{_percent(own['rate'])} of {own['n']}",
        _to(own["interval"], 100, " %"),
    )
    place = found["position_bias"]
    yield (
        "changes with the answer first",
        f"{_percent(place['rate'])} of {place['n']}",
        _to(place["interval"], 100, " %"),
    )
    length = found["length_bias"]
    points = length["difference_pp"]
    yield (
        "more lenient with longer answers",
        "-" if points is None else f"{points:+.0f} pp",
        _to(length["interval_pp"], 1, " pp", ".0f"),
    )


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.0f} %"


def _to(ends: Sequence[float] | None, times: int, unit: str, form: str = "") -> str:
    if ends is None:
        return "-"
    form = form or (".2f" if times == 1 else ".0f")
    return f"{times * ends[0]:{form}} to {times * ends[1]:{form}}{unit}"
