"""promptfoo configs: prompts, tests and assertions; providers as names of models.

https://www.promptfoo.dev/docs/configuration/reference/. JavaScript, Python, `exec:` and addresses
are never run or asked. An assertion's `metric` is the id of the rule that it tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from promptops.importing.build import ROLES, Build, Said
from promptops.importing.formats._promptfoo_tests import Tests
from promptops.importing.formats._promptfoo_write import write
from promptops.importing.interface import Imported, Left, Source
from promptops.importing.models import from_promptfoo
from promptops.importing.names import id_of, slug_all
from promptops.model import Assertion, Case, CaseSelection, Prompt, Test
from promptops.source.foreign_yaml import Map, Seq, load_foreign, text_of

__all__ = ["NAME", "read", "recognises", "write"]

NAME = "promptfoo"
_KNOWN = frozenset(
    {"description", "prompts", "providers", "targets", "tests", "defaultTest", "scenarios"}
    | {"assertionTemplates", "metadata", "$schema"}
)
NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILES = (".txt", ".md", ".json", ".yaml", ".yml", ".j2", ".jinja", ".jinja2", ".njk", ".csv")


@dataclass(frozen=True, slots=True)
class _Found:
    """A prompt of the config: its text, where it stands and what it is called."""

    text: str
    path: str
    line: int
    label: str = ""


def recognises(source: Source) -> int:
    """By its name, or by having both prompts and providers."""
    name = source.path.lower().rpartition("/")[2]
    if not name.endswith((".yaml", ".yml", ".json")):
        return 0
    if name.startswith("promptfooconfig"):
        return 90
    keys = {line.partition(":")[0] for line in source.text.splitlines() if line[:1].isalpha()}
    return 60 if {"prompts", "providers"} <= keys else 0


def read(source: Source) -> tuple[Imported, ...]:
    """One prompt of ours for each of theirs, each with all the cases; the first has the target."""
    config = load_foreign(source.text, source.path)
    config = config if isinstance(config, Map) else Map()
    tests = Tests(source)
    tests.read(config)
    found = list(_prompts(config, tests))
    if not found:
        why = "write it in `messages`: no text of a prompt could be read"
        tests.left.append(Left("the prompt's text", why, config.lines.get("prompts", 0)))
        found = [_Found("", source.path, 1)]
    models = tuple(dict.fromkeys(_models(config, tests)))
    tests.left += [
        Left(f"`{key}`", "prompts have no such key; the kept copy has it", config.lines[key])
        for key in config
        if key not in _KNOWN
    ]
    return tuple(
        _imported(source, config, tests, one, models, first=i == 0) for i, one in enumerate(found)
    )


def _imported(
    source: Source, config: Map, tests: Tests, one: _Found, models: tuple[str, ...], *, first: bool
) -> Imported:
    build = Build(source.path, "nunjucks")
    build.recall(config.get("metadata"))
    build.say(_messages(one))
    build.left += tests.left
    _declare(build, tests, everything=not one.text)
    cases, rules_tied = _fitting(build, tests)
    prompt = Prompt(
        id=slug_all(one.label) or id_of(source.path),
        version="1.0.0",
        summary=" ".join(text_of(config.get("description")).split()),
        models=models,
        cases=cases,
        target=source.path if first else "",
    )
    made = build.imported(NAME, prompt)
    rules = tuple(
        replace(rule, tests=rules_tied[rule.id]) if rule.id in rules_tied else rule
        for rule in made.prompt.rules
    )
    return replace(made, prompt=replace(made.prompt, rules=rules))


def _declare(build: Build, tests: Tests, *, everything: bool) -> None:
    """Examples for the variables, from the tests; where there is no text yet, all that tests have."""
    unused: dict[str, None] = {}
    for case in tests.cases:
        for name, value in case.variables.items():
            if name in build.variables or (everything and NAMED.fullmatch(name)):
                short = len(value) <= 80 and "\n" not in value and "://" not in value
                build.declare(name, "" if short else "see the cases", value if short else "")
            else:
                unused[name] = None
    build.left += [
        Left(f"variable `{name}` of the tests", "the prompt does not use it") for name in unused
    ]


def _fitting(build: Build, tests: Tests) -> tuple[tuple[Case, ...], dict[str, tuple[Test, ...]]]:
    """The cases with the variables that this prompt has; assertions of a rule's metric on the rule."""
    rules: dict[str, dict[str, tuple[Assertion, list[str]]]] = {}
    known = {rule.id for rule in build.rules}
    loose: dict[str, list[Assertion]] = {}
    for metric, case, made in tests.tied:
        rule = slug_all(metric)
        if rule in known:
            same = rules.setdefault(rule, {}).setdefault(repr(made), (made, []))
            same[1].append(case)
            continue
        loose.setdefault(case, []).append(made)
        left = Left(f"metric `{metric}`", "no rule has this id: give it to the rule it measures")
        if left not in build.left:
            build.left.append(left)
    cases = tuple(
        replace(
            case,
            variables={n: v for n, v in case.variables.items() if n in build.variables},
            asserts=(*case.asserts, *loose.get(case.id, ())),
        )
        for case in tests.cases
    )
    return cases, {
        rule: tuple(Test(CaseSelection(ids=tuple(ids)), (made,)) for made, ids in found.values())
        for rule, found in rules.items()
    }


def _messages(one: _Found) -> Iterator[Said]:
    """A chat as JSON or YAML, or one text of the user's."""
    listed = _json(one.text) if one.text.lstrip().startswith("[") else None
    if listed is None and one.text.lstrip().startswith("- role:"):
        listed = load_foreign(one.text, one.path)
    if isinstance(listed, list) and all(isinstance(m, dict) and "content" in m for m in listed):
        for message in listed:
            role = ROLES.get(text_of(message.get("role")), "user")
            yield Said(role, text_of(message["content"]), one.line, one.path)
        return
    yield Said("user", one.text, one.line, one.path)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _prompts(config: Map, tests: Tests) -> Iterator[_Found]:
    given = config.get("prompts")
    lines = given.lines if isinstance(given, Seq) else [config.lines.get("prompts", 1)]
    for one, line in zip(given if isinstance(given, Seq) else [given], lines, strict=True):
        if isinstance(one, Map):
            raw, label = text_of(one.get("raw") or one.get("id")), text_of(one.get("label"))
            yield from _texts(raw, label, line, tests)
        elif isinstance(one, str):
            yield from _texts(one, "", line, tests)


def _texts(given: str, label: str, line: int, tests: Tests) -> Iterator[_Found]:
    """The text of a prompt, or of those in a file: `---` stands between several in a `.txt`."""
    is_file = given.startswith(("file://", "exec:")) or (
        "\n" not in given and given.endswith(_FILES) and " " not in given
    )
    if not is_file:
        yield _Found(given, tests.source.path, line, label)
        return
    text = tests.text(given, line)
    if text is None:
        return
    path = tests.place(given)
    parts = text.split("\n---\n") if path.endswith((".txt", ".md")) else [text]
    at = 1
    for part in parts:
        if part.strip():
            bare = part.lstrip("\r\n")
            skipped = part[: len(part) - len(bare)].count("\n")
            yield _Found(bare.rstrip("\r\n"), path, at + skipped, label)
        at += part.count("\n") + 2


def _models(config: Map, tests: Tests) -> Iterator[str]:
    for key in ("providers", "targets"):
        given = config.get(key)
        listed = given if isinstance(given, Seq) else [given]
        for one in listed:
            name = text_of(one.get("id")) if isinstance(one, Map) else text_of(one)
            if isinstance(one, Map) and not name and len(one) == 1:
                name = next(iter(one))
            model = from_promptfoo(name)
            if model:
                yield model
            elif name:
                why = "no name of a model; the kept copy has it"
                tests.left.append(Left(f"provider `{name}`", why, config.lines.get(key, 0)))
