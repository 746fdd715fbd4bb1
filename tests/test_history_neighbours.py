"""A rule of a YAML prompt is never taken for the one above it, whatever its last key is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import Repo

RULE = """\
  - id: {id}
    text: {text}
    rationale: >
      Customers asked for it
      in the survey.
    tests:
      - cases: [one]
        assert: {{contains: x}}
"""
FLOW = """\
  - {{id: {id}, text: "{text}", owner: legal}}
"""
LITERAL = """\
  - id: {id}
    text: {text}
    rationale: |
      Customers asked for it.

"""


def prompt(shape: str, words: int) -> str:
    """Three rules, the second of which names a number."""
    texts = {
        "first": "Answer in one sentence.",
        "second": f"Use {words} words.",
        "third": "Be kind.",
    }
    head = "promptops: 1\nid: a\nversion: 1.0.0\nmessages: [{role: system, content: '{{ rules }}'}]\nrules:\n"
    return head + "".join(shape.format(id=name, text=text) for name, text in texts.items())


@pytest.mark.parametrize("shape", [RULE, FLOW, LITERAL], ids=["tests last", "flow", "literal last"])
@pytest.mark.parametrize("blank", ["", "\n"], ids=["close", "apart"])
def test_each_rule_has_its_own_history(
    run: Callable[..., Any], tmp_path: Path, shape: str, blank: str
) -> None:
    repo = Repo(tmp_path / "r")
    path = "prompts/a/prompt.yaml"
    repo.commit({path: prompt(shape + blank, 200)}, "Answer briefly")
    changed = repo.commit({path: prompt(shape + blank, 120)}, "Fewer words")

    def commits(target: str) -> list[str]:
        said = run("why", target, "--format", "json", cwd=repo.root)
        return [
            e["commit"] for e in json.loads(said.out)["result"]["events"] if e["kind"] == "reworded"
        ]

    assert commits("a/first") == []
    assert commits("a/second") == [changed]
    assert commits("a/third") == []
    lines = (repo.root / path).read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "second" in text)
    assert commits(f"{path}:{line}") == [changed]
