"""`promptops mcp`."""

from __future__ import annotations

import sys

import click

from promptops.cli._call import Call, define
from promptops.distribution import install
from promptops.errors import UsageError
from promptops.report import Report


@define(
    formats=("text",),
    examples=("promptops mcp", "claude mcp add promptops -- promptops mcp -C path/to/repository"),
)
def command(call: Call) -> Report:
    """Answer coding agents over the Model Context Protocol: why, check, diff, tokens.

    It speaks on standard input and output, reads only, and calls no model: an agent can ask why a
    rule is there before it edits it. Needs the extra `mcp`.
    """
    try:
        from promptops.cli._mcp import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        hint = f"{install('mcp')} (version 2 of the package mcp)"
        raise UsageError("the package mcp is not installed", hint) from None
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo("waiting for an agent on standard input; Ctrl-C ends it", err=True)
    serve(call.folder)
    return Report("mcp", {})
