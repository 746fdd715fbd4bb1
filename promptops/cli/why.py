"""`promptops why`."""

from __future__ import annotations

import click

from promptops.cli._call import Call, define
from promptops.cli._why import FORMATS, answer
from promptops.report import Report


@define(
    formats=FORMATS,
    examples=(
        "promptops why support-agent/cite-policy",
        'promptops why AGENTS.md:42 --format markdown; promptops why "never skip the tests"',
    ),
)
@click.argument("target")
def command(call: Call, target: str) -> Report:
    """Say why a rule is there: since when, by whom, in whose words, what it said before.

    TARGET is PROMPT/RULE, FILE:LINE, or a phrase of a rule that stands somewhere or once stood.
    """
    return answer(call, target)
