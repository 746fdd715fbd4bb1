"""Phrases in files that do not look like prompts by their names, and phrases full of decoration."""

from __future__ import annotations

from pathlib import Path

import pytest
from repos import BOB, Repo, rules
from test_why import Run, why

MIGRATE = "Never write a migration by hand, for `generate` numbers it."
PROVIDERS = "The mock providers include **two** families of models."
KIND = "Be kind to every customer who writes to us."


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": "x\n"}, "start")
    return made


def kinds(found: dict[str, object]) -> list[tuple[str, str]]:
    events = found["events"]
    assert isinstance(events, list)
    return [(event["kind"], event["commit"]) for event in events]


def test_what_moved_into_an_ordinary_document_is_not_removed(run: Run, repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": rules(KIND, MIGRATE)}, "rules")
    moved = repo.commit(
        {"AGENTS.md": rules(KIND), "rules/database.md": rules(MIGRATE)}, "rules by topic"
    )
    found = why(run, repo, "Never write a migration by hand")
    assert found["present"]
    assert found["rule"]["path"] == "rules/database.md"
    assert kinds(found) == [("introduced", first), ("moved", moved)]


@pytest.mark.parametrize(
    "path", ["CRUSH.md", "docs/guide.mdx", "identity/philosophy", "src/say.py"]
)
def test_a_phrase_is_found_in_any_text_file(run: Run, repo: Repo, path: str) -> None:
    first = repo.commit({path: f"{KIND}\n\n{MIGRATE}\n"}, "words")
    found = why(run, repo, "Never write a migration")
    assert (found["present"], kinds(found)) == (True, [("introduced", first)])


@pytest.mark.parametrize("path", ["CRUSH.md", "identity/philosophy"])
def test_a_phrase_that_stood_in_any_document_is_found(run: Run, repo: Repo, path: str) -> None:
    first = repo.commit({path: rules(KIND, PROVIDERS)}, "words")
    gone = repo.commit({path: rules(KIND)}, "old docs", BOB)
    repo.commit({path: rules(KIND, MIGRATE)}, "more")
    found = why(run, repo, "mock providers include two families")
    assert (found["present"], kinds(found)) == (False, [("introduced", first), ("removed", gone)])


@pytest.mark.parametrize(
    "typed", ["by hand, for `generate` numbers", "by hand, for generate numbers"]
)
@pytest.mark.parametrize("path", ["AGENTS.md", "rules/database.md"])
def test_decoration_does_not_hide_a_phrase(run: Run, repo: Repo, path: str, typed: str) -> None:
    repo.commit({path: rules(KIND, "Never do it by hand, for `generate`, numbers it.")}, "rules")
    typed = typed.replace("generate`", "generate`,").replace("generate n", "generate, n")
    assert why(run, repo, typed)["present"]
    repo.commit({path: rules(KIND)}, "gone")
    assert not why(run, repo, typed)["present"]


def test_words_that_stand_by_chance_elsewhere_are_named_not_followed(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, MIGRATE), "docs/guide.md": rules(MIGRATE)}, "rules")
    gone = repo.commit({"AGENTS.md": rules(KIND)}, "told by the guide")
    found = why(run, repo, "Never write a migration by hand")
    assert (found["present"], kinds(found)[-1]) == (False, ("removed", gone))
    assert found["notes"] == ["the same words stand in another file: docs/guide.md:3"]


def test_an_heir_that_is_only_likely_makes_no_certain_ending(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules("Use `helm` charts of the platform team for every service.")})
    after = "Prefer plain manifests to charts unless the platform team of the service says so."
    repo.commit({"AGENTS.md": rules(after)}, "manifests")
    ending = why(run, repo, "Use helm charts of the platform")["events"][-1]
    assert ending["kind"] == "removed" or ending["confidence"] != "certain"


def test_what_stood_nowhere_is_refused(run: Run, repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND), "photo.png": b"\0never write"}, "rules")
    done = run("why", "never write a migration", "--format", "json", cwd=repo.root)
    assert done.code == 2
    assert "in no rule of this history" in done.err
