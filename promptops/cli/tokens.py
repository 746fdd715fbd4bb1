"""`promptops tokens`."""

from __future__ import annotations

from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._tokens.plain import is_text, text_of
from promptops.cli._tokens.work import Work
from promptops.errors import UsageError
from promptops.report import Report


@define(
    examples=(
        "promptops tokens support-agent --model openai/gpt-4o --model anthropic/claude-opus-5",
        "git show HEAD:AGENTS.md | promptops tokens - --model openai/gpt-5",
        "promptops tokens --at src/api --tool codex",
    )
)
@click.argument("names", nargs=-1, metavar="[PROMPT|FILE|-]...")
@click.option("--model", "models", multiple=True, metavar="M", help="Count for this model.")
@click.option("--tools", metavar="FILE", help="Tool definitions, as JSON, that go with the prompt.")
@click.option("--image", "images", multiple=True, metavar="WxH", help="An image that goes with it.")
@click.option("--count", is_flag=True, help="Ask the provider's count endpoint (network, key).")
@click.option("--at", metavar="DIR", help="What each coding agent loads in this folder.")
@click.option(
    "--tool", "tools_of", multiple=True, metavar="TOOL", help="Of these agents, with --at."
)
def command(
    call: Call, names: tuple[str, ...], models: tuple[str, ...], count: bool, **more: Any
) -> Report:
    """Where the tokens are, what they cost, what breaks the cache, what another model makes of it.

    Every figure says how it is known: exact, assumed, counted, estimated or unknown. Without a
    name: all prompts of the repository, or its instruction files where there are none. A FILE, or
    - for standard input, is counted as it is; with --at, only agents that load it are shown.
    """
    at, tools_of = more.pop("at"), more.pop("tools_of")
    if at is not None:
        from promptops.cli._tokens.load import load_report

        return load_report(Work(call, models, count, more), at, names, tools_of)
    if tools_of:
        raise UsageError("--tool goes with --at", "name a folder: --at .")
    work = Work(call, models, count, more)
    for name in names or (None,):
        if name is not None and is_text(call.folder, name):
            work.add_text(name, text_of(call.folder, name))
        else:
            from promptops.cli._tokens.prompts import add_prompts

            add_prompts(work, name)
    return work.report()
