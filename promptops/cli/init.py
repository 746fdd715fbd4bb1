"""`promptops init`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from promptops import __version__
from promptops.cli._call import Call, define
from promptops.distribution import address
from promptops.report import Block, Items, Report, Text
from promptops.source.scaffold import hook_entry, scaffold
from promptops.source.workspace import find_files
from promptops.source.write import replace_file

HOOKS = ".pre-commit-config.yaml"


@define(examples=("promptops init", "promptops init --owner @acme/support-ai"))
@click.option(
    "--owner", default="@your-team", show_default=True, help="Who answers for the prompt."
)
def command(call: Call, owner: str) -> Report:
    """Write an example prompt, its cases, a decision record and the hook; touch nothing else.

    What exists is left as it is, and said so.
    """
    tree = call.tree()
    settings = call.settings()
    governed = bool(find_files(settings, tree.paths()).prompts)
    hooks = hook_entry(__version__, address("Repository"))
    files = scaffold(call.today, owner.replace('"', ""), hooks)
    if governed:  # nobody needs an example beside prompts of their own
        files = {p: t for p, t in files.items() if not p.startswith(("prompts/example", "docs/"))}
    written, kept = [], []
    for path, text in files.items():
        if tree.exists(path):
            kept.append(path)
        else:
            replace_file(call.root, path, text, None)
            written.append(path)
    if HOOKS not in kept or "promptops" in tree.read(HOOKS).decode("utf-8", "replace"):
        hooks = ""
    result = {"written": written, "kept": kept, "settings": settings.path}
    return Report("init", result, tuple(_blocks(written, kept, hooks, governed)))


def _blocks(written: list[str], kept: list[str], hooks: str, governed: bool) -> Iterator[Block]:
    if written:
        yield Text("written:")
        yield Items(tuple(written))
    if kept:
        yield Text("left as they were:")
        yield Items(tuple(kept))
    if hooks:
        yield Text(f"add this to {HOOKS}:")
        yield Text(hooks.rstrip(), verbatim=True)
    if governed:
        yield Text("no example: prompts of your own are here")
    then = "" if governed else ", then put your own prompt in place of the example"
    yield Text(f"next: `promptops check`{then};\n`pre-commit install` makes every commit check it")
