"""PO5, changes and decisions: what a change means was decided, and what was decided stays."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_DECISION, ON_PROMPT, Around, check
from promptops.diagnostic import Finding, Severity
from promptops.model import Decision, Prompt


@check("PO520", "undecided-change", Severity.ERROR, (ON_PROMPT,))
def undecided_change(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The prompt means something else than before, and nobody has written down who wanted that and
    why. In a year the change can neither be defended nor undone.

    Looks at changes: with `--since`, and in the commit-msg hook. Which kinds count is said by
    `require_decision_for`; case, punctuation and mended misspellings never do.

    Bad:
        rules:
          - id: cite-policy
            text: Cite the law you rely on.  # it said "the policy section" before

    Good:
        rules:
          - id: cite-policy
            text: Cite the law you rely on.  # it said "the policy section" before
            decision: 20260101-accepted
    """
    for place, sentence in around.undecided.get(prompt.path, ()):
        help = (
            "`promptops decide` writes the record; where there is nothing to decide, a line"
            " `Decision-Waiver: …` in the commit message says why"
        )
        yield Finding(place, f"{sentence}, and no decision record says why", help)


@check("PO521", "rewritten-decision", Severity.ERROR, (ON_DECISION,))
def rewritten_decision(decision: Decision, around: Around) -> Iterator[Finding]:
    """A decided record says what was known then. Once it is rewritten, every rule that cites it
    rests on words that nobody agreed to.

    Looks at changes: with `--staged` and `--since`. A record may only end: superseded, deprecated.

    Bad:
        ---
        status: accepted
        date: 2026-01-05
        decision-makers: [sales]  # it said "legal" before
        ---
        # Cite the policy section

        ## Context and Problem Statement

        Agents promised refunds that no policy allows.

        ## Decision Outcome

        Every billing answer cites the policy section it relies on.

    Good:
        ---
        status: superseded by 20260101-accepted
        date: 2026-01-05
        decision-makers: [legal]
        ---
        # Cite the policy section

        ## Context and Problem Statement

        Agents promised refunds that no policy allows.

        ## Decision Outcome

        Every billing answer cites the policy section it relies on.
    """
    how = around.rewritten.get(decision.id)
    if how:
        message = f"decision `{decision.id}` {how}; a decided record stays as it is"
        help = f"put it back, then `promptops decide --supersedes {decision.id}`"
        yield Finding((), message, help)
