"""`promptops report`."""

from __future__ import annotations

import click

from promptops.cli._call import Call, define
from promptops.cli._checking import Wanted, check
from promptops.cli._keep import paths_keeper
from promptops.cli._prompts import find_prompt, governed, usable
from promptops.cli._report.blocks import report_blocks
from promptops.cli._report.json import overview_json
from promptops.decisions.spelling import speller
from promptops.errors import GitError, UsageError
from promptops.model import Prompt
from promptops.overview.overview import Overview, Overviews
from promptops.report import Diagnostics, Report
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places


@define(
    formats=("html", "text", "json", "markdown"),
    examples=("promptops report", "promptops report support-agent --output support-agent.html"),
    page="promptops-report.html",
)
@click.argument("names", nargs=-1, metavar="[PROMPT]...")
def command(call: Call, names: tuple[str, ...]) -> Report:
    """One page of what is known: rules and reasons, history, budgets, measurements, people.

    Without PROMPT: every governed prompt. On a terminal the page is written to
    promptops-report.html unless --output names another file; in a pipe it is printed.
    """
    tree, settings = call.tree(), call.settings()
    if names:
        found = [usable(find_prompt(call, tree, settings, name)) for name in names]
    else:
        found = [one.prompt for one in governed(tree, settings) if one.prompt is not None]
    if not found:
        hint = "`promptops init` writes one; `promptops doctor` looks at instruction files"
        raise UsageError("no prompts are governed here", hint)
    seen = _overviews(call, found)
    findings = _findings(call, [prompt.path for prompt in found])
    return Report(
        "report",
        {"prompts": [overview_json(one) for one in seen]},
        tuple(report_blocks(seen, findings, call.today)),
        long=True,
    )


def _overviews(call: Call, prompts: list[Prompt]) -> list[Overview]:
    from promptops.history.past import open_past
    from promptops.render import render

    counter = Counter(places(call.environ), call.settings().models)
    known = speller(call.environ)
    try:
        with open_past(call.root, call.environ, paths_keeper(call.environ)) as past:
            make = Overviews(past, call.tree(), counter, render, known)
            return [make.of(prompt) for prompt in prompts]
    except GitError as error:
        make = Overviews(error.message, call.tree(), counter, render, known)
        return [make.of(prompt) for prompt in prompts]


def _findings(call: Call, paths: list[str]) -> Diagnostics:
    """What `check` says of these prompts."""
    checked = check(call, Wanted(tuple(paths)))
    call.afterwards.clear()  # those would keep this page as the answer of `check`
    found = [block for block in checked.blocks if isinstance(block, Diagnostics)]
    return found[0] if found else Diagnostics((), {})
