"""PO4, a rule's place in the prompt: two things in one, an example that breaks it, never rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._mask import prose
from promptops.checks._places import listed
from promptops.checks._words import NEGATORS, STEMS, split, texts, words
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import excerpt
from promptops.model import Prompt

# Verbs that begin a request. A clause that begins otherwise explains, and is no second request.
_VERBS = frozenset(
    "add address always answer apologize apologise append ask avoid begin call cite close compare"
    " confirm convert count create decline describe direct display do don't don’t end escalate explain"
    " finish format give greet ignore include introduce invite keep link list maintain mention name"
    " never offer omit open order output place point prefer prefix present promise provide put quote"
    " recommend refer refuse reject reply report request respect respond return reveal say send show"
    " sign sort speak start state stop suggest summarize summarise tell thank translate treat use"
    " verify warn write".split()
)

_SEAMS = (". ", "; ", "! ", "? ", "\n", " and ", " but ")


@check("PO403", "compound-rule", Severity.WARNING, (ON_PROMPT,))
def compound_rule(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule that says two things cannot be tested, measured or retired as one: when half of it does
    harm, nobody can tell which half.

    Bad:
        rules:
          - id: style
            text: Keep answers under 80 words and never mention competitors.

    Good:
        rules:
          - id: length
            text: Keep answers under 80 words.
          - id: competitors
            text: Never mention competitors.
    """
    for i, text in enumerate(texts(prompt)):
        if not any(seam in text for seam in _SEAMS):
            continue
        if sum([word in _VERBS for word in words(prompt)[i]]) < 2:
            continue
        first, *more = _requests(text) or [""]
        for other in more:
            if _about(first).isdisjoint(_about(other)) and not _fallback(first):
                message = f"rule `{prompt.rules[i].id}` says two things: “{excerpt(first, 40)}” and"
                message += f" “{excerpt(other, 40)}”"
                help = "make two rules of it, each with its own reason and tests"
                yield Finding(("rules", i, "text"), message, help)
                break


def _requests(text: str) -> list[str]:
    """The parts of a text that ask for something, in order."""
    parts = (part.strip() for part in _seam().split(prose(text)))
    return [part for part in parts if _first_word(part) in _VERBS]


@cache
def _seam() -> re.Pattern[str]:
    """Where one request may end and the next begin."""
    again = (
        r"always|never|do\s+not|don['’]t|avoid|also|keep|use|include|write|mention|list|ask|offer"
    )
    return re.compile(
        rf"[.;!?]\s+|\n+|,?\s+(?:and|but)\s+(?:also\s+)?(?=(?:{again})\b)", re.IGNORECASE
    )


def _first_word(part: str) -> str:
    """The first word of a clause, after `please`, `also`, or a condition that a comma ends."""
    head, comma, rest = part.partition(", ")
    if comma and head.lower().startswith(("if ", "when ", "for ", "in ", "unless ", "where ")):
        part = rest
    for word in part.split():
        word = word.strip("*_\"'“”():,.").lower()
        if word not in ("please", "also", "then", "and", "you", "must", "should"):
            return word
    return ""


def _about(part: str) -> frozenset[str]:
    """The stems a request is about, without its verb and the words for an answer."""
    stems = {STEMS[word] for word in split(part) if word not in _VERBS}
    return frozenset(stems - {"", "answer", "reply", "respons", "it", "user", "custom", "customer"})


def _fallback(part: str) -> bool:
    """True for a prohibition: what follows it says what to do instead."""
    return not NEGATORS.isdisjoint(split(part))


@check("PO407", "unreachable-when", Severity.WARNING, (ON_PROMPT,))
def unreachable_when(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule that applies to a slice no case is in is never exercised: nobody knows whether the
    model keeps it.

    Bad:
        rules:
          - id: formal-address
            text: Address the customer with Sie.
            when: {language: [dk]}
        cases:
          - id: mahngebuehr
            slices: {language: de}

    Good:
        rules:
          - id: formal-address
            text: Address the customer with Sie.
            when: {language: [de]}
        cases:
          - id: mahngebuehr
            slices: {language: de}
    """
    for i, rule in enumerate(prompt.rules):
        for name, values in rule.when.items() if prompt.cases else ():
            known = {case.slices[name] for case in prompt.cases if name in case.slices}
            missing = [value for value in values if value not in known]
            if missing or not values:
                message = (
                    f"rule `{rule.id}` applies where `{name}` is {listed(missing) or 'nothing'}"
                )
                message += ", and no case is"
                help = (
                    f"cases have {listed(sorted(known), 5)}" if known else "no case has this slice"
                )
                yield Finding(("rules", i, "when", name), message, f"{help}; add one or correct it")


@check("PO412", "unrendered-rule", Severity.ERROR, (ON_PROMPT,))
def unrendered_rule(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule that no message renders never reaches the model, however well it is tested and
    explained.

    Bad:
        messages:
          - role: system
            content: |
              You answer billing questions.
              {{ rule("greet") }}
        rules:
          - id: greet
            text: Greet the customer by name.
          - id: cite-policy
            text: Cite the policy section you rely on.

    Good:
        messages:
          - role: system
            content: |
              You answer billing questions.
              {{ rules }}
        rules:
          - id: greet
            text: Greet the customer by name.
    """
    template = "\n".join([message.content for message in prompt.messages])
    if "{{ rules }}" in template or _all_rules().search(template):
        return
    placed = set(_placed().findall(template))
    sections = set(_section().findall(template))
    for i, rule in enumerate(prompt.rules):
        if rule.id not in placed and not (rule.section and rule.section in sections):
            help = "write `{{ rules }}`" + f' or `{{{{ rule("{rule.id}") }}}}` in a message'
            yield Finding(("rules", i), f"no message renders rule `{rule.id}`", help)


@cache
def _all_rules() -> re.Pattern[str]:
    """`rules` used in a template, unless only a section of it is taken."""
    return re.compile(r"\{[{%][^}]*\brules\b(?!\s*\|\s*section\b)")


@cache
def _placed() -> re.Pattern[str]:
    return re.compile(r"\brule\(\s*['\"]([^'\"]+)['\"]\s*\)")


@cache
def _section() -> re.Pattern[str]:
    return re.compile(r"\brules\s*\|\s*section\(\s*['\"]([^'\"]+)['\"]\s*\)")


@check("PO413", "unused-variable", Severity.WARNING, (ON_PROMPT,))
def unused_variable(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Callers fill in a variable that the model never sees, and believe that it matters.

    Bad:
        variables:
          company: {examples: [Acme]}
          tone: {examples: [warm]}
        messages:
          - role: system
            content: |
              You answer billing questions for {{ company }}.
              {{ rules }}

    Good:
        variables:
          company: {examples: [Acme]}
        messages:
          - role: system
            content: |
              You answer billing questions for {{ company }}.
              {{ rules }}
    """
    if not prompt.variables:
        return
    template = "\n".join([message.content for message in prompt.messages])
    for name in prompt.variables:
        if name not in template or not re.search(rf"\{{[{{%][^}}]*\b{name}\b", template):
            help = f"write `{{{{ {name} }}}}` where it belongs, or delete the variable"
            message = f"no message uses the variable `{name}`"
            yield Finding(("variables", name), message, help, key=True)
