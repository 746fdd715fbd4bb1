"""`promptops` alone: what there is here, and what to do next."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click

from promptops.checking.scope import without_links
from promptops.cli import _out
from promptops.cli._call import find_root
from promptops.source.reading import read_instructions_file
from promptops.source.settings import read_settings
from promptops.source.tree import DiskTree
from promptops.source.workspace import find_files


def first_words(context: click.Context) -> int:
    """Six lines at most for somebody who typed the bare name; the help where prompts are governed."""
    root = find_root(os.path.realpath(os.getcwd()))
    tree = DiskTree(root)
    files = without_links(tree, find_files(read_settings(tree), tree.paths()))
    if files.prompts:
        _out.write(context.get_help() + "\n")
    elif files.instructions:
        _out.write(_of_instructions(tree, files.instructions))
    else:
        steps = {
            "init": "an example prompt, a decision record and the hook",
            "check FILE.md": "what is wrong with any prompt or instruction file",
            "--help": "all commands",
        }
        _out.write("No prompts and no instruction files here yet.\n\n" + _steps(steps))
    return 0


def _of_instructions(tree: DiskTree, paths: Sequence[str]) -> str:
    """What to type about the file nearest the root, and about its first rule."""
    first = min(paths, key=lambda path: (path.count("/"), path))
    shown = os.path.relpath(os.path.join(tree.root, first))
    many = f"{len(paths)} instruction files" if len(paths) > 1 else "1 instruction file"
    steps = {
        "doctor": "what they cost, what nobody can explain, what to do",
        f"check {shown}": "what is wrong with it",
        f"why {shown}:{_first_rule(tree, first)}": "where a line came from",
        "init": "an example prompt, a decision record and the hook",
    }
    return f"{many} here, none of them governed yet.\n\n" + _steps(steps)


def _steps(steps: Mapping[str, str]) -> str:
    room = max(map(len, steps))
    return "".join(f"  promptops {step:<{room}}    {what}\n" for step, what in steps.items())


def _first_rule(tree: DiskTree, path: str) -> int:
    """The line of a file's first rule; 1 where it has none."""
    reading = read_instructions_file(tree, path)
    if reading.prompt is None or not reading.prompt.rules:
        return 1
    document = reading.document
    start, end = document.locate(("rules", 0))
    return document.lines.span(start, end).line
