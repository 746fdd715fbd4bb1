"""GitHub Models: `.prompt.yml` with messages, test data and evaluators.

https://docs.github.com/en/github-models. A placeholder is `{{name}}` and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from promptops.errors import InputError
from promptops.importing.asserting import checked
from promptops.importing.build import ROLES, Build, Said
from promptops.importing.interface import Exported, Imported, Left, Source
from promptops.importing.names import Names, id_of, slug
from promptops.importing.neutral import as_mustaches, turns
from promptops.importing.yaml_out import yaml_text
from promptops.model import Assertion, Case, Prompt
from promptops.source.foreign_yaml import Map, Seq, load_foreign, text_of

NAME = "github-models"
_KINDS: Mapping[str, str] = {
    "contains": "contains",
    "startsWith": "starts_with",
    "endsWith": "ends_with",
    "equals": "equals",
}
_BACK = {ours: theirs for theirs, ours in _KINDS.items()}
_EXPECTED = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_KNOWN = frozenset({"name", "description", "model", "messages", "testData", "evaluators"})


def recognises(source: Source) -> int:
    """By its ending."""
    return 90 if source.path.lower().endswith((".prompt.yml", ".prompt.yaml")) else 0


def read(source: Source) -> tuple[Imported, ...]:
    """The one prompt of the file, its test data as cases, its evaluators as assertions."""
    data = load_foreign(source.text, source.path)
    data = data if isinstance(data, Map) else Map()
    build = Build(source.path, "mustache")
    listed = data.get("messages")
    build.say(
        Said(ROLES.get(text_of(one.get("role")), "user"), text_of(one.get("content")), one.line)
        for one in (listed if isinstance(listed, Seq) else ())
        if isinstance(one, Map)
    )
    if not build.messages:
        hint = "--as text imports it as it is"
        raise InputError("there are no `messages` in it", hint, path=source.path)
    cases = _cases(build, data)
    build.left += [
        Left(f"`{key}`", "belongs to the call; the kept copy has it", data.lines.get(key, 0))
        for key in data
        if key not in _KNOWN
    ]
    model = text_of(data.get("model"))
    prompt = Prompt(
        id=id_of(source.path),
        version="1.0.0",
        summary=" ".join(text_of(data.get("description") or data.get("name")).split()),
        models=(model,) if model else (),
        cases=tuple(cases),
        target=source.path,
    )
    return (build.imported(NAME, prompt),)


def _cases(build: Build, data: Map) -> list[Case]:
    evaluators = data.get("evaluators")
    given = [e for e in (evaluators if isinstance(evaluators, Seq) else ()) if isinstance(e, Map)]
    for one in given:
        if not isinstance(one.get("string"), Map):
            name = text_of(one.get("name") or one.get("uses"))
            why = "its own judge; write a `judge` assertion, the kept copy has it"
            build.left.append(Left(f"evaluator `{name}`", why, one.line))
    rows, names = data.get("testData"), Names()
    return [
        _case(build, row, given, names)
        for row in (rows if isinstance(rows, Seq) else ())
        if isinstance(row, Map)
    ]


def _case(build: Build, row: Map, evaluators: list[Map], names: Names) -> Case:
    values = {name: text_of(value) for name, value in row.items()}
    used = {name: values[name] for name in values if name in build.variables}
    asserts = []
    for one in evaluators:
        for kind, wanted in (one.get("string") or {}).items() if _is_string(one) else ():
            argument = _EXPECTED.sub(lambda m: values.get(m[1], m[0]), text_of(wanted))
            made = checked(Assertion(_KINDS.get(kind, kind), argument)) if argument else None
            if made is None:
                why = "no assertion here says it; the kept copy has it"
                build.left.append(Left(f"evaluator `{kind}: {argument[:40]}`", why, one.line))
            else:
                asserts.append(made)
    name = slug(" ".join(used.values())) or "case"
    return Case(id=names.give(name), variables=used, asserts=tuple(asserts))


def _is_string(one: Map) -> bool:
    return isinstance(one.get("string"), Map)


def write(prompt: Prompt) -> Exported:
    """A `.prompt.yml` file; an assertion that holds for every case becomes an evaluator."""
    said, left = turns(prompt)
    data: dict[str, Any] = {"name": prompt.id}
    if prompt.summary:
        data["description"] = prompt.summary
    if prompt.models:
        data["model"] = prompt.models[0]
    data["messages"] = [
        {
            "role": "system" if turn.role == "developer" else turn.role,
            "content": as_mustaches(turn.tokens, left),
        }
        for turn in said
    ]
    if prompt.cases:
        data["testData"] = [dict(case.variables) for case in prompt.cases if case.variables]
        data["evaluators"] = _evaluators(prompt, left)
    left += [Left(f"model `{name}`", "one model a file there") for name in prompt.models[1:]]
    data = {key: value for key, value in data.items() if value}
    return Exported(f"{prompt.id}.prompt.yml", yaml_text(data), tuple(left))


def _evaluators(prompt: Prompt, left: list[Left]) -> list[dict[str, Any]]:
    """What every case must satisfy; an assertion on some cases only has no place there."""
    everywhere = set.intersection(*({_key(a) for a in case.asserts} for case in prompt.cases))
    for case in prompt.cases:
        for one in case.asserts:
            if _key(one) not in everywhere or one.negated or one.options or one.kind not in _BACK:
                what = f"`{'not_' if one.negated else ''}{one.kind}` on case `{case.id}`"
                left.append(Left(what, "evaluators there look at every row, with four kinds"))
    found = [
        {"name": one.kind, "string": {_BACK[one.kind]: one.argument}}
        for one in prompt.cases[0].asserts
        if _key(one) in everywhere and not one.negated and not one.options and one.kind in _BACK
    ]
    for rule in prompt.rules:
        for test in rule.tests:
            if test.cases.all and test.fires:
                found += _of_rule(rule.id, test.asserts, left)
            else:
                left.append(Left(f"a test of rule `{rule.id}`", "it is about some cases only"))
    return found


def _of_rule(rule: str, asserts: tuple[Assertion, ...], left: list[Left]) -> list[dict[str, Any]]:
    found = []
    for one in asserts:
        if one.kind in _BACK and not one.negated and not one.options:
            found.append({"name": rule, "string": {_BACK[one.kind]: one.argument}})
        else:
            left.append(Left(f"`{one.kind}` of rule `{rule}`", "evaluators there know four kinds"))
    return found


def _key(one: Assertion) -> str:
    return repr((one.kind, one.negated, one.argument, sorted(one.options.items())))
