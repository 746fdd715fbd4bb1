"""`promptops schema`."""

from __future__ import annotations

from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.report import Report, Text

KINDS = ("prompt", "cases", "config", "decision", "rules", "evidence")


@define(
    formats=("text",),
    examples=("promptops schema prompt", "promptops schema cases --output cases.schema.json"),
)
@click.argument("kind", type=click.Choice(KINDS))
def command(call: Call, kind: str) -> Report:  # noqa: ARG001
    """Print the JSON Schema of a kind of file, for editors and other tools."""
    import json

    from promptops.source.json_schema import json_schema

    schema: Any = json_schema(kind)
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    return Report("schema", schema, (Text(text, verbatim=True),))
