"""The files `promptops init` writes: a small prompt that passes every check, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

SCHEMAS = "prompts/.schema"

_PROMPT = """\
# yaml-language-server: $schema=../.schema/prompt.schema.json
promptops: 1
id: example
version: 1.0.0
summary: Answers questions about opening hours; replace it with a prompt of your own.
owners: ["{owner}"]

models: [openai/gpt-4o-mini]

variables:
  question: {{examples: ["When do you open on Sundays?"], untrusted: true}}

messages:
  - role: system
    content: |
      You answer questions about the opening hours of a library.

      {{{{ rules }}}}
  - role: user
    content: "{{{{ question }}}}"

rules:
  - id: one-sentence
    text: Answer in one sentence.
    rationale: >
      Readers ask from their phones; longer answers were cut off by the notification.
    decision: {decision}
    owner: "{owner}"
    tests:
      - cases: all
        assert: {{not_regex: '[.!?]\\s+[A-Z]'}}
"""

_CASES = """\
# yaml-language-server: $schema=../.schema/cases.schema.json
cases:
  - id: sunday
    variables: {question: "When do you open on Sundays?"}
  - id: holiday
    variables: {question: "Are you open on New Year's Day?"}
"""

_DECISION = """\
---
status: accepted
date: {today}
decision-makers: ["{owner}"]
prompts: [example]
rules: [one-sentence]
kind: rule
---
# Answer in one sentence

## Context and Problem Statement

Readers ask from their phones, and the notification shows one sentence. Longer answers were cut off
in the middle.

## Considered Options

* One sentence.
* A limit in characters: hard to follow for a model, and sentences end in the middle.

## Decision Outcome

One sentence, because it is what the notification shows.

### Consequences

Answers that need a table have to link to one.
"""

_PRE_COMMIT = """\
default_install_hook_types: [pre-commit, commit-msg]
repos:
{entry}"""

_HOOK_REPOSITORY = """\
  - repo: {repository}
    rev: v{version}
    hooks:
      - id: promptops-check
      - id: promptops-decisions
"""

_HOOKS_HERE = """\
  - repo: local # the promptops that is on PATH
    hooks:
      - id: promptops-check
        name: promptops check
        entry: promptops check
        language: system
        pass_filenames: false
      - id: promptops-decisions
        name: promptops decisions
        entry: promptops hook commit-msg
        language: system
        stages: [commit-msg]
"""


def hook_entry(version: str, repository: str) -> str:
    """The hooks in .pre-commit-config.yaml: from our repository, or where it has no address as ""."""
    if not repository:
        return _HOOKS_HERE
    return _HOOK_REPOSITORY.format(repository=repository, version=version)


def scaffold(today: date, owner: str, hooks: str) -> Mapping[str, str]:
    """Path -> text of the files that start a repository, the hook's configuration among them."""
    decision = f"{today:%Y%m%d}-answer-in-one-sentence"
    return {
        "prompts/example/prompt.yaml": _PROMPT.format(owner=owner, decision=decision),
        "prompts/example/cases.yaml": _CASES,
        f"docs/decisions/{decision}.md": _DECISION.format(owner=owner, today=today.isoformat()),
        f"{SCHEMAS}/prompt.schema.json": _schema("prompt"),
        f"{SCHEMAS}/cases.schema.json": _schema("cases"),
        ".pre-commit-config.yaml": _PRE_COMMIT.format(entry=hooks),
    }


def _schema(kind: str) -> str:
    import json

    from promptops.source.json_schema import json_schema

    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"
