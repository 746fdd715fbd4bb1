"""`promptops import`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._import.drafts import drafted
from promptops.cli._import.said import Brought, blocks, result
from promptops.cli._import.write import refuse_existing, write_all
from promptops.errors import InputError, UsageError
from promptops.excerpt import typed
from promptops.importing import Source, read_foreign, readable
from promptops.importing.names import Names
from promptops.importing.packing import packed
from promptops.importing.reading import foreign_text
from promptops.report import Report
from promptops.source.path_text import safe_path
from promptops.source.schema import ID
from promptops.source.tree import DiskTree

FLOWS = ("flow.dag.yaml", "promptfooconfig.yaml")


@define(
    examples=(
        "promptops import AGENTS.md",
        "promptops import promptfooconfig.yaml src/agent.py:SYSTEM_PROMPT --dry-run",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--id", "prompt_id", metavar="ID", help="The prompt's id, where there is one prompt.")
@click.option(
    "--as", "form", type=click.Choice(readable()), help="The format, where it is not told."
)
@click.option("--into", default="prompts", show_default=True, metavar="DIR", help="Where to write.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Overwrite prompts that are there.")
@click.option("--no-history", is_flag=True, help="Don't ask git for draft rationales.")
def command(call: Call, files: tuple[str, ...], **options: Any) -> Report:
    """Make governed prompts of instruction files and of other tools' prompts, without losing a byte.

    FILE:NAME takes the text constant NAME of a Python or TypeScript file. Nothing in a file is run.
    """
    wanted = Wanted(**options)
    wanted.refuse_nonsense()
    tree = call.tree()
    brought: list[Brought] = []
    names = Names()
    notes: dict[str, None] = {}  # each told once, in their order
    for name in files:
        for one, note in _bring(call, tree, name, wanted, names):
            brought.append(one)
            notes[note] = None
    if wanted.prompt_id and len(brought) > 1:
        raise UsageError(
            f"--id names one prompt, there are {len(brought)} here", "import them without --id"
        )
    if not wanted.force:
        refuse_existing(tree, brought)
    if not wanted.dry_run:
        write_all(tree, brought)
    said = blocks(brought, wanted.dry_run, "\n".join(filter(None, notes)), call.verbosity)
    return Report("import", result(brought, wanted.dry_run), tuple(said))


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command line, as given."""

    prompt_id: str | None
    form: str | None
    into: str
    dry_run: bool
    force: bool
    no_history: bool

    def refuse_nonsense(self) -> None:
        """UsageError for an id or a folder that cannot be."""
        if self.prompt_id is not None and not re.fullmatch(ID.pattern, self.prompt_id):
            raise UsageError(
                f"`{self.prompt_id}` is no id", "use lower-case letters, digits and `-`"
            )
        if not safe_path(self.into):
            raise UsageError(
                f"--into {self.into} leads outside the repository", "name a folder in it"
            )


def _bring(
    call: Call, tree: DiskTree, name: str, wanted: Wanted, names: Names
) -> Iterator[tuple[Brought, str]]:
    """Each prompt of one file, with a note about its history."""
    source = _source(call, tree, name)
    for one in read_foreign(source, wanted.form or ""):
        if one.format == "text" and not wanted.form and source.path.lower().endswith(".json"):
            hint = f"--as names one of {', '.join(readable())}; `--as text` takes the whole file"
            raise InputError("no tool's prompt that is known here", hint, path=source.path)
        prompt = replace(one.prompt, id=names.give(wanted.prompt_id or one.prompt.id))
        prompt, note = (prompt, "") if wanted.no_history else drafted(call, prompt)
        one = replace(one, prompt=prompt)
        folder = f"{wanted.into.strip('/')}/{prompt.id}"
        yield Brought(source.path, one, folder, packed(one, folder, source)), note


def _source(call: Call, tree: DiskTree, name: str) -> Source:
    """The file that a person named: `FILE`, `FILE:NAME`, or a folder with a flow in it."""
    path, part = call.inside(name), ""
    if not tree.exists(path) and ":" in name:
        head, _, part = name.rpartition(":")
        path = call.inside(head)
    for inner in FLOWS:
        if not tree.exists(path) and tree.exists(f"{path}/{inner}"):
            path = f"{path}/{inner}"
    if not tree.exists(path) and tree.listed(path):
        raise InputError("a folder is not imported", "name the files in it", path=path)
    if not safe_path(path) and tree.exists(path):
        hint = "rename it: prompts name files in a way that every platform reads"
        raise InputError("the file's name cannot be written in a prompt", hint, path=path)
    text = foreign_text(tree.read(path), path)
    if not text.strip():
        raise InputError("the file is empty", "write the prompt into it first", path=path)
    if re.search(r"^promptops: 1$", text, re.MULTILINE) and path.endswith((".yaml", ".yml")):
        hint = f"`promptops check {typed(path)}` looks at it"
        raise InputError("it is a governed prompt already", hint, path=path)
    return Source(path, text, tree, part)
