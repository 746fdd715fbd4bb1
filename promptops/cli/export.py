"""`promptops export`."""

from __future__ import annotations

from dataclasses import replace

import click

from promptops.cli import _out
from promptops.cli._call import Call, define
from promptops.cli._export_index import madr_index
from promptops.cli._prompts import find_prompt, usable
from promptops.errors import InputError, UsageError
from promptops.importing import Exported, exports
from promptops.report import Block, Items, Report, Text
from promptops.source.path_text import safe_path
from promptops.source.write import replace_file

INDEX = "madr-index"


@define(
    examples=(
        "promptops export support-agent --to promptfoo --output promptfooconfig.yaml",
        "promptops export agents --to copilot --write",
    )
)
@click.argument("prompt")
@click.option(
    "--to", "form", required=True, type=click.Choice((*exports(), INDEX)), help="The other format."
)
@click.option("--write", is_flag=True, help="Write the file where that tool looks for it.")
@click.option("--force", is_flag=True, help="With --write: over a file that is there.")
def command(call: Call, prompt: str, form: str, write: bool, force: bool) -> Report:
    """Print PROMPT in another tool's format, and say what that format has no place for.

    Rules go out with their texts; what is lost is listed on stderr and in the JSON.
    """
    if force and not write:
        raise UsageError("--force means nothing without --write", "add --write")
    tree = call.tree()
    found = usable(find_prompt(call, tree, call.settings(), prompt))
    made = madr_index(call, tree, found) if form == INDEX else exports()[form](found)
    made = replace(made, left=tuple(dict.fromkeys(made.left)))
    result = {
        "prompt": found.id,
        "to": form,
        "path": made.path,
        "content": made.text,
        "left_out": [{"what": left.what, "why": left.why} for left in made.left],
        "written": write,
    }
    if write:
        _write(call, made, force)
        return Report("export", result, _told(found.id, made))
    for left in made.left:
        _out.complain_short(f"note: left out: {left.what}: {left.why}")
    return Report("export", result, [Text(made.text, verbatim=True)], raw=made.text)


def _write(call: Call, made: Exported, force: bool) -> None:
    tree = call.tree()
    if not safe_path(made.path):
        raise UsageError(f"{made.path} is no path to write", "use --output FILE")
    before = tree.read(made.path) if tree.exists(made.path) else None
    if before == made.text.encode():
        return
    if before is not None and not force:
        hint = "--force overwrites it, --output FILE writes elsewhere"
        raise InputError("it exists: nothing was written", hint, path=made.path)
    replace_file(call.root, made.path, made.text, before)


def _told(name: str, made: Exported) -> list[Block]:
    blocks: list[Block] = [Text(f"{made.path} holds {name}", "good")]
    if made.left:
        blocks.append(Text("left out, because there is no place for it there:"))
        blocks.append(Items(tuple(f"{left.what}: {left.why}" for left in made.left)))
    return blocks
