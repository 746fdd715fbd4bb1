"""Instruction files (AGENTS.md) measured like prompts, with the cases and tests of their sidecars.

The whole file is what the system says; a case has one variable, whatever its name, which is what the
user says then. Its text is a variable's value: what looks like a template in it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from promptops.cli._call import Call
from promptops.cli._prompts import find_prompt, usable
from promptops.errors import InputError, UsageError
from promptops.excerpt import typed
from promptops.model import Case, Message, Prompt, Variable
from promptops.source.reading import Reading, read_prompt
from promptops.source.sidecar_path import SIDECAR, instructions_of, sidecar_path
from promptops.source.tree import Tree

TEXT, ASKED = "instructions", "asked"
_MESSAGES = (Message("system", "{{ instructions }}"), Message("user", "{{ asked }}"))


def find_measured(call: Call, name: str) -> Reading:
    """The prompt, or the instruction file, that `name` means, as it can be asked.

    UsageError where there is none, and for an instruction file without a sidecar.
    """
    tree, path = call.tree(), call.inside(name)
    if path.endswith(SIDECAR):
        path = instructions_of(path, tree) or path
    settings = call.settings()
    if tree.exists(path) and tree.exists(sidecar_path(path)) and sidecar_path(path) != path:
        return read_measured(tree, path)
    from promptops.source.workspace import find_files

    if tree.exists(path) and find_files(settings, [path]).instructions:
        hint = f"`promptops adopt {typed(path)}` writes {sidecar_path(path)}, which holds cases and tests"
        raise UsageError("this instruction file has no cases", hint, path=path)
    return find_prompt(call, tree, settings, name)


def read_measured(tree: Tree, path: str, *, cases: tuple[Case, ...] | None = None) -> Reading:
    """The prompt or instruction file at `path`. cases: those to ask, where they are not its own."""
    if path.endswith((".yaml", ".yml")):
        return read_prompt(tree, path)
    from promptops.history.adopted import adopted
    from promptops.source.reading import read_instructions_file

    reading = read_instructions_file(tree, path)
    if cases is None:
        reading = adopted(tree, reading)
        _refuse_broken(reading)
    prompt = usable(reading)
    text = reading.document.text
    if cases is None and not prompt.cases:
        hint = f"write some under `cases:` in {sidecar_path(path)}, and tests on its rules"
        raise UsageError(f"{path} has no cases", hint)
    own = tuple(_asked(prompt.cases, prompt.cases_path)) if cases is None else cases
    variables = {TEXT: Variable(TEXT, (text,)), ASKED: Variable(ASKED)}
    asked = replace(prompt, messages=_MESSAGES, variables=variables, cases=own, governed=True)
    return replace(reading, prompt=asked)


def _refuse_broken(reading: Reading) -> None:
    for problem in reading.problems:
        beside = sidecar_path(reading.path)
        hint = f"`promptops check {typed(reading.path)}` says where"
        raise InputError(problem.finding.message, hint, path=beside)


def _asked(cases: tuple[Case, ...], path: str) -> Iterator[Case]:
    for case in cases:
        if len(case.variables) != 1:
            hint = "give it one variable: what the user says"
            many = len(case.variables)
            raise InputError(f"case `{case.id}` has {many} variables", hint, path=path)
        [value] = case.variables.values()
        yield replace(case, variables={ASKED: value})


def before_of(tree: Tree, prompt: Prompt, revision: str) -> Prompt:
    """The prompt as it was in a tree, on the cases of today; UsageError where it was not there."""
    if not tree.exists(prompt.path):
        hint = "a renamed prompt is compared by running both versions"
        raise UsageError(f"{revision} has no {prompt.path}", hint)
    old = usable(read_measured(tree, prompt.path, cases=prompt.cases))
    known = set(old.variables)
    cases = tuple(
        replace(case, variables={k: v for k, v in case.variables.items() if k in known})
        for case in prompt.cases
    )
    ids = {rule.text: rule.id for rule in prompt.rules}  # an instruction file's rules name no ids
    rules = tuple(replace(rule, id=ids.get(rule.text, rule.id)) for rule in old.rules)
    return replace(old, cases=cases, rules=rules)
