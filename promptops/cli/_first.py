"""`promptops` alone: what there is here, and what to do next."""

from __future__ import annotations

import os

import click

from promptops.cli import _out
from promptops.cli._call import find_root
from promptops.source.settings import read_settings
from promptops.source.tree import DiskTree
from promptops.source.workspace import find_files


def first_words(context: click.Context) -> int:
    """Six lines at most for somebody who typed the bare name; the help where prompts are governed."""
    root = find_root(os.path.realpath(os.getcwd()))
    tree = DiskTree(root)
    files = find_files(read_settings(tree), tree.paths())
    if files.prompts:
        _out.write(context.get_help() + "\n")
    elif files.instructions:
        first = files.instructions[0]
        _out.write(
            f"{len(files.instructions)} instruction file(s) here, {first} first; none is governed yet.\n\n"
            "  promptops doctor               what they cost, what nobody can explain, what to do\n"
            f"  promptops check {first}      what is wrong with it\n"
            f"  promptops why {first}:1      where a line came from\n"
            "  promptops init                 an example prompt, a decision record and the hook\n"
        )
    else:
        _out.write(
            "No prompts and no instruction files here yet.\n\n"
            "  promptops init             an example prompt, a decision record and the hook\n"
            "  promptops check FILE.md    what is wrong with any prompt or instruction file\n"
            "  promptops --help           all commands\n"
        )
    return 0
