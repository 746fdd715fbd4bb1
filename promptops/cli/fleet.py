"""`promptops fleet`."""

from __future__ import annotations

import os
from functools import partial

import click

from promptops.cli._call import Call, define
from promptops.cli._fleet_blocks import fleet_blocks, fleet_json
from promptops.cli._keep import ANSWERING, Kept, tool_stamp
from promptops.errors import EXIT_CLEAN, EXIT_INCOMPLETE
from promptops.fleet.fleet import survey_all
from promptops.fleet.manifest import read_manifest
from promptops.report import Report
from promptops.tokens.vocab import places


@define(
    formats=("text", "json", "markdown", "html"),
    examples=(
        "promptops fleet fleet.toml",
        "promptops fleet fleet.toml --format html --output fleet.html",
    ),
    page="promptops-fleet.html",
)
@click.argument("manifest", metavar="FLEET.toml")
@click.option(
    "--processes", type=click.IntRange(1, 256), help="How many at once; else a core each."
)
def command(call: Call, manifest: str, processes: int | None) -> Report:
    """Many repositories at once: what lacks reasons, what it costs, whose knowledge may leave.

    FLEET.toml names folders: repositories = ["../checkout-service", "../agents/*"]. Each is read at
    its HEAD, bare ones too; nothing in it is changed. Exit code 3 where one could not be read.
    """
    fleet = read_manifest(os.path.join(call.folder, manifest))
    seen = survey_all(
        fleet.folders,
        call.environ,
        call.today,
        places(call.environ),
        partial(Kept, dict(call.environ), "fleet"),
        tool_stamp((*ANSWERING, "fleet")),
        processes or len(os.sched_getaffinity(0)),
    )
    found = {one.folder: one for one in seen}
    ordered = [found[folder] for folder in fleet.folders]
    failed = any(one.problem for one in ordered)
    return Report(
        "fleet",
        fleet_json(ordered),
        tuple(fleet_blocks(ordered, call.today, fleet.retires_within, call.folder)),
        EXIT_INCOMPLETE if failed else EXIT_CLEAN,
        long=True,
    )
