"""`promptops install`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.config import DEFAULT, Settings
from promptops.errors import EXIT_CLEAN, EXIT_INCOMPLETE
from promptops.history.git import Repository
from promptops.history.hooks import (
    HOOKS,
    Hook,
    configure,
    driver_settings,
    hooks_folder,
    install_hook,
)
from promptops.report import Block, Report, Text
from promptops.source.tree import DiskTree
from promptops.source.write import replace_file

ATTRIBUTES = ".gitattributes"
USUAL = ("pre-commit", "commit-msg")
CONFIG = ".pre-commit-config.yaml"
IDS = {
    "pre-commit": "promptops-check",
    "commit-msg": "promptops-decisions",
    "prepare-commit-msg": "promptops-message",
    "pre-push": "promptops-push",
}


@define(examples=("promptops install", "promptops install --drivers --attributes"))
@click.option("--hook", "hooks", multiple=True, type=click.Choice(HOOKS), help="Only this hook.")
@click.option("--drivers", is_flag=True, help="Only the diff and merge drivers.")
@click.option("--attributes", is_flag=True, help=f"Name the drivers in {ATTRIBUTES} as well.")
@click.option(
    "--textconv", is_flag=True, help="Drivers that also show one rule a line (no patch to apply)."
)
def command(
    call: Call, hooks: tuple[str, ...], drivers: bool, attributes: bool, textconv: bool
) -> Report:
    """Set up this clone: git hooks, and drivers that show and merge prompts by rule.

    Without options: the hooks pre-commit and commit-msg, and the drivers. A hook that somebody else
    wrote is left alone, and what to add to it is said. Exit code 3 where that is left to do.
    """
    everything = not (hooks or drivers)
    with Repository.find(call.folder, call.environ) as repository:
        tree = DiskTree(repository.root)
        wanted = USUAL if everything else hooks
        folder = hooks_folder(repository) if wanted else ""
        made = [install_hook(folder, name, sys.executable) for name in wanted]
        settings: list[str] = []
        if everything or drivers:
            settings = configure(repository, driver_settings(sys.executable, textconv))
        lines = _missing_lines(tree, call.settings())
        if attributes and lines:
            _append(tree, lines)
        left = [hook for hook in made if hook.state == "foreign" or _unlisted(tree, hook)]
    shown = [_row(call, tree, hook) for hook in made]
    result = {
        "hooks": shown,
        "settings": settings,
        "attributes": {"path": ATTRIBUTES, "lines": lines, "written": attributes and bool(lines)},
    }
    offered = lines if everything or drivers or attributes else []
    blocks = _blocks(call, shown, settings, offered, attributes)
    return Report("install", result, tuple(blocks), EXIT_INCOMPLETE if left else EXIT_CLEAN)


def _row(call: Call, tree: DiskTree, hook: Hook) -> dict[str, Any]:
    """A hook as the result shows it; `add` is what its owner has to add, "" for nothing."""
    path = os.path.relpath(hook.path, call.root)
    add = ""
    if hook.state == "foreign":
        add = f'promptops hook {hook.name} "$@" || exit 1'
    elif _unlisted(tree, hook):
        add = f"- id: {IDS[hook.name]}"
    return {"hook": hook.name, "path": path, "state": hook.state, "add": add}


def _unlisted(tree: DiskTree, hook: Hook) -> bool:
    """True for a hook of pre-commit's that does not run ours yet."""
    if hook.state != "framework" or hook.legacy:
        return False
    listed = tree.read(CONFIG).decode("utf-8", "replace") if tree.exists(CONFIG) else ""
    return IDS[hook.name] not in listed and f"promptops hook {hook.name}" not in listed


def _blocks(
    call: Call,
    hooks: Sequence[dict[str, Any]],
    settings: Sequence[str],
    lines: Sequence[str],
    written: bool,
) -> Iterator[Block]:
    for hook in hooks:
        yield from _hook_blocks(call, hook)
    if settings and call.verbosity >= 0:
        yield Text(f"git config: {', '.join(settings)}", "good")
    if any(hook["state"] == "written" for hook in hooks) and call.verbosity >= 0:
        yield Text("git runs the hooks from now on; to undo it, delete those files", "quiet")
    if lines and written:
        if call.verbosity >= 0:
            yield Text(f"{ATTRIBUTES}: {len(lines)} line(s) added; commit it", "good")
    elif lines:
        yield Text(f"add to {ATTRIBUTES}, or run it again with --attributes:")
        yield Text("\n".join(f"  {line}" for line in lines), verbatim=True)


def _hook_blocks(call: Call, hook: dict[str, Any]) -> Iterator[Block]:
    match hook["state"], hook["add"]:
        case "foreign", add:
            yield Text(f"{hook['path']} is somebody else's and was left alone; add to it:", "warn")
            yield Text(f"  {add}", verbatim=True)
        case "framework", "":
            yield Text(f"{hook['path']} is pre-commit's, and runs promptops", "good")
        case "framework", add:
            words = f"{hook['path']} is pre-commit's; add to the hooks of promptops in {CONFIG}:"
            yield Text(words, "warn")
            yield Text(f"  {add}", verbatim=True)
        case state, _ if call.verbosity >= 0:
            yield Text(
                f"{hook['path']}" + (" was there already" if state == "ours" else ""), "good"
            )


# -- .gitattributes ------------------------------------------------------------------------------


def _missing_lines(tree: DiskTree, settings: Settings) -> list[str]:
    """The lines that name the drivers for prompts, without those that are there."""
    text = tree.read(ATTRIBUTES).decode("utf-8", "replace") if tree.exists(ATTRIBUTES) else ""
    present = {line.split()[0] for line in text.splitlines() if "merge=promptops" in line}
    usual = settings.prompts == DEFAULT.prompts
    globs = ("prompts/**/*.yaml",) if usual else settings.prompts
    patterns = [_pattern(glob) for glob in globs]
    return [f"{p} diff=promptops merge=promptops" for p in patterns if p not in present]


def _pattern(glob: str) -> str:
    """A glob of ours as git reads it: without a slash it would match in every folder."""
    rooted = glob if "/" in glob else f"/{glob}"
    return f'"{rooted}"' if " " in rooted else rooted


def _append(tree: DiskTree, lines: Sequence[str]) -> None:
    before = tree.read(ATTRIBUTES) if tree.exists(ATTRIBUTES) else None
    text = (before or b"").decode("utf-8", "surrogateescape")
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else end
    added = "".join(f"{line}{end}" for line in lines)
    replace_file(tree.root, ATTRIBUTES, f"{text}{gap}{added}", before)
