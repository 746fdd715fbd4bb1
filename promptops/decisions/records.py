"""Decision records as answers: is this one finished, what may still change in it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from promptops.checks import Around
from promptops.checks.records import incomplete_decision, unanswered_privacy_question
from promptops.checks.unfinished import hurried_decision, unfinished_decision
from promptops.config import Settings
from promptops.errors import InputError
from promptops.model import Decision
from promptops.patterns import later
from promptops.source.reading import read_decision_file
from promptops.source.tree import Tree
from promptops.source.workspace import is_record
from promptops.values import dataclass

ACCEPTED = "accepted"
FREE = "proposed"  # the one status in which a record may be rewritten
ENDED = ("superseded", "deprecated")  # what a final status may become


@dataclass(frozen=True, slots=True)
class Record:
    """A decision record and the whole text of its file."""

    decision: Decision
    text: str


def read_records(tree: Tree, settings: Settings) -> tuple[dict[str, Record], list[InputError]]:
    """The decision records of a tree by id, and why others cannot be read."""
    paths = (path for path in tree.listed(settings.decisions) if is_record(settings, path))
    readings = [read_decision_file(tree, path) for path in paths]
    broken = [r.refusal(r.problems[0].finding) for r in readings if r.decision is None]
    known = ((r.decision, r.document.text) for r in readings if r.decision)
    return {decision.id: Record(decision, text) for decision, text in known}, broken


def shortcomings(decision: Decision) -> Iterator[str]:
    """What a record still lacks before it can answer for a change; the checks' own words."""
    around = Around(date.min)
    for check in (
        unfinished_decision,
        incomplete_decision,
        unanswered_privacy_question,
        hurried_decision,
    ):
        for finding in check(decision, around):
            yield finding.message


_FIXED = {
    "title": "another title",
    "date": "another date",
    "makers": "other decision-makers",
    "prompts": "other prompts",
    "rules": "other rules",
    "kind": "another kind",
}


def rewritten(before: Record, after: Record | None) -> str:
    """How a record that was decided has been tampered with, "" where it has not.

    Its status may end (superseded, deprecated), and white space may move. Nothing else changes.
    """
    old = before.decision
    if old.status == FREE:
        return ""
    if after is None:
        return "was deleted"
    new = after.decision
    if new.status != old.status and new.status not in ENDED:
        return f"went from {old.status} back to {new.status}"
    for fact, words in _FIXED.items():
        if getattr(old, fact) != getattr(new, fact):
            return f"has {words}"
    return "" if _words(before.text) == _words(after.text) else "was rewritten"


_STATUS = later(
    r"^status[ \t]*:.*(?:\n[ \t]+\S.*)*"  # front matter
    r"|^[*-][ \t]*status[ \t]*:.*"  # log4brains
    r"|^##[ \t]+status[ \t]*$(?:\n(?!#).*)*",  # adr-tools
    re.IGNORECASE | re.MULTILINE,
)


def _words(text: str) -> list[str]:
    return _STATUS.sub("", text.replace("\r\n", "\n").removeprefix("\ufeff")).split()
