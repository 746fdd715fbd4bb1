"""PO7: templates that cannot be rendered as they stand, and target files that say something else.

Rules that no message renders are PO412, variables that none uses PO413.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.diagnostic import Finding, Place, Severity
from promptops.errors import TemplateError
from promptops.model import Prompt
from promptops.render import PlacedError, Problem, placements, render_target, trial
from promptops.render.problem import did_you_mean

STOPPED = ("syntax", "refused", "limit")  # kinds of problem that no value and no rule can mend


def _content(index: int) -> Place:
    return ("messages", index, "content")


def _finding(problem: Problem) -> Finding:
    within = (problem.start, problem.end) if problem.end > problem.start else None
    return Finding(_content(problem.at), problem.message, problem.help, within=within)


@check("PO701", "undefined-variable", Severity.ERROR, (ON_PROMPT,))
def undefined_variable(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A template that uses a name which the prompt does not declare fails in production: no caller
    knows that a value is wanted.

    Bad:
        variables:
          company: {examples: [Acme]}
        messages:
          - role: system
            content: |
              You answer billing questions for {{ compnay }}, never for anyone but {{ company }}.
              {{ rules }}

    Good:
        variables:
          company: {examples: [Acme]}
        messages:
          - role: system
            content: |
              You answer billing questions for {{ company }}, never for anyone else.
              {{ rules }}
    """
    known = {*prompt.variables, "rules"}
    for use in placements(prompt).variables:
        if use.name not in known:
            help = did_you_mean(use.name, known, f"declare it: `variables: {{{use.name}: {{}}}}`")
            yield Finding(
                _content(use.at),
                f"`{use.name}` is not defined",
                help,
                within=(use.start, use.end),
            )


@check("PO704", "refused-template", Severity.ERROR, (ON_PROMPT,))
def refused_template(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A template that cannot be rendered reaches no model. Templates come with every pull request,
    so they fill in prompts and compute nothing: whatever could run code, or keep a machine busy, is
    refused.

    Bad:
        variables:
          question: {examples: ["Why was I charged twice?"]}
        messages:
          - role: system
            content: "{{ rules }}"
          - role: user
            content: "{{ question.__class__ }}"

    Good:
        variables:
          question: {examples: ["Why was I charged twice?"]}
        messages:
          - role: system
            content: "{{ rules }}"
          - role: user
            content: "{{ question | trim }}"
    """
    found = placements(prompt).problems
    if not found:
        tried = trial(prompt)
        found = (tried,) if tried is not None else ()
    for problem in found:
        if problem.kind in STOPPED:
            yield _finding(problem)


@check("PO705", "target-drift", Severity.ERROR, (ON_PROMPT,))
def target_drift(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A file that a prompt names as its target is that prompt's rendering. Edited by hand, or left
    behind by a change of the prompt, it tells its readers rules that nobody reviewed.

    Bad:
        # AGENTS.md holds "- Name the city of every meeting."
        target: AGENTS.md
        rules:
          - id: name-city
            text: Name the city and the street of every meeting.

    Good:
        # AGENTS.md holds "- Name the city of every meeting."
        target: AGENTS.md
        rules:
          - id: name-city
            text: Name the city of every meeting.
    """
    if not prompt.target or any(p.kind in STOPPED for p in placements(prompt).problems):
        return
    try:
        wanted = _wanted(prompt, around).encode("utf-8", "surrogatepass")
    except PlacedError as error:
        if error.problem.kind == "undefined":
            yield _finding(error.problem)
        return
    except TemplateError as error:
        yield Finding(("target",), error.message, error.hint)
        return
    if around.targets.get(prompt.target, wanted) != wanted:
        missing = around.targets[prompt.target] is None
        why = "does not exist" if missing else "is not what this prompt renders"
        yield Finding(
            ("target",),
            f"`{prompt.target}` {why}",
            f"`promptops render {prompt.id} --target --write` writes it",
        )


def _wanted(prompt: Prompt, around: Around) -> str:
    """What the target should hold; TemplateError where that cannot be said."""
    restored = around.restored.get(prompt.target)
    if isinstance(restored, TemplateError):
        raise restored
    return render_target(prompt) if restored is None else restored


@check("PO706", "unknown-placement", Severity.ERROR, (ON_PROMPT,))
def unknown_placement(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A template that places a rule which the prompt has not cannot be rendered; one that lists a
    section which no rule is in leaves a hole where you believe that rules stand.

    Bad:
        messages:
          - role: system
            content: |
              {{ rules | section("tonne") }}
              {{ rules }}
        rules:
          - id: greet
            section: tone
            text: Greet the customer by name.

    Good:
        messages:
          - role: system
            content: |
              {{ rules | section("tone") }}
        rules:
          - id: greet
            section: tone
            text: Greet the customer by name.
    """
    facts = placements(prompt)
    rules = [rule.id for rule in prompt.rules]
    sections = [rule.section for rule in prompt.rules if rule.section]
    kinds = (("rule", facts.rules, rules), ("section", facts.lists, ["", *sections]))
    for noun, uses, known in kinds:
        for use in uses:
            if use.name not in known:
                yield Finding(
                    _content(use.at),
                    f"there is no {noun} `{use.name}`",
                    did_you_mean(use.name, known, "correct the name, or delete the tag"),
                    within=(use.start, use.end),
                )
