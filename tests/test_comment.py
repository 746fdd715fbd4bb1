"""The review on a pull request: posted once, then replaced; a host of our own counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from code_host import Host

Run = Callable[..., Any]
TEXT = "<!-- promptops-diff -->\n# Prompts\n\nOne rule more.\n"
TOKEN = "ghs_0123456789"


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def github(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Host:
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": host.url,
        "GITHUB_REPOSITORY": "acme/prompts",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_TOKEN": TOKEN,
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "review.md").write_text(TEXT)
    return host


def test_it_is_posted_once_and_then_replaced(run: Run, github: Host, tmp_path: Path) -> None:
    github.comments = [{"id": n, "body": f"comment {n}"} for n in range(150)]
    first = run("comment", "review.md", cwd=tmp_path)
    assert (first.code, first.out) == (0, "comment posted\n")
    again = run("comment", "review.md", cwd=tmp_path)
    assert again.out == "the comment says this already\n"
    (tmp_path / "review.md").write_text(TEXT + "And one less.\n")
    third = run("comment", "review.md", "--format", "json", cwd=tmp_path)
    assert json.loads(third.out)["result"] == {"posted": True, "url": "https://host/c"}
    ours = [one for one in github.comments if one["body"].startswith("<!-- promptops-diff -->")]
    assert [one["body"] for one in ours] == [TEXT + "And one less.\n"]
    written = [one for one in github.asked if one[0] != "GET"]
    assert written == [
        ("POST", "/repos/acme/prompts/issues/7/comments"),
        ("PATCH", "/repos/acme/prompts/issues/comments/1150"),
    ]
    assert github.tokens == {f"Bearer {TOKEN}"}


def test_a_stranger_with_our_marker_is_passed_over(run: Run, github: Host, tmp_path: Path) -> None:
    github.comments = [{"id": 5, "body": "<!-- promptops-diff -->\nAll is well."}]
    github.foreign = {5}
    assert run("comment", "review.md", cwd=tmp_path).out == "comment posted\n"
    assert len(github.comments) == 2


@pytest.mark.parametrize("account", [{}, {"login": "review-bot", "type": "User"}])
def test_no_comment_of_somebody_else_is_written_over(
    run: Run, github: Host, tmp_path: Path, account: dict[str, str]
) -> None:
    """A token that may write can edit what others wrote, and they could edit it again after us."""
    github.account = account
    forged = {"id": 5, "body": "<!-- promptops-diff -->\nAll is well."}
    github.comments = [{**forged, "user": {"login": "stranger", "type": "User"}}]
    assert run("comment", "review.md", cwd=tmp_path).out == "comment posted\n"
    (tmp_path / "review.md").write_text(TEXT + "And one less.\n")
    assert run("comment", "review.md", cwd=tmp_path).out == "comment updated\n"
    assert [one["body"] for one in github.comments] == [forged["body"], TEXT + "And one less.\n"]


def test_gitlab(run: Run, host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": host.url + "/api/v4",
        "CI_PROJECT_ID": "12",
        "CI_MERGE_REQUEST_IID": "3",
        "PROMPTOPS_GITLAB_TOKEN": "glpat-x",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "review.md").write_text(TEXT)
    assert run("comment", "review.md", cwd=tmp_path).code == 0
    (tmp_path / "review.md").write_text(TEXT + "More.\n")
    assert run("comment", "review.md", cwd=tmp_path).out == "comment updated\n"
    notes = "/api/v4/projects/12/merge_requests/3/notes"
    assert [one for one in host.asked if one[0] != "GET"] == [
        ("POST", notes),
        ("PUT", f"{notes}/1000"),
    ]
    assert host.tokens == {"glpat-x"}


def test_a_token_that_may_not_write_is_no_failure(run: Run, github: Host, tmp_path: Path) -> None:
    github.status = 403
    ran = run("comment", "review.md", "--format", "json", cwd=tmp_path)
    assert ran.code == 0
    assert json.loads(ran.out)["result"] == {"posted": False, "url": None}
    said = run("comment", "review.md", cwd=tmp_path).out
    assert "does not let this token comment (403)" in said


@pytest.mark.parametrize(
    ("status", "header", "value"),
    [
        (403, "X-RateLimit-Remaining", "0"),
        (403, "Retry-After", "60"),
        (429, "X-Other", "1"),
    ],
)
def test_a_host_that_was_asked_too_often_is_no_token_that_may_not_write(
    run: Run, github: Host, tmp_path: Path, status: int, header: str, value: str
) -> None:
    github.status, github.headers = status, {header: value}
    ran = run("comment", "review.md", cwd=tmp_path)
    assert ran.code == 2
    assert "GitHub takes no more requests for now" in ran.err
    assert "run the job again in some minutes" in ran.err


@pytest.mark.parametrize(
    ("status", "raw", "words"),
    [
        (500, None, "GitHub answered 500"),
        (302, b"{}", "GitHub answered 302"),
        (200, b"<html>", "GitHub answered no JSON"),
    ],
)
def test_a_host_that_fails(
    run: Run, github: Host, tmp_path: Path, status: int, raw: bytes | None, words: str
) -> None:
    github.status, github.raw = status, raw
    ran = run("comment", "review.md", cwd=tmp_path)
    assert ran.code == 2
    assert words in ran.err
    assert TOKEN not in ran.err + ran.out


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GITHUB_ACTIONS", "", "no CI that is known here"),
        ("GITHUB_REF", "refs/heads/main", "runs for no pull request"),
        ("GITHUB_REF", "refs/pull/7;rm/merge", "runs for no pull request"),
        ("GITHUB_TOKEN", "", "GITHUB_TOKEN is not set"),
        ("GITHUB_TOKEN", "x\r\nHost: evil", "GITHUB_TOKEN is not set"),
        ("GITHUB_API_URL", "http://api.example.org", "no https URL"),
        ("GITHUB_API_URL", "http://127.0.0.1:1", "does not answer"),
    ],
)
def test_what_is_missing_is_named(
    run: Run,
    github: Host,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.delenv("GITLAB_CI", raising=False)
    monkeypatch.setenv(name, value)
    ran = run("comment", "review.md", cwd=tmp_path)
    assert ran.code == 2
    assert words in ran.err


def test_only_our_own_reviews_are_posted(run: Run, github: Host, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Hello\n")
    (tmp_path / "long.md").write_text(TEXT + "x" * 70_000)
    (tmp_path / "raw.md").write_bytes(b"\xff")
    for file, words in (
        ("other.md", "does not begin with a marker"),
        ("long.md", "longer than"),
        ("raw.md", "not UTF-8"),
        ("none.md", "No such file"),
    ):
        ran = run("comment", file, cwd=tmp_path)
        assert ran.code == 2
        assert words in ran.err
    assert github.asked == []
