"""Prompts that a person names on the command line: by id, by file or by folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from promptops.cli._call import Call
from promptops.config import Settings
from promptops.errors import InputError, UsageError
from promptops.excerpt import typed
from promptops.model import Prompt
from promptops.source.reading import Reading, read_prompt
from promptops.source.shape import nearest
from promptops.source.tree import Tree
from promptops.source.workspace import find_files

MOST = 12  # ids that a hint names
_WARNED = "unquoted-text"  # the one problem of form that changes nothing


def governed(tree: Tree, settings: Settings) -> list[Reading]:
    """Every governed prompt of the repository, in the order of their paths."""
    return [read_prompt(tree, path) for path in find_files(settings, tree.paths()).prompts]


def find_prompt(call: Call, tree: Tree, settings: Settings, name: str) -> Reading:
    """The governed prompt that `name` means; UsageError, with the nearest id, where there is none.

    InputError where the file cannot be used.
    """
    path = prompt_path(call, tree, name)
    found = [read_prompt(tree, path)] if path else _of_id(governed(tree, settings), name)
    if not found:
        raise UsageError(f"no prompt `{name}`", _instead(call, tree, settings, name))
    usable(found[0])
    return found[0]


def _instead(call: Call, tree: Tree, settings: Settings, name: str) -> str:
    """What to do about a name that no prompt has."""
    path = call.inside(name)
    if tree.exists(path):
        return (
            f"it is a file of another kind: `promptops import {typed(path)}` makes a prompt of it"
        )
    there = governed(tree, settings)
    ids = [one.prompt.id for one in there if one.prompt]
    broken = [one.path for one in there if one.prompt is None]
    mine = [path for path in broken if f"/{path}".endswith(f"/{name}/prompt.yaml")]
    guess = nearest(name, ids)
    if guess and not mine:
        return f"did you mean `{guess}`?"
    if broken:
        path = (mine or broken)[0]
        return f"{path} cannot be read and may be it: `promptops check {typed(path)}` says what is wrong"
    if not ids:
        return "there are none here: `promptops init` writes one, `promptops import FILE` makes one"
    return f"prompts here: {', '.join(ids[:MOST])}{' …' if len(ids) > MOST else ''}"


def usable(reading: Reading) -> Prompt:
    """The prompt of a reading; InputError where the file has errors of form."""
    if reading.prompt is None:
        raise InputError(
            "the prompt cannot be read",
            f"`promptops check {typed(reading.path)}` says what is wrong with it",
            path=reading.path,
        )
    return reading.prompt


def sound(reading: Reading) -> Prompt:
    """The prompt of a reading that says what its author meant; InputError at its first error of form.

    A misspelt key of an assertion is passed by where a prompt is drawn or counted. What is measured
    by it would say nothing of the rule.
    """
    prompt = usable(reading)
    for problem in reading.problems:
        if problem.kind != _WARNED:
            found = problem.finding
            hint = f"{found.help}; `promptops check {typed(reading.path)}` says all".removeprefix(
                "; "
            )
            raise reading.refusal(found, hint)
    return prompt


def prompt_path(call: Call, tree: Tree, name: str) -> str:
    """The prompt file that a path means (a folder stands for its prompt.yaml), or ""."""
    path = call.inside(name)
    if name.endswith((".yaml", ".yml")) and (tree.exists(path) or os.sep in name):
        return path
    inner = f"{path}/prompt.yaml"
    return inner if tree.exists(inner) else ""


def _of_id(readings: Iterable[Reading], name: str) -> Sequence[Reading]:
    return [one for one in readings if one.prompt is not None and one.prompt.id == name]
