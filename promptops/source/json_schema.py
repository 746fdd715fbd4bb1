"""JSON Schemas of the files people write, made from the very shapes that read them."""

from __future__ import annotations

from typing import Any

from promptops.source.decision import FRONT
from promptops.source.evidence_schema import EVIDENCE
from promptops.source.schema import CASES_FILE, PROMPT
from promptops.source.settings import CONFIG
from promptops.source.sidecar import SIDECAR

KINDS = {
    "prompt": (PROMPT, "A governed prompt: prompts/<id>/prompt.yaml"),
    "cases": (CASES_FILE, "The cases of a prompt: cases.yaml"),
    "config": (CONFIG, "promptops.toml, or [tool.promptops] in pyproject.toml"),
    "decision": (FRONT, "The front matter of a decision record (MADR 4)"),
    "rules": (SIDECAR, "What stands beside the rules of an instruction file: AGENTS.rules.yaml"),
    "evidence": (EVIDENCE, "The committed summary of a run: evidence/<model>.json"),
}


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of file; KeyError for another kind."""
    shape, title = KINDS[kind]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **shape.schema(),
    }


def modeline(path: str) -> str:
    """The comment by which the YAML language server finds the schema at `path`."""
    return f"# yaml-language-server: $schema={path}\n"
