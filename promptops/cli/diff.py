"""`promptops diff`."""

from __future__ import annotations

import click

from promptops.cli._call import Call, define
from promptops.cli._diff import FORMATS, answer
from promptops.report import Report


@define(
    formats=FORMATS,
    examples=(
        "promptops diff main",
        "promptops diff origin/main HEAD --format markdown --output comment.md",
    ),
)
@click.argument("base", required=False)
@click.argument("head", required=False)
@click.option("--staged", is_flag=True, help="What the next commit would change.")
def command(call: Call, base: str | None, head: str | None, staged: bool) -> Report:
    """The review of a change: rules, tokens, money, prefix, tests, decisions and evidence.

    Without arguments, the files on the disk against the last commit. BASE alone: against what BASE
    and HEAD have in common. BASE and HEAD: that against HEAD. Exit code 1 where a decision is
    missing, a decided record was altered, or a version grew too little for what changed.
    """
    return answer(call, [name for name in (base, head) if name is not None], staged)
