"""PO5, decision records themselves: what a reader two years later will look for."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_DECISION, Around, check
from promptops.checks._words import split, stems
from promptops.diagnostic import Finding, Severity
from promptops.model import Decision

_SECTIONS = {  # what a record must say: headings that say it, in MADR, Nygard's and other forms
    "the context": ("context", "problem", "background", "issue", "motivation"),
    "the outcome": ("outcome", "decision", "resolution", "conclusion"),
}
_PRIVACY = {
    "on what ground people's data may be used": ("consent", "legal basis", "lawful basis"),
    "how long it is kept": ("retention", "how long"),
    "where it is kept": ("residency", "where", "location", "region"),
    "who reviewed it": ("reviewer", "reviewed", "privacy review", "dpo"),
}
_BLANK = ("todo", "tbd", "fixme", "…", "...", "<!--", "{", "to be decided", "n/a")
FEWEST = 3  # content words under a heading


@check("PO511", "incomplete-decision", Severity.WARNING, (ON_DECISION,))
def incomplete_decision(decision: Decision, around: Around) -> Iterator[Finding]:
    """A record without its context or its outcome keeps the date of a decision and loses the
    decision.

    Bad:
        ---
        status: accepted
        date: 2026-01-05
        decision-makers: [legal]
        ---
        # Cite the policy section

        ## Context and Problem Statement

        Agents promised refunds that no policy allows.

        ## Decision Outcome

        TODO

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
    for what, names in _SECTIONS.items():
        headings = [name for name in decision.sections if any(n in name.lower() for n in names)]
        if not any(_says_something(decision.sections[name]) for name in headings):
            place = ("sections", headings[0]) if headings else ("sections",)
            missing = "says nothing about" if headings else "does not give"
            message = f"decision `{decision.id}` {missing} {what}"
            yield Finding(place, message, "write it in two or three sentences")
    if decision.status == "accepted" and not decision.makers:
        help = "name them in `decision-makers:`"
        message = f"decision `{decision.id}` does not say who decided"
        yield Finding(("decision-makers",), message, help)


def _says_something(text: str) -> bool:
    if text.strip().lower().startswith(_BLANK):
        return False
    return len(stems(split(text))) >= FEWEST


@check("PO512", "unanswered-privacy-question", Severity.ERROR, (ON_DECISION,))
def unanswered_privacy_question(decision: Decision, around: Around) -> Iterator[Finding]:
    """Letting a model see new kinds of data needs four answers: on what ground, for how long, where,
    and who reviewed it. A record without them is a permission nobody can defend.

    Bad:
        ---
        status: accepted
        date: 2026-01-05
        decision-makers: [legal]
        kind: data
        consent: Contract, Art. 6 (1) b GDPR
        retention: 30 days
        ---
        # Account ids reach the model

        ## Context and Problem Statement

        Answers about invoices need the account id.

        ## Decision Outcome

        The account id is sent with every billing question.

    Good:
        ---
        status: accepted
        date: 2026-01-05
        decision-makers: [legal]
        kind: data
        consent: Contract, Art. 6 (1) b GDPR
        retention: 30 days
        residency: European Union
        reviewer: Data protection officer
        ---
        # Account ids reach the model

        ## Context and Problem Statement

        Answers about invoices need the account id.

        ## Decision Outcome

        The account id is sent with every billing question.
    """
    if decision.kind not in ("modality", "data"):
        return
    answered = {name.lower(): text.strip() for name, text in decision.sections.items()}
    for question, names in _PRIVACY.items():
        found = [text for name, text in answered.items() if any(n in name for n in names)]
        if not any(text and not text.lower().startswith(_BLANK[:6]) for text in found):
            message = f"decision `{decision.id}` of kind `{decision.kind}` does not say {question}"
            help = f"add `{names[0]}:` to the front matter, or a section of that name"
            yield Finding(("kind",), message, help, key=True)


@check("PO513", "broken-supersession", Severity.ERROR, (ON_DECISION,))
def broken_supersession(decision: Decision, around: Around) -> Iterator[Finding]:
    """A superseded record must lead to the one that replaced it; otherwise the reader stops at a
    decision that no longer holds.

    Bad:
        ---
        status: superseded by 20260909-no-such-record
        date: 2026-01-05
        decision-makers: [legal]
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
    if decision.status != "superseded":
        return
    by = decision.superseded_by
    if not by:
        message = f"decision `{decision.id}` does not say what superseded it"
        yield Finding(("status",), message, "write `status: superseded by <id>`")
    elif by == decision.id or by not in around.decisions:
        what = "itself" if by == decision.id else f"`{by}`, which does not exist"
        message = f"decision `{decision.id}` is superseded by {what}"
        yield Finding(("status",), message, "name the file, without .md, of the newer record")
