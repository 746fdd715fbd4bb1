"""Lines of code in a prompt: asked about one, the block around it is not what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from repos import BOB, Repo
from test_why import Run, why

FRONT = "---\nname: judge\nhooks:\n  - prompt: You are a judge of the agent's work.\n    turns: {}\n---\n\nBe kind.\n"
BLOCK = "# Use\n\n```\nTool: mcp__swarm_monitor\nParameters: {}\n```\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": "x\n"}, "start")
    return made


def test_a_line_of_a_block_has_its_own_life(run: Run, repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": FRONT.format(50)}, "judge", BOB)
    last = repo.commit({"AGENTS.md": FRONT.format(500)}, "more turns")
    told = why(run, repo, "AGENTS.md:4")
    assert [(e["kind"], e["commit"]) for e in told["events"]] == [("introduced", first)]
    told = why(run, repo, "AGENTS.md:5")
    assert told["events"][-1]["commit"] == last


def test_a_phrase_in_a_block_is_found_living_and_gone(run: Run, repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": BLOCK.format("a")}, "tools")
    repo.commit({"AGENTS.md": BLOCK.format("b")}, "other parameters")
    told = why(run, repo, "Tool: mcp__swarm_monitor")
    assert told["present"]
    assert told["introduced"]["commit"] == first
    gone = repo.commit({"AGENTS.md": "# Use\n\nNothing.\n"}, "no tools")
    told = why(run, repo, "Tool: mcp__swarm_monitor")
    assert not told["present"]
    assert [(e["kind"], e["commit"]) for e in told["events"]] == [
        ("introduced", first), ("removed", gone),
    ]  # fmt: skip
