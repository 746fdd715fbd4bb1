"""The group of all commands: the folder is the registry, a module is loaded when it is needed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from promptops import __version__

_HELP = """Prompts and instructions governed like code.

A reason, a test and a budget for every rule; the history of every sentence; the cost of every
token. Start with `promptops doctor` in a repository, or `promptops init` in an empty one.
"""
_EPILOG = """\b
Exit codes: 0 clean, 1 findings or a verdict of no, 2 it cannot be done,
3 incomplete or cannot tell. `promptops COMMAND --help` ends with examples."""

# The order of the help; a command that is named nowhere stands under the last heading.
_SECTIONS = {
    "Look": "doctor check explain why tokens people report fleet",
    "Change": "diff decide bump retire adopt import export render",
    "Measure": "eval cliff store",
    "Set up": "init install hook comment mcp schema vocab",
}
# What other tools call it, for somebody who types that here.
_ELSEWHERE = {
    "add": "import",
    "annotate": "why",
    "audit": "check",
    "blame": "why",
    "commit": "decide",
    "compare": "diff",
    "convert": "import",
    "cost": "tokens",
    "count": "tokens",
    "delete": "retire",
    "fix": "check --fix",
    "history": "why",
    "lint": "check",
    "log": "why",
    "new": "init",
    "owners": "people",
    "remove": "retire",
    "rm": "retire",
    "run": "eval",
    "scan": "check",
    "setup": "install",
    "show": "render",
    "start": "init",
    "status": "doctor",
    "test": "eval",
    "validate": "check",
    "version": "--version",
    "who": "people",
}


def names() -> list[str]:
    """The commands, sorted: one file each."""
    files = (os.path.splitext(file) for file in os.listdir(os.path.dirname(__file__)))
    return sorted(
        name.replace("_", "-") for name, kind in files if kind == ".py" and not name.startswith("_")
    )


class Commands(click.Group):
    """Loads a command's module when it is asked for; a mistyped name suggests the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in names():
            return None
        module = import_module(f"promptops.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By what one wants to do, each in one line."""
        left = names()
        sections = {title: listed.split() for title, listed in _SECTIONS.items()}
        named = {name for listed in sections.values() for name in listed}
        sections["Set up"] += [name for name in left if name not in named]
        room = formatter.width - 4 - max(map(len, left))
        for title, listed in sections.items():
            with formatter.section(title):
                commands = ((name, self.get_command(ctx, name)) for name in listed)
                shown = [(n, brief(c.help or "", room)) for n, c in commands if c and not c.hidden]
                formatter.write_dl(shown)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in names():
            guess = _meant(args)
            hint = f"; did you mean `{guess}`?" if guess else ""
            raise click.UsageError(f"no command `{args[0]}`{hint}", ctx)
        return super().resolve_command(ctx, args)


def _meant(args: Sequence[str]) -> str:
    """What somebody most likely means who types no command of ours; "" for no guess."""
    typed, known = args[0].lower(), names()
    if typed == "help":
        return f"{args[1]} --help" if args[1:] and args[1] in known else "--help"
    if os.path.lexists(args[0]):
        return f"check {args[0]}"
    from promptops.source.shape import nearest

    return _ELSEWHERE.get(typed) or nearest(typed, known)


def brief(text: str, room: int) -> str:
    """The first sentence; where `room` columns do not hold it, its first clause."""
    whole = " ".join(text.partition("\n\n")[0].split()).removesuffix(".")
    return whole if len(whole) <= room else re.split("[;:]", whole, maxsplit=1)[0]


def group() -> click.Group:
    """The whole command line."""
    made = Commands(
        "promptops",
        help=_HELP,
        epilog=_EPILOG,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        invoke_without_command=True,
        callback=_first_words,
    )
    return click.version_option(__version__, prog_name="promptops", message="%(prog)s %(version)s")(
        made
    )


def _first_words() -> int:
    """`promptops` alone."""
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        return 0
    from promptops.cli._first import first_words

    return first_words(context)
