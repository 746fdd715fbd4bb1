"""Draft rationales: what the commits that brought an import's rules in say of themselves."""

from __future__ import annotations

from dataclasses import replace

from promptops.cli._call import Call
from promptops.cli._origins import commit_of, draft_of, origins_of
from promptops.history.origins import Origin, Place
from promptops.model import Prompt, Rule


def drafted(call: Call, prompt: Prompt) -> tuple[Prompt, str]:
    """(the prompt with a draft on each rule that git knows something of, a note)."""
    waiting: dict[str, list[Place]] = {}
    for rule in prompt.rules:
        if rule.imported_from and (rule.draft or not rule.rationale):
            place = Place(rule, rule.imported_from.line)
            waiting.setdefault(rule.imported_from.path, []).append(place)
    known: dict[str, Rule] = {}
    note = ""
    for path, places in waiting.items():
        found, note = origins_of(call, path, places)
        known.update((origin.place.rule.id, _drafted(origin)) for origin in found)
    rules = tuple(known.get(rule.id, rule) for rule in prompt.rules)
    return replace(prompt, rules=rules), note


def _drafted(origin: Origin) -> Rule:
    rule = origin.place.rule
    words, commit = draft_of(origin), commit_of(origin)
    assert rule.imported_from is not None  # that is how it came to have a place
    written = replace(rule.imported_from, commit=commit)
    if not words:
        return replace(rule, imported_from=written)
    return replace(rule, rationale=words, draft=True, imported_from=written)
