"""Who knows which rules: one person, several, people who have left, nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import ADA, BOB, Repo, rules

Run = Callable[..., Any]
PATH = "prompts/a/prompt.yaml"
EVE = "Eve Moneypenny <eve@example.org>"
BOT = "helper[bot] <1+helper[bot]@users.noreply.github.com>"
YEAR = 365 * 24 * 3600


def prompt(**rules: str) -> str:
    """A governed prompt with these rules."""
    head = "promptops: 1\nid: a\nversion: 1.0.0\nowners: [team]\nmessages: [{role: system, content: '{{ rules }}'}]\nrules:\n"
    return head + "".join(f"  - id: {name}\n    text: {text}\n" for name, text in rules.items())


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Eve wrote a rule and left; Ada and Bob share one; Bob wrote one alone; a bot wrote one."""
    made = Repo(tmp_path / "r")
    texts = {"old": "Answer every question in one sentence."}
    made.commit({PATH: prompt(**texts)}, "Be brief", EVE)
    made.clock += YEAR
    texts["shared"] = "Cite the paragraph of the policy you rely on."
    made.commit({PATH: prompt(**texts)}, "Cite", ADA)
    texts["shared"] = "Cite the paragraph of the policy you rely on, as [n]."
    texts["lonely"] = "Never repeat the account number of a customer."
    made.commit({PATH: prompt(**texts)}, "Privacy", BOB)
    texts["robotic"] = "Write every date as year, month and day."
    made.commit({PATH: prompt(**texts)}, "Dates", BOT)
    return made


def asked(run: Run, repo: Repo, *arguments: str) -> Any:
    """The answer as data."""
    return json.loads(run("people", "--format", "json", *arguments, cwd=repo.root).out)["result"]


def test_each_rule_says_on_whom_it_rests(run: Run, repo: Repo) -> None:
    rests = {rule["id"]: rule["rests_on"] for rule in asked(run, repo)["rules"]}
    assert rests == {"old": "left", "shared": "many", "lonely": "one", "robotic": "nobody"}


def test_people_are_counted_with_what_rests_on_them_alone(run: Run, repo: Repo) -> None:
    people = {p["name"]: (p["rules"], p["alone"], p["active"]) for p in asked(run, repo)["people"]}
    assert people == {
        "Ada Lovelace": (1, 0, True),
        "Bob Ross": (2, 1, True),
        "Eve Moneypenny": (1, 0, False),
    }


def test_the_hand_over_list_begins_with_what_nobody_else_knows(run: Run, repo: Repo) -> None:
    mine = asked(run, repo, "--leaving", "bob@example.org")["rules"]
    assert [rule["id"] for rule in mine] == ["lonely", "shared"]
    told = run("people", "--leaving", "Bob Ross", cwd=repo.root)
    assert told.out.index("a/lonely") < told.out.index("a/shared")
    assert "1 rule that nobody else here has shaped" in told.out


def test_somebody_unknown_is_told_who_is_known(run: Run, repo: Repo) -> None:
    told = run("people", "--leaving", "Mallory", cwd=repo.root)
    assert told.code == 2
    assert "Ada Lovelace <ada@example.org>" in told.err


def test_the_settings_say_who_has_left(run: Run, repo: Repo) -> None:
    repo.commit({"promptops.toml": 'people = {left = ["bob@example.org"]}\n'}, "Bob left")
    rests = {rule["id"]: rule["rests_on"] for rule in asked(run, repo)["rules"]}
    assert rests["lonely"] == "left"
    assert rests["shared"] == "one"


def test_an_uncommitted_rule_is_known_to_nobody(run: Run, repo: Repo) -> None:
    with (repo.root / PATH).open("a") as file:
        file.write("  - id: fresh\n    text: Greet the customer by name when it is known.\n")
    rests = {rule["id"]: rule["rests_on"] for rule in asked(run, repo)["rules"]}
    assert rests["fresh"] == "nobody"
    assert rests["shared"] == "many"


def test_a_plain_instruction_file(run: Run, tmp_path: Path) -> None:
    plain = Repo(tmp_path / "p")
    plain.commit({"AGENTS.md": "# Rules\n\n- Run the tests before you commit.\n"}, "Rules", BOB)
    (rule,) = asked(run, plain, "AGENTS.md")["rules"]
    assert (rule["path"], rule["line"], rule["rests_on"]) == ("AGENTS.md", 3, "one")
    assert "AGENTS.md:3" in run("people", cwd=plain.root).out


def test_a_shallow_clone_does_not_pretend(run: Run, repo: Repo, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.root}", str(tmp_path / "shallow"))
    clone = Repo(tmp_path / "shallow", create=False)
    found = asked(run, clone)
    assert found["complete"] is False
    assert any("--unshallow" in note for note in found["notes"])


def test_nothing_governed(run: Run, tmp_path: Path) -> None:
    empty = Repo(tmp_path / "e")
    empty.commit({"a.txt": "x"}, "x")
    assert "no rules here" in run("people", cwd=empty.root).out


def test_a_co_author_who_commits_nothing_is_here_all_the_same(run: Run, repo: Repo) -> None:
    repo.commit(
        {"AGENTS.md": rules("Cite the policy section that you rely on.")},
        "Cite\n\nCo-authored-by: Bob Ross <bob@example.org>",
    )
    repo.commit({"README": "z\n"})
    done = run("why", "AGENTS.md:3", "--format", "json", cwd=repo.root)
    people = {p["name"]: p["active"] for p in json.loads(done.out)["result"]["people"]}
    assert people["Bob Ross"] is True


AGENTS = (
    "Claude Opus 4.5 <noreply@anthropic.com>",
    "Copilot <175728472+Copilot@users.noreply.github.com>",
    "copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>",
    "Cursor Agent <cursoragent@cursor.com>",
    "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
    "acme-bot <acme-bot@acme.example>",
    "aider (gpt-4o) <aider@aider.chat>",
)
HUMANS = (
    "Claude Shannon <claude@example.org>",
    "Claude Monet <monet@example.org>",
    "Abbot <abbot@example.org>",
    "Devina Rao <devina@example.org>",
    "Cursory Reader <reader@example.org>",
    "Cody Botkin <41+botkin@users.noreply.github.com>",
)


@pytest.mark.parametrize("who", AGENTS + HUMANS)
def test_programs_and_people_are_told_apart(run: Run, repo: Repo, who: str) -> None:
    repo.commit({"AGENTS.md": rules("Cite the policy section that you rely on.")}, "Cite", who)
    (rule,) = asked(run, repo, "AGENTS.md")["rules"]
    assert rule["rests_on"] == ("nobody" if who in AGENTS else "one")
    done = run("why", "AGENTS.md:3", cwd=repo.root)
    assert ("program" in done.out) is (who in AGENTS)


def test_who_left_is_not_given_a_date_that_is_not_known(run: Run, repo: Repo) -> None:
    repo.commit({"other.txt": "x"}, "elsewhere", EVE)
    repo.clock += YEAR
    repo.commit({"other.txt": "y"}, "later", ADA)
    told = run("people", cwd=repo.root).out
    row = next(line for line in told.splitlines() if line.startswith("Eve"))
    assert "before 20" in row
    assert row.split()[-3:] == ["left", "1", "0"]
