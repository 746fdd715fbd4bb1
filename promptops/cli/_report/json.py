"""The report as data."""

from __future__ import annotations

from typing import Any

from promptops.history.dates import iso
from promptops.overview.life import Moment
from promptops.overview.measured import Measured, Outcome
from promptops.overview.overview import Overview, RuleFacts


def overview_json(seen: Overview) -> dict[str, Any]:
    """One prompt; times are ISO 8601 UTC, rates fractions, money US dollars."""
    prompt = seen.prompt
    return {
        "id": prompt.id,
        "path": prompt.path,
        "version": prompt.version,
        "model": seen.model,
        "models": {
            model: {
                "tokens": figures.measure.total.tokens,
                "known": figures.measure.total.known,
                "largest": figures.spread.largest.tokens,
                "usd_per_month": figures.money.month,
            }
            for model, figures in seen.figures.items()
        },
        "rules": [_rule(facts) for facts in seen.rules],
        "timeline": [_moment(moment) for moment in seen.life.moments],
        "evidence": [_measured(one) for one in seen.measured],
        "complete": seen.complete and not seen.life.earlier,
        "notes": list(seen.notes) + ([seen.problem] if seen.problem else []),
    }


def _rule(facts: RuleFacts) -> dict[str, Any]:
    rule, known = facts.rule, facts.known
    return {
        "id": rule.id,
        "text": rule.text,
        "rationale": rule.rationale or None,
        "owner": rule.owner or None,
        "decision": rule.decision or None,
        "review_by": rule.review_by.isoformat() if rule.review_by else None,
        "tests": len(rule.tests),
        "tokens": facts.tokens,
        "since": iso(facts.since),
        "wordings": facts.wordings,
        "rests_on": known.rests_on if known else None,
        "outcomes": {model: _outcome(outcome) for model, outcome in facts.outcomes},
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "passed": outcome.passed,
        "n": outcome.n,
        "rate": outcome.rate,
        "interval": list(outcome.interval) if outcome.interval else None,
        "verdict": outcome.verdict or None,
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "commit": moment.commit.id,
        "author": moment.commit.author,
        "date": iso(moment.commit.time),
        "subject": moment.commit.subject,
        "version": moment.version,
        "rules": moment.rules,
        "tokens": moment.size.tokens if moment.size else None,
        "added": list(moment.added),
        "removed": list(moment.removed),
        "reworded": list(moment.reworded),
        "decisions": list(moment.decisions),
        "kept": [{"model": k.model, "passed": k.passed, "n": k.n} for k in moment.kept],
    }


def _measured(one: Measured) -> dict[str, Any]:
    return {
        "path": one.path,
        "model": one.model,
        "measured": one.when,
        "version": one.version,
        "sealed": one.sealed,
        "stale": list(one.stale),
        **({"judge": dict(one.data["judge"])} if "judge" in one.data else {}),
    }
