"""The story that `promptops why` answers with, as text and as JSON: loaded while git is at work."""

from __future__ import annotations

from promptops.cli._story import story
from promptops.cli._world import Call
from promptops.history.activity import Person
from promptops.history.beside import Beside
from promptops.history.dates import iso
from promptops.history.meaning import changed_meaning
from promptops.history.past import Past
from promptops.history.provenance import Event
from promptops.history.why import Why, why
from promptops.report import Report

TYPE_CHECKING = False  # `typing` takes a while to load
if TYPE_CHECKING:
    from typing import Any


def told_of(past: Past, call: Call, target: str) -> Report:
    """The story of `target`; errors as `promptops.history.why.why` has them."""
    told = why(past, target, call.inside)
    return Report("why", as_json(told), tuple(story(told)))


def as_json(told: Why) -> dict[str, Any]:
    """The answer as other tools read it."""
    first = told.introduced
    beside = told.beside
    return {
        "target": told.target.named,
        "rule": _rule(told),
        "present": told.target.present,
        "uncommitted": told.uncommitted or None,
        "introduced": {**_event(told, first), "before": None} if first else None,
        "events": [_event(told, event) for event in told.events],
        "rationale": beside.rationale or None,
        "draft": beside.draft,
        **_beside(beside),
        "people": [person_json(person) for person in told.people],
        "complete": told.complete,
        "notes": list(told.notes),
    }


def _beside(beside: Beside) -> dict[str, Any]:
    """Records, tests and evidence of the rule as it stands."""
    return {
        "decisions": [
            {"id": d.id, "title": d.title, "status": d.status, "path": d.path, "found": True}
            for d in beside.decisions
        ]
        + [{"id": name, "found": False} for name in beside.missing],
        "tests": [
            {
                "cases": "all" if test.cases.all else list(test.cases.ids),
                "slice": {name: list(values) for name, values in test.cases.slice.items()},
                "fires": test.fires,
                "assertions": [("not_" if a.negated else "") + a.kind for a in test.asserts],
            }
            for test in beside.tests
        ],
        "evidence": [
            {
                "path": m.path,
                "model": m.model,
                "measured": m.measured,
                "commit": m.commit,
                "passed": m.passed,
                "n": m.n,
                **({"judge": m.judge} if m.judge else {}),
            }
            for m in beside.evidence
        ],
    }


def _rule(told: Why) -> dict[str, Any]:
    target = told.target
    line = target.unit.line if target.unit else None
    return {
        "prompt": target.prompt or target.path or None,
        "id": target.rule or told.beside.entry or (f"line-{line}" if line else None),
        "text": told.text,
        "path": target.path or None,
        "line": line,
    }


def _event(told: Why, event: Event) -> dict[str, Any]:
    commit, said = event.commit, told.messages[event.commit.id]
    decisions = said.trailer("decision")
    inexact = event.before and event.after and event.before != event.after
    return {
        "kind": event.kind,
        "commit": commit.id,
        "author": commit.author,
        "email": commit.email,
        "date": iso(commit.time),
        "path": event.path,
        "from_path": event.from_path or None,
        "before": event.before or None,
        "after": event.after or None,
        "subject": said.subject,
        "body": said.body or None,
        "pull_request": said.pull_request or None,
        "decision": decisions[0] if decisions else None,
        "waiver": "; ".join(dict.fromkeys(said.trailer("decision-waiver"))) or None,
        "confidence": event.grade.word,
        "score": round(event.score),
        "effect": list(changed_meaning(event.before, event.after)) if inexact else [],
    }


def person_json(person: Person) -> dict[str, Any]:
    """Somebody, as every command names them."""
    return {
        "name": person.name,
        "email": person.email,
        "last_commit": iso(person.last_commit),
        "active": person.active,
        "program": person.program,
    }
