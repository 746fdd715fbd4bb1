"""A repository whose rules need decisions, and what a person does in it."""

from __future__ import annotations

import json
from typing import Any

from repos import Repo

PROMPT = """\
promptops: 1
id: support
version: 1.0.0
owners: [ann]
messages: [{role: system, content: "Answer. {{ rules }}"}]
output: {schema: reply.json}
cases: [{id: hello, assert: {contains: hi}}]
rules:
  - id: cite
    text: Cite the policy section.
    rationale: Eleven refunds were promised against the policy.
    tests: [{cases: all, assert: {contains: §}}]
  - id: greet
    text: Greet by name.
    rationale: The survey of May asked for it.
    tests: [{cases: [hello], assert: {contains: Ann}}, {cases: {slice: {language: de}}, assert: {not_regex: Hi}}]
"""
SETTINGS = 'require_decision_for = ["rule", "model", "budget", "output"]\n'
RECORD = """\
---
status: accepted
date: 2026-01-02
decision-makers: [legal]
prompts: [support]
rules: [cite]
kind: rule
---
# Cite the policy

## Context and Problem Statement

Eleven refunds were promised against the policy in March.

## Decision Outcome

Every answer cites the section it relies on.
"""
START = {
    "prompts/support/prompt.yaml": PROMPT,
    "prompts/support/reply.json": '{"type": "object"}\n',
    "docs/decisions/20260102-cite.md": RECORD,
    "promptops.toml": SETTINGS,
}
FILE = "prompts/support/prompt.yaml"
WHY = "the plain-language review of March asked for the paragraph sign"


def edit(repo: Repo, *changes: tuple[str, str], path: str = FILE, stage: bool = True) -> None:
    text = (repo.root / path).read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    repo.write(path, text)
    if stage:
        repo.git("add", "-A")


def result(said: Any) -> Any:
    return json.loads(said.out)["result"]


def filled(text: str) -> str:
    """A draft as a person would finish it."""
    lines = []
    for line in text.splitlines():
        if "TODO(decide)" in line:
            line = {
                "decision-makers": "decision-makers: [legal]",
                "consent": "consent: Contract, Art. 6 (1) b GDPR",
                "retention": "retention: 30 days",
                "residency": "residency: European Union",
                "reviewer": "reviewer: DPO, 2026-04-10",
            }.get(line.partition(":")[0], "Eleven customers were told wrong amounts in March.")
        lines.append(line)
    return "\n".join(lines).replace("status: proposed", "status: accepted") + "\n"


REWORD = ("Cite the policy section.", "Cite the policy section, as [§n].")
