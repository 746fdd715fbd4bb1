"""A review as plain JSON data."""

from __future__ import annotations

from collections.abc import Iterable

from promptops.cli._decisions import found_json, judged_json
from promptops.decisions.found import Found
from promptops.review.facts import Fact
from promptops.review.figures import Figures, Side
from promptops.review.judgement import Setting, Waved
from promptops.review.prompts import Reviewed, Version
from promptops.review.review import Review
from promptops.review.rules import RuleChange
from promptops.review.states import States

TYPE_CHECKING = False  # `typing` costs a diff a twentieth of its time
if TYPE_CHECKING:
    from typing import Any

    Data = dict[str, Any]


def review_json(found: Review, states: States, names: tuple[str, str]) -> Data:
    """The whole answer; `names`: the two states as a person named them."""
    return {
        "base": states.base,
        "head": states.head,
        "base_name": names[0],
        "head_name": names[1],
        "settings": [_setting(one) for one in found.settings],
        "baseline": [_waved(one) for one in found.waved],
        "rewritten": judged_json(found.judged)["rewritten"],
        "prompts": [_prompt(one) for one in found.prompts],
    }


def _prompt(one: Reviewed) -> Data:
    return {
        "id": one.id,
        "path": one.path,
        "path_before": one.path_before or None,
        "status": one.status,
        "governed": one.governed,
        "problem": one.problem or None,
        "version": _version(one.version) if one.governed else None,
        "rules": [_rule(rule) for rule in one.rules],
        "changes": [_fact(fact) for fact in one.facts],
        "tokens": {figures.model: _tokens(figures) for figures in one.figures},
        "usd_per_month": {figures.model: _usd(figures) for figures in one.figures},
        "prefix": {figures.model: _prefix(figures) for figures in one.figures},
        "decisions": _decisions(one.found),
        "tests": _tests(one),
        "evidence": _evidence(one),
        "ignores": [_waved(waved) for waved in one.waved],
    }


def _fact(fact: Fact) -> Data:
    return {
        "what": fact.what,
        "before": fact.before,
        "after": fact.after,
        "weight": fact.weight or None,
    }


def _tests(one: Reviewed) -> Data:
    return {
        "cases": {
            "added": list(one.tests.cases_added),
            "removed": list(one.tests.cases_removed),
            "changed": list(one.tests.cases_changed),
        },
        "rules": list(one.tests.rules),
        "untested": list(one.tests.untested),
        "dangling": [{"rule": rule, "case": case} for rule, case in one.tests.dangling],
    }


def _evidence(one: Reviewed) -> Data:
    return {
        "files": [
            {
                "path": measured.path,
                "state": measured.state,
                "model": measured.model or None,
                "measured": measured.measured or None,
                "because": list(measured.because),
                "cliff": dict(measured.cliff),
            }
            for measured in one.evidence
        ],
        "stale": sum(measured.state == "stale" for measured in one.evidence),
    }


def _version(version: Version) -> Data:
    return {
        "before": version.before or None,
        "after": version.after or None,
        "needed": version.needed.word,
        "made": version.made.word,
        "enough": version.enough,
        "wanted": version.wanted or None,
    }


def _rule(rule: RuleChange) -> Data:
    return {
        "id": rule.id,
        "change": rule.change,
        "also": list(rule.also),
        "before": rule.before or None,
        "after": rule.after or None,
        "flags": list(rule.flags),
        "was": list(rule.was),
        "becomes": list(rule.becomes),
        "came_from": rule.came_from or None,
        "went_to": rule.went_to or None,
        "score": None if rule.score is None else round(rule.score, 1),
        "sure": rule.sure,
        "fields": [
            {"name": field.name, "before": field.before or None, "after": field.after or None}
            for field in rule.fields
        ],
    }


def _tokens(figures: Figures) -> Data:
    before, after = (side.total if side else None for side in (figures.before, figures.after))
    return {
        "before": before.tokens if before else None,
        "after": after.tokens if after else None,
        "known": figures.known,
        "low": {"before": before.low if before else None, "after": after.low if after else None},
        "high": {"before": before.high if before else None, "after": after.high if after else None},
    }


def _usd(figures: Figures) -> Data:
    return {name: side.usd_per_month if side else None for name, side in _sides(figures)}


def _prefix(figures: Figures) -> Data:
    return {
        **{name: side.prefix if side else None for name, side in _sides(figures)},
        "cached": {name: side.cached if side else None for name, side in _sides(figures)},
        "first_changed_token": figures.first_changed_token,
        "rewrite_usd": figures.rewrite_usd,
    }


def _sides(figures: Figures) -> Iterable[tuple[str, Side | None]]:
    return (("before", figures.before), ("after", figures.after))


def _decisions(found: Iterable[Found]) -> Data:
    needed = list(found)
    answers = dict.fromkeys(
        (one.decision, one.waiver) for one in needed if one.decision or one.waiver
    )
    return {
        "needed": [found_json(one) for one in needed],
        "found": [{"decision": d or None, "waiver": w or None} for d, w in answers],
    }


def _setting(one: Setting) -> Data:
    return {
        "name": one.name,
        "path": one.path,
        "before": one.before,
        "after": one.after,
        "looser": one.looser,
    }


def _waved(one: Waved) -> Data:
    return {"path": one.path, "line": one.line, "what": one.what, "reason": one.reason}
