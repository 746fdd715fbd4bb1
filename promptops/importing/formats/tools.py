"""One source, many tools: AGENTS.md, CLAUDE.md, Cursor rules and Copilot instructions.

They take text and nothing else, so a prompt with variables is no instruction file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops.errors import UsageError
from promptops.importing.front import without_front
from promptops.importing.interface import Exported, Left
from promptops.importing.neutral import TEXT_IS, turns
from promptops.importing.yaml_out import yaml_text
from promptops.model import Prompt

NAME = "tools"


def _text(prompt: Prompt, tool: str) -> tuple[str, list[Left]]:
    """The instructions as text, front matter of another tool taken off."""
    said, left = turns(prompt)
    wanted = [turn for turn in said if turn.role in ("system", "developer")] or said[:1]
    names = {t.value for turn in wanted for t in turn.tokens if t.kind != TEXT_IS and t.value}
    if names:
        raise UsageError(
            f"`{prompt.id}` has variables ({', '.join(sorted(names))}): {tool} fills nothing in",
            "export it to promptfoo, prompty, dotprompt or github-models",
        )
    text = "\n\n".join("".join(token.value for token in turn.tokens) for turn in wanted)
    for turn in said:
        if turn not in wanted:
            left.append(Left(f"the {turn.role} message", "an instruction file has one voice"))
    if prompt.cases or any(rule.tests for rule in prompt.rules):
        left.append(Left("cases and tests", "no place for them there; `promptops eval` runs them"))
    body = without_front(text)
    if body != text:
        left.append(Left("the front matter of another tool", "left out: it means nothing there"))
    return body, left


def agents(prompt: Prompt) -> Exported:
    """`AGENTS.md`."""
    text, left = _text(prompt, "AGENTS.md")
    return Exported("AGENTS.md", text, tuple(left))


def claude(prompt: Prompt) -> Exported:
    """`CLAUDE.md`."""
    text, left = _text(prompt, "CLAUDE.md")
    return Exported("CLAUDE.md", text, tuple(left))


def cursor(prompt: Prompt) -> Exported:
    """`.cursor/rules/<id>.mdc`, applied always."""
    text, left = _text(prompt, "Cursor")
    meta: dict[str, Any] = {"description": prompt.summary or prompt.id, "alwaysApply": True}
    path = f".cursor/rules/{prompt.id}.mdc"
    return Exported(path, f"---\n{yaml_text(meta)}---\n{text}", tuple(left))


def copilot(prompt: Prompt) -> Exported:
    """`.github/copilot-instructions.md`."""
    text, left = _text(prompt, "Copilot")
    return Exported(".github/copilot-instructions.md", text, tuple(left))


EXPORTS: Mapping[str, Any] = {
    "agents": agents,
    "claude": claude,
    "cursor": cursor,
    "copilot": copilot,
}
