"""`promptops decide`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._decisions import judged_json, refusal
from promptops.cli._drafting import NOTHING, Wanted, Writing
from promptops.config import DECISION_KINDS
from promptops.decisions.change import Change
from promptops.decisions.found import Found
from promptops.decisions.judge import Judged, judge_since, of_disk, of_staged
from promptops.decisions.spelling import speller
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, GitError, UsageError
from promptops.history.git import Repository
from promptops.history.standing import Standing
from promptops.report import Block, Report, Text


@define(
    examples=(
        "promptops decide --staged",
        "promptops decide --title 'Answer in the language of the question' --supersedes 0007",
    )
)
@click.option("--staged", is_flag=True, help="The change that the next commit would make.")
@click.option("--title", default="", metavar="TEXT", help="The decision in one sentence.")
@click.option("--kind", type=click.Choice(DECISION_KINDS), help="Only this kind of change.")
@click.option("--supersedes", default="", metavar="ID", help="The record it takes the place of.")
@click.option(
    "--link/--no-link",
    default=None,
    help="Cite the record on the rules it is about. [default: where a rule cites none]",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a decision is missing.")
@click.option("--since", metavar="REV", help="All that differs from the merge base with REV.")
def command(call: Call, check: bool, since: str | None, staged: bool, **wanted: Any) -> Report:
    """Write the decision record that the present change needs, filled in as far as facts go.

    What only people know is marked TODO(decide), and `promptops check` refuses a record with marks
    left in it. Without --staged or --since: what the files on the disk change against the last commit.
    """
    if staged and since:
        raise UsageError("--staged and --since exclude each other", "use one of them")
    with Repository.find(call.folder, call.environ) as repository:
        if not check:
            _refuse_half_way(repository)
        judged = _judged(call, repository, since, staged)
        if check:
            told = f" --since {since}" if since else " --staged" if staged else ""
            return _check(call, judged, f"promptops decide{told}")
        return Writing(call, repository, judged, Wanted(**wanted)).report()


def _judged(call: Call, repository: Repository, since: str | None, staged: bool) -> Judged:
    known = speller(call.environ)
    if since:
        return judge_since(repository, repository.base_of(repository.resolve(since)), known)
    if staged:
        on = Standing(repository.head())
        change = of_staged(repository, known, on) or Change((), {}, {}, call.settings(), known)
    else:
        change = of_disk(repository, known, repository.head())
    return Judged(change, change.found(), change.rewritten())


def _refuse_half_way(repository: Repository) -> None:
    busy = repository.under_way()
    if busy:
        raise GitError(f"a {busy} is under way", "finish or abort it, then decide")
    unmerged = repository.unmerged_paths()
    if unmerged:
        hint = "resolve it and git add it"
        raise GitError("there is an unresolved merge conflict", hint, path=unmerged[0])


# -- only looking --------------------------------------------------------------------------------


def _check(call: Call, judged: Judged, mend: str) -> Report:
    blocks = tuple(refusal(judged, mend) if judged.refused else _settled(call, judged.found))
    code = EXIT_FINDINGS if judged.refused else EXIT_CLEAN
    return Report("decide", {**NOTHING, **judged_json(judged)}, blocks, code)


def _settled(call: Call, all_found: Sequence[Found]) -> Iterator[Block]:
    if call.verbosity < 0:
        return
    if not all_found:
        yield Text("no change here needs a decision", "good")
    for one in all_found:
        by = f"decided in `{one.decision}`" if one.decision else f"waived: {one.waiver}"
        yield Text(f"{one.need.sentence}: {by}", "good")
