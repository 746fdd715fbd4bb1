"""`promptops textconv`: what `git diff` compares for files with `diff=promptops`."""

from __future__ import annotations

import os

import click

from promptops.cli._call import Call, define
from promptops.errors import unreadable
from promptops.report import Report, Text
from promptops.source.flatten import flattened
from promptops.source.tree import MAX_BYTES


@define(examples=("promptops install --textconv", "promptops textconv prompt.yaml"), hidden=True)
@click.argument("file")
def command(call: Call, file: str) -> Report:
    """Print a prompt's file with each rule's text on one line, for `git diff`."""
    try:
        with open(os.path.join(call.folder, file), "rb") as opened:
            text = opened.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise unreadable(error, file) from None
    flat = flattened(text, file)
    return Report("textconv", {"text": flat}, (Text(flat, verbatim=True),))
