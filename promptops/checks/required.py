"""PO5, decisions that must be there: privacy always, other kinds where the repository says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.diagnostic import Finding, Severity
from promptops.model import Decision, Prompt

ACCEPTED = "accepted"


@check("PO508", "missing-decision", Severity.INFO, (ON_PROMPT,))
def missing_decision(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """This repository requires a decision record for such a change (`require_decision_for`); without
    one the reason lives in somebody's memory.

    Bad:
        output: {schema: reply.schema.json}

    Good:
        output: {schema: reply.schema.json}
        # with an accepted record of `kind: output` that names this prompt
    """
    wanted = around.require_decision_for
    if "rule" in wanted:
        for i, rule in enumerate(prompt.rules):
            if not rule.decision:
                help = "write one with `promptops decide` and cite it in `decision:`"
                message = f"rule `{rule.id}` has no decision"
                yield Finding(("rules", i, "decision"), message, help)
    present: dict[str, object] = {
        "model": prompt.models,
        "output": prompt.output_schema,
        "budget": prompt.budget != type(prompt.budget)(),
    }
    for kind, has in present.items():
        if has and kind in wanted and not list(_accepted(prompt, around, kind)):
            place = {"model": "models"}.get(kind, kind)
            message = f"no accepted decision of kind `{kind}` names prompt `{prompt.id}`"
            yield Finding((place,), message, "write one with `promptops decide`", key=True)


def _accepted(prompt: Prompt, around: Around, kind: str) -> Iterator[Decision]:
    """The accepted decisions of a kind that name the prompt."""
    for decision in around.decisions.values():
        if decision.kind == kind and decision.status == ACCEPTED and prompt.id in decision.prompts:
            yield decision


@check("PO509", "modality-without-privacy-decision", Severity.ERROR, (ON_PROMPT,))
def modality_without_privacy_decision(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Pictures, sound and files carry faces, voices and places that text does not. Letting a model
    see them is a privacy event, not a switch.

    Bad:
        modalities: {input: [text, audio]}

    Good:
        modalities: {input: [text, image]}
        # with an accepted record of `kind: modality` that names this prompt and `image`
    """
    for way, modalities in (("input", prompt.modalities_in), ("output", prompt.modalities_out)):
        if modalities == ("text",):
            continue
        for i, modality in enumerate(modalities):
            if modality != "text" and not _covers(modality, _accepted(prompt, around, "modality")):
                message = f"no accepted decision lets prompt `{prompt.id}` have {modality} as {way}"
                help = "write one with `promptops decide`: `kind: modality`, this prompt, and the"
                help += f" word `{modality}`"
                yield Finding(("modalities", way, i), message, help)


@check("PO510", "data-class-without-privacy-decision", Severity.ERROR, (ON_PROMPT,))
def data_class_without_privacy_decision(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Personal or confidential data reaches the model, and nobody has written down on what ground,
    for how long, and where it is kept.

    Bad:
        data: [health-record]

    Good:
        data: [account-id]
        # with an accepted record of `kind: data` that names this prompt and `account-id`
    """
    for i, name in enumerate(prompt.data):
        if not _covers(name, _accepted(prompt, around, "data")):
            message = f"no accepted decision lets prompt `{prompt.id}` use the data class `{name}`"
            help = "write one with `promptops decide`: `kind: data`, this prompt, and the word"
            yield Finding(("data", i), message, f"{help} `{name}`")


def _covers(word: str, decisions: Iterable[Decision]) -> bool:
    """True if one of the decisions speaks of `word`, whatever its hyphens and case."""
    wanted = _letters(word)
    return any(wanted in _letters(f"{d.title}\n{' '.join(d.sections.values())}") for d in decisions)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
