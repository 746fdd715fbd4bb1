"""`promptops eval`."""

from __future__ import annotations

from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._eval.options import Wanted
from promptops.cli._how_calls_go import how_calls_go
from promptops.errors import UsageError
from promptops.report import Report

FORMATS = ("text", "json", "junit", "markdown", "html", "csv")


@define(
    formats=FORMATS,
    examples=(
        "promptops eval support-agent --model openai/gpt-4o-mini --plan",
        "promptops eval support-agent --api-base http://127.0.0.1:8000/v1 --model m --against main",
        "promptops eval support-agent --engine batch --max-usd 5",
        "promptops eval support-agent --responses answers.jsonl",
        "promptops eval --calibrate labels.jsonl --judge openai/gpt-4o-mini --evidence",
        "promptops eval --ifeval input_data.jsonl --responses gpt4.jsonl",
    ),
)
@click.argument("name", metavar="[PROMPT]", required=False, default="")
@click.option("--model", metavar="M", help="Who answers; else the prompt's first model.")
@click.option("--api-base", metavar="URL", help="An OpenAI-compatible server, asked directly.")
@click.option("--api-key-env", metavar="NAME", help="The variable that holds the server's key.")
@click.option("--answers-as", multiple=True, metavar="M", help="The model's name in its answers.")
@click.option("--command", metavar="ARGV", help="Ask a program instead (needs --allow-code).")
@click.option("--allow-code", is_flag=True, help="Let --command and `python` assertions run.")
@click.option("--replay", metavar="FILE", help="Answers from `store export`; asks nobody.")
@click.option("--responses", metavar="FILE", help="Score answers that were recorded; asks nobody.")
@click.option("--variant", metavar="NAME", help="Of several prompts in --responses, this one.")
@click.option("--ifeval", metavar="FILE", help="Score IFEval: its data, instead of a PROMPT.")
@click.option("--judge", metavar="M", help="The model that `judge` assertions ask.")
@click.option("--judge-api-base", metavar="URL", help="The server that the judge runs on.")
@click.option("--judge-key-env", metavar="NAME", help="The variable that holds its key.")
@click.option("--calibrate", metavar="LABELS", help="Compare --judge with people, instead.")
@click.option("--case", "cases", multiple=True, metavar="ID", help="Only these cases.")
@click.option(
    "--repeats", type=click.IntRange(1, 1000), help="Ask each case so often  [default: 1]"
)
@click.option(
    "--against", metavar="REV|FILE", help="Compare with the prompt in REV, or answers in FILE."
)
@click.option("--plan", is_flag=True, help="Say what it would take; ask nobody.")
@click.option("--max-usd", type=click.FloatRange(0), help="Stop before this much is spent.")
@click.option("--max-calls", type=click.IntRange(0), help="Stop after so many calls.")
@click.option("--concurrency", type=click.IntRange(1, 1024), default=8, show_default=True,
              help="Calls at once.")  # fmt: skip
@how_calls_go
@click.option("--seed", type=int, default=0, show_default=True, help="Of jitter and tests.")
@click.option(
    "--at-least",
    type=click.FloatRange(0, 1),
    default=0.8,
    show_default=True,
    help="A rule counts as kept from this share of answers on.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="Differences up to this share count as the same.",
)
@click.option("--evidence", is_flag=True, help="Write the summary beside the prompt.")
def command(call: Call, name: str, **flags: Any) -> Report:
    """Ask a model, judge its answers, and say what the numbers carry.

    Every rule is judged by its tests, where it must fire and where it must not. Exit code 1 where
    a rule is certainly kept in less than --at-least of the answers or the prompt got worse, 3 where
    answers are missing or the cases are too few to tell, 4 while a batch is not done.
    """
    wanted = Wanted(**flags)
    wanted.refuse_nonsense(call)
    if wanted.ifeval:
        from promptops.cli._eval.ifeval import ifeval_report

        return ifeval_report(call, wanted, name)
    if wanted.calibrate:
        from promptops.cli._eval.calibrate import calibrated_report

        return calibrated_report(call, wanted, name)
    if not name:
        raise UsageError("no prompt is named", "`promptops eval PROMPT`: an id or a file")
    from promptops.cli._eval.work import evaluate

    return evaluate(call, wanted, name)
