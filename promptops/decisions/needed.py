"""Which changes of a prompt need a decision record: by what they mean, not by the file they touch.

Pure functions on two states of a prompt. Moving a prompt, ordering its rules, mending typography,
tests, owners or rationales needs none.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptops.config import DECIDED_ALWAYS, Settings
from promptops.decisions.slips import KnowsWord, no_word
from promptops.decisions.typography import same_meaning
from promptops.model import Budget, Prompt, Rule
from promptops.values import dataclass, replace

ADDED, REMOVED, REWORDED, CHANGED, RAISED = "added", "removed", "reworded", "changed", "raised"


@dataclass(frozen=True, slots=True)
class Need:
    """One change of meaning that somebody has to have decided.

    kind: rule, model, modality, data, budget or output. change: added, removed, reworded, changed
    or raised. rule: its id, "" where it is about none. what: the thing in words, `rule cite-policy`,
    `image as input`, "" for the whole prompt. before, after: what stood there, "" for nothing.
    """

    prompt: str
    path: str
    kind: str
    change: str
    what: str
    rule: str = ""
    before: str = ""
    after: str = ""

    @property
    def sentence(self) -> str:
        """`rule cite-policy of prompt support-agent was reworded`."""
        subject = f"{self.what} of prompt" if self.what else "prompt"
        return f"{subject} `{self.prompt}` was {self.change}"

    @property
    def waivable(self) -> bool:
        """False where new data or a new modality reaches a model: that is never waived."""
        return self.kind not in DECIDED_ALWAYS or self.change != ADDED

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes it the same need in two comparisons, whatever the texts before."""
        return self.prompt, self.kind, self.change, self.what, self.after


def needed(
    before: Prompt | None,
    after: Prompt | None,
    settings: Settings,
    *,
    contract_changed: bool = False,
    known: KnowsWord = no_word,
) -> tuple[Need, ...]:
    """The changes from `before` to `after` that need a record under these settings.

    None stands for a prompt that is not there. Modality and data always count, the other kinds
    where `require_decision_for` names them.
    """
    wanted = DECIDED_ALWAYS | settings.require_decision_for
    found = changes_of_meaning(before, after, contract_changed=contract_changed, known=known)
    return tuple(need for need in found if need.kind in wanted)


def changes_of_meaning(
    before: Prompt | None,
    after: Prompt | None,
    *,
    contract_changed: bool = False,
    known: KnowsWord = no_word,
) -> tuple[Need, ...]:
    """Every change of meaning, whatever the settings ask for.

    contract_changed: the JSON Schema that both name says something else now. known: knows which
    words are spelt right, so that a mended misspelling is told from another word.
    """
    prompt = after or before
    if prompt is None or not prompt.governed:
        return ()
    parts = (
        _rules(before, after, known),
        _models(before, after),
        _modalities(before, after),
        _data(before, after),
        _budget(before, after),
        _output(before, after, contract_changed),
    )
    return tuple(replace(n, prompt=prompt.id, path=prompt.path) for part in parts for n in part)


def _need(kind: str, change: str, what: str, before: str = "", after: str = "") -> Need:
    return Need("", "", kind, change, what, before=before, after=after)


# -- rules ---------------------------------------------------------------------------------------


def _rules(before: Prompt | None, after: Prompt | None, known: KnowsWord) -> Iterator[Need]:
    if before is None or after is None:
        some = before or after
        if some is not None:
            change = ADDED if before is None else REMOVED
            rules = "\n".join(rule.text.strip() for rule in some.rules)
            kept = ("", rules) if before is None else (rules, "")
            yield _need("rule", change, "", *kept)
        return
    yield from _rule_changes(before, after, known)
    yield from _message_changes(before, after, known)


def _rule_changes(before: Prompt, after: Prompt, known: KnowsWord) -> Iterator[Need]:
    pairs = dict(_pairs(before, after, known))
    for rule in after.rules:
        old = pairs.get(rule.id)
        if old is None:
            yield _rule_need(ADDED, rule.id, "", rule.text)
        elif not same_meaning(old.text, rule.text, known):
            yield _rule_need(REWORDED, rule.id, old.text, rule.text)
    heirs = {old.id for old in pairs.values()}
    for rule in before.rules:
        if rule.id not in heirs:
            yield _rule_need(REMOVED, rule.id, rule.text, "")


def _rule_need(change: str, rule: str, before: str, after: str) -> Need:
    need = _need("rule", change, f"rule `{rule}`", before.strip(), after.strip())
    return replace(need, rule=rule)


def _pairs(before: Prompt, after: Prompt, known: KnowsWord) -> Iterator[tuple[str, Rule]]:
    """(id now, rule before): by id, then by `replaces`, then by words that are the same."""
    old = {rule.id: rule for rule in before.rules}
    new = [rule for rule in after.rules if rule.id not in old]
    yield from ((rule.id, old[rule.id]) for rule in after.rules if rule.id in old)
    left = {name: rule for name, rule in old.items() if name not in {r.id for r in after.rules}}
    for rule in new:
        named = rule.replaces if rule.replaces in left else ""
        same = (n for n, r in left.items() if same_meaning(r.text, rule.text, known))
        heir = named or next(same, "")
        if heir:
            yield rule.id, left.pop(heir)


def _message_changes(before: Prompt, after: Prompt, known: KnowsWord) -> Iterator[Need]:
    """The words around the rules are instructions as well."""
    for i in range(max(len(before.messages), len(after.messages))):
        old = before.messages[i] if i < len(before.messages) else None
        new = after.messages[i] if i < len(after.messages) else None
        texts = (old.content.strip() if old else "", new.content.strip() if new else "")
        if old and new and old.role == new.role and same_meaning(*texts, known):
            continue
        role = new.role if new else old.role if old else ""
        change = ADDED if old is None else REMOVED if new is None else REWORDED
        yield _need("rule", change, f"message {i + 1} ({role})", *texts)


# -- everything else -----------------------------------------------------------------------------


def _models(before: Prompt | None, after: Prompt | None) -> Iterator[Need]:
    if before is None or after is None:
        return
    first = (before.models[:1], after.models[:1])
    if set(before.models) != set(after.models) or first[0] != first[1]:
        listed = (", ".join(before.models), ", ".join(after.models))
        yield _need("model", CHANGED, "the list of models", *listed)


def _modalities(before: Prompt | None, after: Prompt | None) -> Iterator[Need]:
    if after is None:
        return
    old = before or Prompt("")
    ways = (
        ("input", old.modalities_in, after.modalities_in),
        ("output", old.modalities_out, after.modalities_out),
    )
    for way, was, now in ways:
        for modality in sorted(set(now) - set(was)):
            yield _need("modality", ADDED, f"{modality} as {way}", after=modality)
        for modality in sorted(set(was) - set(now)):
            yield _need("modality", REMOVED, f"{modality} as {way}", before=modality)


def _data(before: Prompt | None, after: Prompt | None) -> Iterator[Need]:
    if after is None:
        return
    was, now = set(before.data) if before else set(), set(after.data)
    for name in sorted(now - was):
        yield _need("data", ADDED, f"data class `{name}`", after=name)
    for name in sorted(was - now):
        yield _need("data", REMOVED, f"data class `{name}`", before=name)


_LIMITS = (
    "prompt_tokens",
    "rule_tokens",
    "tool_tokens",
    "output_tokens",
    "calls_per_month",
    "usd_per_month",
)


def _budget(before: Prompt | None, after: Prompt | None) -> Iterator[Need]:
    if before is None or after is None:
        return
    for name in _LIMITS:
        was, now = _limit(before.budget, name), _limit(after.budget, name)
        if was is not None and (now is None or now > was):
            after_text = "no limit" if now is None else f"{now:,}"
            yield _need("budget", RAISED, f"budget `{name}`", f"{was:,}", after_text)


def _limit(budget: Budget, name: str) -> float | None:
    limit: float | None = getattr(budget, name)
    return limit


def _output(before: Prompt | None, after: Prompt | None, contract_changed: bool) -> Iterator[Need]:
    if before is None or after is None:
        return
    was, now = before.output_schema, after.output_schema
    if was != now or (now and contract_changed):
        change = ADDED if not was else REMOVED if not now else CHANGED
        yield _need("output", change, "the output contract", was, now)
