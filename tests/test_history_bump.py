"""Which version bump a change needs, which was made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptops.history.bump import Bump, bumped, made_bump, needed_bump
from promptops.model import Budget, Case, Message, Prompt, Retired, Rule, Variable

KIND = Rule("kind", "Be kind to people.")
CITE = Rule("cite", "Cite the policy.", rationale="Auditors ask.")
BASE = Prompt(
    "support", version="1.2.3", models=("a", "b"), data=("account-id",), rules=(KIND, CITE),
    messages=(Message("system", "Help.\n\n{{ rules }}"),), variables={"q": Variable("q")},
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, Bump.NONE),
        ({"version": "9.0.0", "path": "elsewhere.yaml", "cases_path": "x"}, Bump.NONE),
        ({"summary": "s"}, Bump.PATCH),
        ({"budget": Budget(prompt_tokens=1)}, Bump.PATCH),
        ({"cases": (Case("c"),)}, Bump.PATCH),
        ({"models": ("a", "b"), "owners": ("x",)}, Bump.PATCH),
        ({"retired": (Retired("x", "Old."),)}, Bump.PATCH),
        ({"rules": (KIND, replace(CITE, rationale="Law."))}, Bump.PATCH),
        ({"rules": (KIND, replace(CITE, id="cite-policy"))}, Bump.PATCH),
        ({"variables": {"q": Variable("q", untrusted=True)}}, Bump.PATCH),
        ({"rules": (KIND, CITE, Rule("new", "Be brief."))}, Bump.MINOR),
        ({"rules": (CITE, KIND)}, Bump.MINOR),
        ({"rules": (replace(KIND, text="Be  kind\nto people."), CITE)}, Bump.MINOR),
        ({"rules": (replace(KIND, section="tone"), CITE)}, Bump.MINOR),
        ({"messages": (Message("system", "Help.\n{{ rules }}\n"),)}, Bump.MINOR),
        ({"variables": {"q": Variable("q"), "r": Variable("r")}}, Bump.MINOR),
        ({"languages": ("de",)}, Bump.MINOR),
        ({"rules": (KIND,)}, Bump.MAJOR),
        ({"rules": (replace(KIND, text="Be nice to people."), CITE)}, Bump.MAJOR),
        ({"variables": {}}, Bump.MAJOR),
        ({"variables": {"r": Variable("r")}}, Bump.MAJOR),
        ({"models": ("b", "a")}, Bump.MAJOR),
        ({"models": ("a",)}, Bump.MAJOR),
        ({"modalities_in": ("text", "image")}, Bump.MAJOR),
        ({"modalities_out": ("audio",)}, Bump.MAJOR),
        ({"data": ()}, Bump.MAJOR),
        ({"output_schema": "reply.json"}, Bump.MAJOR),
        ({"messages": (Message("user", "Help.\n\n{{ rules }}"),)}, Bump.MAJOR),
        ({"messages": (*BASE.messages, Message("user", "{{ q }}"))}, Bump.MAJOR),
    ],
)
def test_the_bump_a_change_needs(changes: dict[str, Any], needed: Bump) -> None:
    assert needed_bump(BASE, replace(BASE, **changes)) is needed


@pytest.mark.parametrize(
    ("before", "after", "made"),
    [
        ("1.2.3", "1.2.3", "none"), ("1.2.3", "1.2.2", "none"), ("1.2.3", "0.9.9", "none"),
        ("1.2.3", "1.2.4", "patch"), ("1.2.3", "1.4.0", "minor"), ("1.2.3", "2.0.0", "major"),
        ("1.2.3", "2.0.0-rc.1", "major"), ("2.0.0-rc.1", "2.0.0", "major"),
        ("2.0.0-rc.1", "2.0.0-rc.2", "major"), ("2.1.0-rc.1", "2.1.0", "minor"),
        ("2.1.1-a", "2.1.1", "patch"), ("2.1.1-a", "2.1.0", "none"),
    ],
)  # fmt: skip
def test_the_bump_that_was_made(before: str, after: str, made: str) -> None:
    assert made_bump(before, after).word == made


def test_the_next_version() -> None:
    assert [bumped("1.2.3", b) for b in Bump] == ["1.2.3", "1.2.4", "1.3.0", "2.0.0"]
    assert bumped("1.2.3-rc.1", Bump.PATCH) == "1.2.4"


def test_what_is_needed_is_enough_once_made() -> None:
    for bump in Bump:
        assert made_bump("4.5.6", bumped("4.5.6", bump)) is bump
