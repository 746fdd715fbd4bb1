"""What a change leaves undecided, for the checks that look at changes."""

from __future__ import annotations

import time
from dataclasses import replace

from promptops.checks import Around
from promptops.cli._world import Call
from promptops.decisions.change import Change, read_what_can_be
from promptops.decisions.judge import judge_since, of_staged
from promptops.decisions.spelling import speller
from promptops.history.bump import made_bump, needed_bump
from promptops.history.git import Repository
from promptops.history.records import text
from promptops.history.standing import next_commit
from promptops.history.trees import CommitTree
from promptops.model import Prompt
from promptops.source.reading import read_prompt


def with_decisions(call: Call, around: Around, since: str | None) -> Around:
    """`around` with what the staged change, or all since a revision, does to decisions.

    Of a staged change only tampering is told: a waiver may still come with the commit message,
    and the commit-msg hook judges that. A prompt that cannot be read is a finding of its own.
    """
    known = speller(call.environ)
    with Repository.find(call.root, call.environ) as repository:
        if since is None:
            on = next_commit(repository, call.environ, time.time())
            change = of_staged(repository, known, on, read_what_can_be)
            done = change.rewritten() if change else ()
            undecided = {}
            published = _published(repository, change)
            around = replace(around, published=published, in_making=True)
        else:
            base = repository.base_of(repository.resolve(since))
            judged = judge_since(repository, base, known, read_what_can_be)
            undecided, done = judged.undecided(), judged.rewritten
    rewritten = {record.decision.id: how for record, how in done}
    return replace(around, undecided=undecided, rewritten=rewritten)


def _published(repository: Repository, change: Change | None) -> dict[str, Prompt]:
    """The prompts whose version says too little, as they were pushed last, before other commits."""
    pairs = [pair for pair in change.pairs if _too_low(*pair.prompts)] if change else []
    if not pairs or not repository.run("for-each-ref", "--count=1", "refs/remotes"):
        return {}
    ends = text(repository.run("rev-list", "--boundary", "HEAD", "--not", "--remotes"))
    edges = [line[1:] for line in ends.split("\n") if line.startswith("-")]
    if not edges:
        return {}
    tree = CommitTree(repository, edges[-1])
    then = {pair.path: read_prompt(tree, pair.before.path) for pair in pairs if pair.before}
    return {path: reading.prompt for path, reading in then.items() if reading.prompt is not None}


def _too_low(before: Prompt | None, after: Prompt | None) -> bool:
    if before is None or after is None:
        return False
    return made_bump(before.version, after.version) < needed_bump(before, after)
