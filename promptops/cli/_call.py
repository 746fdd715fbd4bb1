"""The options that every command shares."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from promptops.cli._world import Call, emit, find_root, make_call
from promptops.report import Report

__all__ = ["Call", "define", "find_root"]


def define(
    *,
    formats: tuple[str, ...] = ("text", "json"),
    examples: tuple[str, ...],
    page: str | None = None,
    **attrs: Any,
) -> Callable[[Callable[..., Report]], click.Command]:
    """Make a command of a function `(call, **options) -> Report`; its docstring is the help.

    The function's own options are added below this decorator with click's; `examples` end the help.
    page: the file that takes what is no text for a terminal, unless --output names another.
    """

    def decorate(function: Callable[..., Report]) -> click.Command:
        def run(
            format: str,
            output: str | None,
            chdir: str | None,
            quiet: int,
            verbose: int,
            no_color: bool,
            **options: Any,
        ) -> int:
            call = make_call(chdir, no_color or output is not None, verbose - quiet)
            try:
                report = function(call, **options)
            except BrokenPipeError as error:  # click would take it for our reader's going
                raise RuntimeError("a pipe to another program broke") from error
            emit(report, format, output or _page(page, format), call)
            return report.exit_code

        run.__doc__ = function.__doc__
        decorated: Any = run
        for option in reversed(_shared(formats)):
            decorated = option(decorated)
        own: list[click.Parameter] = getattr(function, "__click_params__", [])
        decorated.__click_params__ += own  # click turns them round: the command's own come first
        epilog = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)
        make: Any = click.command(epilog=epilog, **attrs)
        made: click.Command = make(decorated)
        _name_numbers(made)
        return made

    return decorate


def _name_numbers(command: click.Command) -> None:
    """`--max-calls N` says what `--max-calls INTEGER RANGE` does."""
    for option in command.params:
        if isinstance(option.type, click.IntRange | click.FloatRange) and not option.metavar:
            option.metavar = "N"


def _page(page: str | None, format: str) -> str | None:
    """The file for a page on a terminal, None where it may be printed."""
    if page is None or format != "html" or not sys.stdout.isatty():
        return None
    return page


def _shared(formats: tuple[str, ...]) -> list[Callable[..., Any]]:
    """The options that every command has, in the order of the help."""
    return [
        click.option(
            "--format",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="How the answer comes out.",
        ),
        click.option(
            "--output", metavar="FILE", help="Write the answer to FILE instead of the terminal."
        ),
        click.option("-q", "--quiet", count=True, help="Say less."),
        click.option("-v", "--verbose", count=True, help="Say more."),
        click.option("--no-color", is_flag=True, help="No colour (so does NO_COLOR)."),
        click.option("-C", "chdir", metavar="DIR", help="Run as if started in DIR."),
    ]
