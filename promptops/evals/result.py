"""An evaluation as plain data: what `eval --format json` prints and what evidence files hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops.evals import State
from promptops.evals.against import Against, SliceAgainst
from promptops.evals.runner import Run
from promptops.evals.score import CONFIDENCE, FEWEST_CASES, Cell, Score, Slice
from promptops.excerpt import excerpt
from promptops.stats import Interval
from promptops.stats.paired import Comparison

DIGITS = 6  # more would make the same run differ between machines


def calls_data(run: Run) -> dict[str, int]:
    """How many calls ended how; planned is the sum of the five states."""
    states = {state.value: run.count(state) for state in State if state is not State.ANSWER}
    return {"planned": len(run.answers), "answered": run.count(State.ANSWER), **states}


def cell_data(cell: Cell) -> dict[str, Any]:
    """Counts, rate and interval; null where nothing was judged."""
    rate = cell.rate
    return {
        "passed": rate.passed,
        "n": rate.n,
        "rate": _round(rate.rate),
        "interval": interval_data(rate.interval),
    }


def rules_data(score: Score, least: float) -> dict[str, Any]:
    """By rule id: where it must fire, with the verdict, and where it must not, apart."""
    found = {}
    for rule in sorted(score.rules.keys() | score.over.keys()):
        kept = score.rules.get(rule)
        data: dict[str, Any] = {"passed": 0, "n": 0, "rate": None, "interval": None}
        data |= cell_data(kept) if kept else {}
        data["verdict"] = rule_verdict(score, rule, least)
        data["cases_needed"] = _needed(score, rule, least)
        if rule in score.over:
            data["over_triggered"] = over_data(score.over[rule])
        found[rule] = data
    return found


def rule_verdict(score: Score, rule: str, least: float, *, together: bool = False) -> str:
    """The verdict over both sides: "no" where either is, "yes" where all are. together: as far as
    it holds for all rules at once."""
    cells = [side[rule] for side in (score.rules, score.over) if rule in side]
    told = Cell.verdict_together if together else Cell.verdict
    verdicts = {told(cell, least) for cell in cells} if score.complete else {"cannot_tell"}
    if "no" in verdicts:
        return "no"
    return "cannot_tell" if "cannot_tell" in verdicts else "yes"


def family_data(score: Score, least: float) -> dict[str, Any]:
    """How many verdicts are looked at beside each other, at which confidence each holds, and the
    rules whose verdict does not hold for all of them at once at that confidence."""
    alone = [
        rule
        for rule in sorted(score.rules.keys() | score.over.keys())
        if rule_verdict(score, rule, least) != rule_verdict(score, rule, least, together=True)
    ]
    many = len(score.rules) + len(score.over) + (score.task is not None)
    return {"verdicts": many, "confidence": CONFIDENCE, "alone": alone, "method": "bonferroni"}


def _needed(score: Score, rule: str, least: float) -> int | None:
    """Further cases that would tell of both sides; None where that is told or cannot be said."""
    if rule_verdict(score, rule, least) != "cannot_tell" or not score.complete:
        return None
    sides = [side[rule] for side in (score.rules, score.over) if rule in side]
    open_ = [one for one in sides if one.verdict(least) == "cannot_tell"]
    needed = [one.cases_needed(least) for one in open_]
    known = [number for number in needed if number is not None]
    return max(known) if known and len(known) == len(needed) else None


def over_data(cell: Cell) -> dict[str, Any]:
    """Where a rule must not fire: `passed` answers left it alone; rate is how often it fired."""
    rate, interval = cell.rate.rate, cell.rate.interval
    turned = None if interval is None else Interval(1 - interval.high, 1 - interval.low)
    return {
        "passed": cell.rate.passed,
        "n": cell.rate.n,
        "rate": None if rate is None else _round(1 - rate),
        "interval": interval_data(turned),
    }


def slice_data(one: Slice) -> dict[str, Any]:
    """One slice over all rules. enough: it has enough cases to be judged."""
    rules = {rule: cell_data(cell) for rule, cell in sorted(one.rules.items())}
    cases = one.cell.rate.cases
    return {
        **cell_data(one.cell),
        "cases": cases,
        "enough": one.enough,
        "cases_needed": max(0, FEWEST_CASES - cases),
        "certainly_worse": one.differs and one.enough,
        "rules": rules,
    }


def against_data(found: Against, revision: str) -> dict[str, Any]:
    """The paired comparison, whole, by rule, and by slice. family: how many comparisons share the
    error, so that at `confidence` no "better" and no "worse" among them is false."""
    worst = found.worst_slice
    return {
        "revision": revision,
        **comparison_data(found.whole),
        "verdict": found.verdict,
        "family": {"comparisons": found.family, "confidence": found.confidence, "method": "holm"},
        "rules": {rule: comparison_data(one) for rule, one in found.rules.items()},
        "slices": {name: slice_against_data(one) for name, one in found.slices.items()},
        "worst_slice": worst and {"slice": worst, **comparison_data(found.slices[worst].whole)},
    }


def slice_against_data(one: SliceAgainst) -> dict[str, Any]:
    """One slice, over all rules and by rule. enough: it has enough cases to be compared at all."""
    rules = {rule: comparison_data(found) for rule, found in one.rules.items()}
    return {**comparison_data(one.whole), "enough": one.enough, "rules": rules}


def comparison_data(one: Comparison) -> dict[str, Any]:
    """Differences in percentage points; rates as fractions, before and after on the same cases."""
    interval = one.interval
    return {
        "cases": one.cases,
        "rates": one.rates and [_round(rate) for rate in one.rates],
        "difference_pp": None if one.difference is None else round(100 * one.difference, 4),
        "interval_pp": interval and [round(100 * interval.low, 4), round(100 * interval.high, 4)],
        "p": _round(one.p),
        "verdict": one.verdict,
        "cases_needed": one.cases_needed,
        "unpaired_needed": one.unpaired_needed,
    }


def interval_data(interval: Interval | None) -> list[float] | None:
    """[low, high]."""
    return interval and [round(interval.low, DIGITS), round(interval.high, DIGITS)]  # type: ignore[return-value]


def failures_data(score: Score, answers: Mapping[tuple[str, int], str]) -> list[dict[str, Any]]:
    """Every judged answer that did not hold: which rule, case and repeat, why, and the part."""
    found = []
    for one in score.outcomes:
        if one.judgement.passed is False:
            case, repeat = one.ask.case.id, one.ask.repeat
            text = answers.get((case, repeat), "")
            found.append(
                {
                    "rule": one.expectation.rule,
                    "case": case,
                    "repeat": repeat,
                    "fires": one.expectation.fires,
                    "assertion": assertion_name(one.expectation.assertion),
                    "reason": one.judgement.reason,
                    "part": relevant(text, one.judgement.span),
                }
            )
    return found


def assertion_name(assertion: Any) -> str:
    """`not_contains: x`, as it stands in the file."""
    name = f"not_{assertion.kind}" if assertion.negated else assertion.kind
    return f"{name}: {excerpt(str(assertion.argument))}"


def relevant(text: str, span: tuple[int, int] | None, room: int = 160) -> str:
    """The part of an answer that decided, with some of what is round it; else its beginning."""
    start, end = span or (0, 0)
    start = max(0, start - 40)
    end = min(len(text), max(end + 40, start + room), start + 2 * room)
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
