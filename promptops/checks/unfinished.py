"""PO5, decision records that were begun, or filled in to get past a hook."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_DECISION, Around, check
from promptops.checks._reasons import says_nothing
from promptops.diagnostic import Finding, Place, Severity
from promptops.model import Decision

MARKER = "TODO(decide)"
"""What `promptops decide` writes where only a person knows what belongs."""


@check("PO518", "unfinished-decision", Severity.ERROR, (ON_DECISION,))
def unfinished_decision(decision: Decision, around: Around) -> Iterator[Finding]:
    """`promptops decide` fills in what a change shows and marks what only people know. A record with
    marks left in it has the form of a decision, and nobody has made one.

    Bad:
        ---
        status: proposed
        date: 2026-01-05
        decision-makers: ["TODO(decide): who decided"]
        ---
        # Cite the policy section

        ## Context and Problem Statement

        Agents promised refunds that no policy allows.

        ## Decision Outcome

        Every billing answer cites the policy section it relies on.

    Good:
        ---
        status: accepted
        date: 2026-01-05
        decision-makers: [legal]
        ---
        # Cite the policy section

        ## Context and Problem Statement

        Agents promised refunds that no policy allows.

        ## Decision Outcome

        Every billing answer cites the policy section it relies on.
    """
    for place, text in _texts(decision):
        if MARKER in text:
            asked = text[text.index(MARKER) + len(MARKER) :].partition("\n")[0].strip(" :.*")
            message = f"decision `{decision.id}` does not say yet: {asked or 'something marked'}"
            yield Finding(place, message, f"write it in place of `{MARKER}`")


def _texts(decision: Decision) -> Iterator[tuple[Place, str]]:
    yield ("title",), decision.title
    yield ("decision-makers",), ", ".join(decision.makers)
    for heading, text in decision.sections.items():
        if heading.lower() not in ("consent", "retention", "residency", "reviewer"):
            yield ("sections", heading), text  # those four are PO512's


@check("PO519", "hurried-decision", Severity.WARNING, (ON_DECISION,))
def hurried_decision(decision: Decision, around: Around) -> Iterator[Finding]:
    """A context such as "as discussed in the meeting" was written for the hook. Two years later
    nobody remembers the meeting, and the record answers nothing.

    Bad:
        ---
        status: accepted
        date: 2026-01-05
        decision-makers: [legal]
        ---
        # Cite the policy section

        ## Context and Problem Statement

        As discussed in the meeting with the team, see SUP-1204.

        ## Decision Outcome

        Every billing answer cites the policy section it relies on.

    Good:
        ---
        status: accepted
        date: 2026-01-05
        decision-makers: [legal]
        ---
        # Cite the policy section

        ## Context and Problem Statement

        Agents promised refunds that no policy allows (SUP-1204).

        ## Decision Outcome

        Every billing answer cites the policy section it relies on.
    """
    for heading, text in decision.sections.items():
        if "context" in heading.lower() and MARKER not in text and text and says_nothing(text):
            message = f"the context of decision `{decision.id}` gives no reason"
            help = (
                "say what went wrong or who asked for what, such as `eleven refunds were promised"
                " against the policy in March (SUP-1204)`"
            )
            yield Finding(("sections", heading), message, help)
