"""Which record answers which need. Pure functions.

A need is answered by an accepted, finished record that is new in this change and names the prompt
(and rule), or that the rule newly cites in `decision:`, or that the commit message names in a
`Decision:` line; or by a waiver with a reason. New modalities and data classes are never waived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from promptops.checks._reasons import restates, says_nothing
from promptops.config import DECIDED_ALWAYS
from promptops.decisions.message import SILENT, WAIVER, Trailers
from promptops.decisions.needed import Need
from promptops.decisions.records import ACCEPTED, Record, shortcomings
from promptops.model import Decision, Prompt
from promptops.values import dataclass, field, replace

DECIDED_BEFORE = "was decided before this change"


@dataclass(frozen=True, slots=True)
class Found:
    """A need and what answers it: the id of a record or the reason of a waiver; "" for neither.

    objections: why what comes nearest does not count, one sentence each.
    """

    need: Need
    decision: str = ""
    waiver: str = ""
    objections: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """True if somebody has decided, or said why nobody had to."""
        return bool(self.decision or self.waiver)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What may answer for a change.

    records: those there are after the change; decided: ids of those that were accepted before it.
    cited: (prompt id, rule id) -> the record that a rule, living or retired, newly cites.
    said: what the message of the change says of decisions.
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    decided: frozenset[str] = frozenset()
    cited: Mapping[tuple[str, str], str] = field(default_factory=dict)
    said: Trailers = SILENT


def found(needs: Iterable[Need], evidence: Evidence) -> tuple[Found, ...]:
    """Each need with the record or waiver that answers it, in order."""
    return tuple(_waived(_decided(need, evidence), evidence.said.waivers) for need in needs)


def newly_cited(
    before: Prompt | None, after: Prompt | None
) -> Iterator[tuple[tuple[str, str], str]]:
    """((prompt, rule), record) for each rule of `after`, retired ones too, that cites another record."""
    if after is None:
        return
    old = {rule.id: rule.decision for rule in before.rules} if before else {}
    gone = {rule.id: rule.decision for rule in before.retired} if before else {}
    for rule in after.rules:
        if rule.decision and rule.decision != old.get(rule.id):
            yield (after.id, rule.id), rule.decision
    for retired in after.retired:
        if retired.decision and retired.decision not in (old.get(retired.id), gone.get(retired.id)):
            yield (after.id, retired.id), retired.decision


def _decided(need: Need, evidence: Evidence) -> Found:
    objections: list[str] = []
    for record in sorted(evidence.records.values(), key=lambda r: r.decision.id, reverse=True):
        objection = _objection(need, record, evidence)
        if objection == "":
            return Found(need, decision=record.decision.id)
        if objection:
            objections.append(f"`{record.decision.id}` {objection}")
    return Found(need, objections=tuple(objections[:3]))


def _objection(need: Need, record: Record, evidence: Evidence) -> str | None:
    """Why the record does not answer the need; "" where it does, None where it is about others."""
    decision = record.decision
    cites = bool(need.rule) and evidence.cited.get((need.prompt, need.rule)) == decision.id
    pointed_at = cites or decision.id in evidence.said.decisions
    names = need.prompt in decision.prompts or (not decision.prompts and bool(decision.rules))
    if not (pointed_at or names) or not _covers(need, decision):
        return "is about others" if pointed_at else None
    if decision.id in evidence.decided and not pointed_at:
        return DECIDED_BEFORE if need.rule in (*decision.rules, "") else None
    if decision.status != ACCEPTED:
        return f"is {decision.status}, not accepted"
    if not _speaks_of(need, record):
        return f"does not speak of `{need.after}`"
    return _lacks(need, record)


def _covers(need: Need, decision: Decision) -> bool:
    """True if the record decides this kind of change, and this rule where there is one."""
    if need.prompt not in (decision.prompts or (need.prompt,)):
        return False
    if need.rule:
        whole = not decision.rules and decision.kind in ("rule", "")
        return whole or need.rule in decision.rules
    return decision.kind == need.kind


def _speaks_of(need: Need, record: Record) -> bool:
    """True unless the record lets in another modality or data class than this one."""
    if need.kind not in DECIDED_ALWAYS or not need.after:
        return True
    return _letters(need.after) in _letters(record.text)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _lacks(need: Need, record: Record) -> str:
    """What the record does not say yet, "" where it says it all."""
    for shortcoming in shortcomings(record.decision):
        return f"is not finished: {shortcoming}"
    context = [text for name, text in record.decision.sections.items() if "context" in name.lower()]
    if need.after and any(restates(text, need.after) for text in context):
        return f"only restates the {need.kind} in its context"
    return ""


def _waived(one: Found, waivers: Sequence[str]) -> Found:
    if one.answered or not waivers:
        return one
    if not one.need.waivable:
        objection = "a new modality or data class is never waived: it needs a record"
        return replace(one, objections=(*one.objections, objection))
    said = one.need.after or one.need.before
    reasons = [reason for reason in waivers if not stub(reason, said)]
    if reasons:
        return replace(one, waiver=together(reasons), objections=())
    return replace(one, objections=(*one.objections, f"the {WAIVER} {stub(waivers[-1], said)}"))


def together(reasons: Iterable[str]) -> str:
    """All reasons of waivers that bear on one change, each once."""
    return "; ".join(dict.fromkeys(filter(None, reasons)))


def stub(reason: str, said: str = "") -> str:
    """What is wrong with a reason: that it gives none, or only repeats what is said; "" if nothing."""
    if says_nothing(reason):
        return f"“{reason}” gives no reason"
    return f"“{reason}” only repeats the text" if said and restates(reason, said) else ""
