"""A prompt as a promptfoo config: the chat, the cases as tests, a rule's tests under its `metric`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from promptops.importing.build import remembered
from promptops.importing.formats._promptfoo_asserts import written
from promptops.importing.interface import Exported, Left
from promptops.importing.models import to_promptfoo
from promptops.importing.neutral import as_jinja, turns
from promptops.importing.yaml_out import yaml_text
from promptops.model import Assertion, Case, CaseSelection, Prompt

_SCHEMA = "# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json\n"


def write(prompt: Prompt) -> Exported:
    """`promptfooconfig.yaml`; ids and reasons of rules stand in `metadata`, which promptfoo ignores."""
    said, left = turns(prompt)
    chat = [
        {"role": "system" if t.role == "developer" else t.role, "content": as_jinja(t.tokens)}
        for t in said
    ]
    one = chat[0]["content"] if len(chat) == 1 and chat[0]["role"] == "user" else None
    raw = json.dumps(chat, ensure_ascii=False, indent=2) if one is None else one
    data: dict[str, Any] = {"description": prompt.summary or prompt.id}
    data["prompts"] = [{"id": prompt.id, "label": prompt.id, "raw": raw}]
    data["providers"] = [to_promptfoo(model) for model in prompt.models] or ["echo"]
    if not prompt.models:
        left.append(Left("no model is named", "promptfoo's `echo` stands in for one"))
    data["tests"] = [_test(prompt, case, left) for case in prompt.cases]
    if any(variable.untrusted for variable in prompt.variables.values()):
        left.append(Left("which variables are untrusted", "no such word there"))
    _budget(prompt, left)
    if prompt.rules:
        data["metadata"] = remembered(prompt)
    return Exported("promptfooconfig.yaml", _SCHEMA + yaml_text(data), tuple(left))


def _budget(prompt: Prompt, left: list[Left]) -> None:
    budget = prompt.budget
    if any(getattr(budget, name) is not None for name in budget.__slots__):
        left.append(Left("the budget", "`promptops check` holds it; promptfoo has none"))


def _test(prompt: Prompt, case: Case, left: list[Left]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": case.id}
    if case.variables:
        made["vars"] = {name: as_value(value) for name, value in case.variables.items()}
    if case.slices:
        made["metadata"] = dict(case.slices)
    if case.history:
        left.append(Left(f"the earlier turns of case `{case.id}`", "a test there has none"))
    asserts = list(_written(case.asserts, "", f"case `{case.id}`", left))
    for rule in prompt.rules:
        for test in rule.tests:
            if _selects(test.cases, case):
                asserts += _written(test.asserts, rule.id, f"rule `{rule.id}`", left)
    return {**made, "assert": asserts} if asserts else made


def as_value(value: str) -> str:
    """A variable's value; promptfoo reads `{{…}}` in it as a template."""
    return value.replace("{{", "{{ '{{' }}") if "{{" in value else value


def _selects(cases: CaseSelection, case: Case) -> bool:
    if cases.slice:
        return all(case.slices.get(name) in values for name, values in cases.slice.items())
    return cases.all or case.id in cases.ids


def _written(
    asserts: Iterable[Assertion], metric: str, where: str, left: list[Left]
) -> Iterable[dict[str, Any]]:
    for one in asserts:
        made = written(one, metric)
        if made is not None:
            yield made
            continue
        name = f"not_{one.kind}" if one.negated else one.kind
        why = "promptfoo has no such assertion"
        if one.kind == "regex":
            why = "JavaScript's patterns have no flags in them"
        found = Left(f"`{name}` of {where}", why)
        if found not in left:
            left.append(found)
