"""`promptops check`."""

from __future__ import annotations

from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._checking import Wanted, check
from promptops.report import Report


@define(
    formats=("text", "json", "sarif", "github", "junit"),
    examples=("promptops check", "promptops check AGENTS.md --select PO4,PO6 --format json"),
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--staged", is_flag=True, help="Check what the next commit holds: the index.")
@click.option("--since", metavar="REV", help="Check what differs from the merge base with REV.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely.")
@click.option("--select", multiple=True, metavar="CODES", help="Run only these (PO1,PO604).")
@click.option("--ignore", multiple=True, metavar="CODES", help="Leave these out.")
@click.option(
    "--stdin-filename", metavar="PATH", help="Check what stands on stdin as PATH; with -."
)
@click.option("--add-baseline", is_flag=True, help="Accept all findings of today.")
def command(call: Call, paths: tuple[str, ...], **flags: Any) -> Report:
    """Say what is wrong with prompts, instruction files and decision records.

    Without PATH: all that the repository governs. Exit code 1 where there are errors or warnings,
    2 where a file could not be used at all. An editor gives what is not saved yet on standard
    input: `promptops check --stdin-filename AGENTS.md -`.
    """
    return check(call, Wanted(tuple(_inside(call, path) for path in paths), **flags))


def _inside(call: Call, path: str) -> str:
    return path if path == "-" else call.inside(path)
