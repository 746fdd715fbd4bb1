"""What a change leaves undecided, for the checks that look at changes."""

from __future__ import annotations

from dataclasses import replace

from promptops.checks import Around
from promptops.cli._world import Call
from promptops.decisions.change import read_what_can_be
from promptops.decisions.judge import judge_since, of_staged
from promptops.decisions.spelling import speller
from promptops.history.git import Repository


def with_decisions(call: Call, around: Around, since: str | None) -> Around:
    """`around` with what the staged change, or all since a revision, does to decisions.

    Of a staged change only tampering is told: a waiver may still come with the commit message,
    and the commit-msg hook judges that. A prompt that cannot be read is a finding of its own.
    """
    known = speller(call.environ)
    with Repository.find(call.root, call.environ) as repository:
        if since is None:
            change = of_staged(repository, known, read_what_can_be)
            done = change.rewritten() if change else ()
            undecided = {}
        else:
            base = repository.base_of(repository.resolve(since))
            judged = judge_since(repository, base, known, read_what_can_be)
            undecided, done = judged.undecided(), judged.rewritten
    rewritten = {record.decision.id: how for record, how in done}
    return replace(around, undecided=undecided, rewritten=rewritten)
