"""`promptops cliff`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._how_calls_go import how_calls_go
from promptops.report import Diagnostics, Report

FORMATS = ("text", "json", "junit", "markdown", "html")


@define(
    formats=FORMATS,
    examples=(
        "promptops cliff --demo",
        "promptops cliff support-agent --model openai/gpt-4o-mini --plan",
        "promptops cliff support-agent --add new-rule.yaml --max-usd 2",
    ),
)
@click.argument("name", metavar="[PROMPT]", required=False)
@click.option("--capacity", is_flag=True, help="Where compliance falls as rules pile up.")
@click.option("--add", metavar="RULE.yaml", help="May this rule be added?")
@click.option("--staged", is_flag=True, help="May the rules be added that are staged?")
@click.option("--since", metavar="REV", help="May those be added that are new since REV?")
@click.option("--records", metavar="FILE", help="Read recorded results (CSV, JSONL); asks nobody.")
@click.option("--demo", is_flag=True, help="A simulated model with planted conflicts.")
@click.option("--plan", is_flag=True, help="Say what it would take; ask nobody.")
@click.option("--model", metavar="M", help="Who answers; else the prompt's first model.")
@click.option("--api-base", metavar="URL", help="An OpenAI-compatible server, asked directly.")
@click.option("--api-key-env", metavar="NAME", help="The variable that holds the server's key.")
@click.option("--answers-as", multiple=True, metavar="M", help="The model's name in its answers.")
@click.option("--command", metavar="ARGV", help="Ask a program instead (needs --allow-code).")
@click.option("--allow-code", is_flag=True, help="Let --command run.")
@click.option("--replay", metavar="FILE", help="Answers from `store export`; asks nobody.")
@click.option("--case", "cases", multiple=True, metavar="ID", help="Only these cases.")
@click.option(
    "--max-calls",
    type=click.IntRange(0),
    help="Calls in all, earlier ones too; else 1000, 200 (--capacity), 500 (--add).",
)
@click.option("--max-usd", type=click.FloatRange(0), help="Stop before this much is spent.")
@click.option("--delta", type=click.FloatRange(0.01, 0.9), default=0.2, show_default=True,
              help="Harm worth finding, a share of answers.")  # fmt: skip
@click.option("--margin", type=click.FloatRange(0.01, 0.9), default=0.25, show_default=True,
              help="Harm that a clean rule certainly stays below.")  # fmt: skip
@click.option("--alpha", type=click.FloatRange(0.0001, 0.5), default=0.05, show_default=True,
              help="Wrong findings among all, at most.")  # fmt: skip
@click.option("--reuse", type=click.IntRange(1, 50), default=1, show_default=True,
              help="Cases asked with each set of rules: more keep a cache warm.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of coins and orders.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1024),
    default=8,
    show_default=True,
    help="Calls at once.",
)
@how_calls_go
@click.option("--evidence", is_flag=True, help="Write the summary beside the prompt.")
@click.option("--svg", metavar="FILE", help="Write the picture as SVG.")
@click.option("--png", metavar="FILE", help="Write the picture as PNG (needs the extra `png`).")
def command(call: Call, name: str | None, **flags: Any) -> Report:
    """Find the rules that break other rules, and where it all falls off.

    Rules are left out at random and cases asked; an answer says which of the others it kept. Every
    verdict holds whenever the run ends: by itself, by a budget or by Ctrl-C. What was answered is
    kept, so the same command goes on where it ended. Exit code 1 where a rule breaks others, where
    compliance falls or a new rule is harmful; 3 where that cannot be told; 4 while a batch is not
    done.
    """
    from promptops.cli._cliff.export import export, refuse_no_png
    from promptops.cli._cliff.options import needs_numpy, refuse_some_cases, split

    wanted, measured = split(flags)
    measured.refuse_nonsense(name)
    refuse_some_cases(wanted, measured, call)
    refuse_no_png(measured)

    def measure() -> Report:
        from promptops.cli._cliff.run import report

        return report(call, name, wanted, measured)

    made: Report = needs_numpy(measure)
    if measured.svg or measured.png:
        export(call, measured, made)
    if click.get_current_context().params["format"] == "junit":
        return made
    return replace(made, blocks=tuple(b for b in made.blocks if not isinstance(b, Diagnostics)))
