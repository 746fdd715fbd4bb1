"""The options of every command that asks a model: where the calls run, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

ENGINES = ("local", "dask", "batch")

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="local",
        show_default=True,
        help="Where the work runs.",
    ),
    click.option(
        "--workers", type=click.IntRange(1, 256), default=2, help="Processes of --engine dask."
    ),
    click.option("--wait", metavar="SECONDS", type=click.FloatRange(0), help="Stay for a batch."),
    click.option("--rate", type=click.FloatRange(0, min_open=True), help="Calls a minute at most."),
    click.option(
        "--timeout",
        type=click.FloatRange(0.1, 3600),
        default=60.0,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
    click.option("--temperature", type=click.FloatRange(0, 2), help="Else the provider's own."),
    click.option(
        "--max-tokens",
        type=click.IntRange(1),
        default=1024,
        show_default=True,
        help="Length of an answer, at most.",
    ),
)


def how_calls_go(command: F) -> F:
    """Add the options, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
