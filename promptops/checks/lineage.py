"""PO5, ids through time: an id means one rule for ever, and a decision names the rules it made."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._places import listed
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt


@check("PO515", "reused-id", Severity.ERROR, (ON_PROMPT,))
def reused_id(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """History, evidence and decisions know a rule by its id. A retired id on a new rule gives it
    somebody else's past.

    Bad:
        rules:
          - id: no-emoji
            text: Write numbers as digits.
        retired:
          - id: no-emoji
            text: Never use emoji in answers.
            reason: Customers asked for warmer replies.

    Good:
        rules:
          - id: digits
            text: Write numbers as digits.
        retired:
          - id: no-emoji
            text: Never use emoji in answers.
            reason: Customers asked for warmer replies.
    """
    retired = {old.id for old in prompt.retired}
    for i, rule in enumerate(prompt.rules) if retired else ():
        if rule.id in retired:
            help = "give the new rule an id of its own, or take the old one off the retired list"
            yield Finding(("rules", i, "id"), f"`{rule.id}` is the id of a retired rule", help)


@check("PO516", "replaces-nothing", Severity.ERROR, (ON_PROMPT,))
def replaces_nothing(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """`replaces` ties a rule to the one it grew out of. Where it names none, the thread of its
    history is cut.

    Bad:
        rules:
          - id: digits
            text: Write numbers as digits.
            replaces: numbers

    Good:
        rules:
          - id: digits
            text: Write numbers as digits.
            replaces: spell-numbers
        retired:
          - id: spell-numbers
            text: Spell out numbers below ten.
            reason: Customers misread sums that were spelled out.
    """
    for i, rule in enumerate(prompt.rules):
        if rule.replaces and rule.replaces not in {old.id for old in prompt.retired}:
            living = any(other.id == rule.replaces for other in prompt.rules)
            what = "which is still in force" if living else "which is no retired rule"
            message = f"rule `{rule.id}` replaces `{rule.replaces}`, {what}"
            help = "retire that rule, so that its reason stays" if living else "correct the id"
            yield Finding(("rules", i, "replaces"), message, help)


@check("PO517", "decision-about-others", Severity.WARNING, (ON_PROMPT,))
def decision_about_others(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The decision a rule cites does not mention it: a copied line sends the reader to a reason that
    is not the rule's.

    Bad:
        rules:
          - id: digits
            text: Write numbers as digits.
            decision: 20260104-about-no-emoji

    Good:
        rules:
          - id: no-emoji
            text: Never use emoji in answers.
            decision: 20260104-about-no-emoji
    """
    for i, rule in enumerate(prompt.rules):
        decision = around.decisions.get(rule.decision) if rule.decision else None
        if decision is None:
            continue
        if decision.rules and rule.id not in decision.rules:
            about = f"rules {listed(decision.rules)}"
        elif decision.prompts and prompt.id not in decision.prompts:
            about = f"prompts {listed(decision.prompts)}"
        else:
            continue
        message = f"decision `{rule.decision}` is about {about}, not about rule `{rule.id}`"
        help = "cite the decision that made this rule, or add the rule to the record"
        yield Finding(("rules", i, "decision"), message, help)


@check("PO514", "rule-gone-missing", Severity.WARNING, (ON_PROMPT,))
def rule_gone_missing(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A decision says that this prompt has a rule, and it has none: somebody removed it, or renamed
    it, and left no reason behind.

    Bad:
        id: billing-agent
        rules:
          - id: digits
            text: Write numbers as digits.

    Good:
        id: billing-agent
        rules:
          - id: digits
            text: Write numbers as digits.
        retired:
          - id: greet-by-name
            text: Greet the customer by name.
            reason: Half of the names in our records are misspelt.
    """
    for decision in around.decisions.values():
        if decision.prompts != (prompt.id,) or decision.status != "accepted":
            continue
        here = {rule.id for rule in prompt.rules} | {old.id for old in prompt.retired}
        gone = [name for name in decision.rules if name not in here]
        if gone:
            message = (
                f"decision `{decision.id}` made {listed(gone)}, and the prompt has no such rule"
            )
            help = "put it under `retired:` with the reason, or supersede the decision"
            yield Finding(("retired",), message, help)
