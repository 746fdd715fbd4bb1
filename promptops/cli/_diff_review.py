"""The review that `promptops diff` answers with: loaded while git is at work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.cli._diff_json import review_json
from promptops.cli._world import Call
from promptops.decisions.judge import judge_change
from promptops.decisions.spelling import speller
from promptops.errors import EXIT_CANNOT, EXIT_CLEAN, EXIT_FINDINGS
from promptops.history.git import Repository
from promptops.render import render
from promptops.report import Block, Late, Report
from promptops.review.figures import Figuring
from promptops.review.review import Review, read_states, review
from promptops.review.states import NOTHING, States, of_commits, of_index, of_work_tree
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places


def reviewed(
    call: Call, repository: Repository, revisions: Sequence[str], staged: bool = False
) -> Report:
    """The review of what lies between two states."""
    base, head = (*revisions, None, None)[:2]
    states = _states(repository, base, head, staged)
    change = read_states(states, speller(call.environ))
    judged = judge_change(repository, change, states.base, states.tip)
    counter = Counter(places(call.environ), states.settings[1].models)
    found = review(states, judged, Figuring(counter, render))
    names = (base or "HEAD", head or states.head)
    return Report(
        "diff",
        review_json(found, states, names),
        Late(lambda: _blocks(found, states, names)),
        EXIT_CANNOT if found.incomplete else EXIT_FINDINGS if found.refused else EXIT_CLEAN,
        marker="promptops-diff",
    )


def _blocks(found: Review, states: States, names: tuple[str, str]) -> Iterator[Block]:
    from promptops.cli._diff_blocks import review_blocks

    return review_blocks(found, states, names)


def _states(repository: Repository, base: str | None, head: str | None, staged: bool) -> States:
    if staged:
        return of_index(repository)
    if head is not None and base in NOTHING:
        return of_commits(repository, None, repository.resolve(head))
    start = None if base is None else repository.resolve(base)
    if start is None or head is None:
        return of_work_tree(repository, start)
    return of_commits(repository, start, repository.resolve(head))
