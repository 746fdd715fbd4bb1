"""What lies beside a rule: its rationale, decision records, tests and committed evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from promptops.errors import InputError
from promptops.history.messages import Message
from promptops.history.past import Past
from promptops.history.targets import Target
from promptops.patterns import later
from promptops.source.evidence_files import evidence_of
from promptops.source.sidecar_path import sidecar_path
from promptops.values import NamedTuple

TYPE_CHECKING = False  # `typing` takes a while to load
if TYPE_CHECKING:
    from promptops.model import Decision, Prompt, Retired, Rule, Test  # costs a start 20 ms

_NUMBERED = later(r"(?:dr|adr)-?(\d+)|(\d{1,4})", re.IGNORECASE)


class Measured(NamedTuple):
    """What committed evidence says of a rule: answers that passed, of n judged; judge: where a model
    judged, which one and how far it can be believed."""

    path: str
    model: str
    measured: str
    commit: str
    passed: int
    n: int
    judge: str = ""


class Beside(NamedTuple):
    """What stands beside a rule. missing: decisions that are named and not on record.

    draft: no person wrote the rationale. entry: the id that a sidecar gives a plain file's rule.
    """

    rationale: str = ""
    owner: str = ""
    decisions: tuple[Decision, ...] = ()
    missing: tuple[str, ...] = ()
    tests: tuple[Test, ...] = ()
    evidence: tuple[Measured, ...] = ()
    draft: bool = False
    entry: str = ""


NOTHING = Beside()


def beside(past: Past, target: Target, messages: Iterable[Message]) -> Beside:
    """Everything beside the target's rule; decisions that its commits name count too."""
    prompt = _prompt(past, target.path) if target.rule else None
    rule = next((r for r in prompt.rules if r.id == target.rule), None) if prompt else None
    if not target.rule:
        rule = plain_rule(past, target)
    named = [value for message in messages for value in message.trailer("decision")]
    if rule is not None and rule.decision:
        named.insert(0, rule.decision)
    retired = retired_rule(past, target.path, target.rule)
    if retired is not None and retired.decision:
        named.insert(0, retired.decision)
    if not named and not target.rule and rule is None:
        return Beside()
    records = _records(past)
    found = {r.id: r for r in records if _names(r, target)}
    found |= {r.id: r for name in named if (r := _record(records, name)) is not None}
    missing = tuple(dict.fromkeys(n for n in named if _record(records, n) is None))
    return Beside(
        rule.rationale if rule else "",
        rule.owner if rule else "",
        tuple(found.values()),
        missing,
        rule.tests if rule else (),
        _evidence(past, prompt, rule) if prompt and rule else (),
        rule.draft if rule else False,
        rule.id if rule and not target.rule else "",
    )


def plain_rule(past: Past, target: Target) -> Rule | None:
    """What the sidecar says of a plain file's rule; None where there is no entry of it."""
    unit = target.unit
    if unit is None or not past.tree.exists(sidecar_path(target.path)):
        return None
    from promptops.history.adopted import entries_of  # with YAML and the whole format

    for line, rule in entries_of(past.tree, target.path):
        if unit.line <= line <= unit.end_line:
            return rule
    return None


def retired_rule(past: Past, path: str, rule_id: str) -> Retired | None:
    """What the prompt at `path` remembers of a retired rule."""
    if not rule_id or not past.tree.exists(path):
        return None
    prompt = _prompt(past, path)
    return next((r for r in prompt.retired if r.id == rule_id), None) if prompt else None


def _prompt(past: Past, path: str) -> Prompt | None:
    from promptops.source.reading import read_prompt  # loads YAML, which a Markdown rule is spared

    return read_prompt(past.tree, path).prompt


def _records(past: Past) -> list[Decision]:
    from promptops.source.reading import read_decision_file
    from promptops.source.workspace import is_record

    folder = past.settings.decisions.rstrip("/") + "/"
    paths = [e.path for e in past.repository.index() if e.path.startswith(folder)]
    if past.repository.bare:
        paths = [path for path in past.tree.paths() if path.startswith(folder)]
    read = (
        read_decision_file(past.tree, path).decision
        for path in dict.fromkeys(paths)
        if is_record(past.settings, path) and past.tree.exists(path)
    )
    return [record for record in read if record is not None]


def _names(record: Decision, target: Target) -> bool:
    """True if the record says that it is about this very rule."""
    about = not record.prompts or target.prompt in record.prompts
    return bool(target.rule) and about and target.rule in record.rules


def _record(records: Iterable[Decision], named: str) -> Decision | None:
    """The record a person means by its id, path or number (`DR-0007`, `7`)."""
    wanted = named.strip().strip("`\"'")
    stem = wanted.rpartition("/")[2].removesuffix(".md")
    number = _NUMBERED.fullmatch(wanted)
    for record in records:
        if stem == record.id or wanted == record.path:
            return record
        if number and re.match(rf"0*{int(number[1] or number[2])}(?!\d)", record.id):
            return record
    return None


def _evidence(past: Past, prompt: Prompt, rule: Rule) -> tuple[Measured, ...]:
    if past.repository.bare:
        paths = list(past.tree.paths())
    else:
        paths = [entry.path for entry in past.repository.index()]
    own = dict.fromkeys(evidence_of(paths, prompt))
    found = (_measured(past, path, rule.id) for path in own)
    return tuple(one for one in found if one is not None)


def _measured(past: Past, path: str, rule: str) -> Measured | None:
    """One evidence file's words on a rule; None where it has none or is damaged."""
    import json

    try:
        said = json.loads(past.tree.read(path))
        outcome = said["rules"][rule]
        counts = int(outcome["passed"]), int(outcome["n"])
        model, when, commit = (str(said.get(key, "")) for key in ("model", "measured", "commit"))
        judge = str((said.get("judge") or {}).get("said", ""))
        return Measured(path, model, when, commit, *counts, judge)
    except (InputError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
