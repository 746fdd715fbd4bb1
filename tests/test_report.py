"""What every reporter of the room promises."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import EVERYTHING, MIXED, diagnostics, found

import promptops.report
from promptops.diagnostic import Diagnostic, Edit, Severity, Span
from promptops.errors import UsageError
from promptops.report import (
    Bars,
    Block,
    Diagnostics,
    Fold,
    Heading,
    Items,
    Report,
    Screen,
    Table,
    Text,
    Words,
    formats,
    render,
)
from promptops.report.safe import hidden

EVERY_FORMAT = pytest.mark.parametrize("format", formats())
HOSTILE = (
    "\x1b[2J\x1b]8;;http://e\x07\x9b31m\r\x00\x7f \u202e\u2066\u200b\u2028\U000e0041\ufeff \ud800\udcff"
    "\n::error::x\n##[error]y\n```\n~~~\n<!-- promptops -->\n</details></script><img src=http://e/x>"
    "\n]]>&lt; [a](http://e) @octocat fixes #1 | {{ x }} %0A \ufffe"
)
SCREEN = Screen(80)


def hostile_report(bad: str) -> Report:
    blocks: tuple[Block, ...] = (
        Heading(bad, 1),
        Heading(bad),
        Text(bad, "bad"),
        Text(bad, bad),
        Text(bad, verbatim=True),
        Items((bad, bad)),
        Table((bad, "n"), ((bad, bad), (bad, "1")), "lr"),
        Words((("=", bad), ("-", bad), ("+", bad))),
        Bars(((bad, 3.0, bad), (bad, float("nan"), bad)), bad, 2.0),
    )
    wrong = Diagnostic(
        bad, bad, Severity.ERROR, bad, bad, bad, Span(2, 3, 2, 9), bad, bad, (Edit(0, 1, bad),)
    )
    rules = {bad: (bad, bad)}
    block = Diagnostics((wrong, wrong), {bad: bad * 3}, rules, 2)
    return Report("check", {bad: [bad]}, (*blocks, Fold(bad, (*blocks, block)), block))


def test_the_folder_is_the_registry() -> None:
    folder = Path(promptops.report.__file__).parent
    assert set(formats()) >= {"text", "json", "sarif", "github", "junit"}
    assert all((folder / f"{name}.py").is_file() for name in formats())


def test_an_unknown_format_is_named_with_the_known_ones() -> None:
    for name in ("yaml", "safe", "_width", "../text", "text.py", ""):
        with pytest.raises(UsageError) as raised:
            render(Report("check", {}), name, SCREEN)
        assert "text" in raised.value.hint


@EVERY_FORMAT
def test_every_block_is_rendered(format: str, golden: Callable[[str, str], None]) -> None:
    report = Report("check", {"files": 12, "text": "日本語"}, EVERYTHING)
    drawn = render(report, format, Screen(100))
    assert drawn == render(report, format, Screen(100))
    if format == "sarif":  # one line, hard to review
        drawn = json.dumps(json.loads(drawn), indent=1, ensure_ascii=False) + "\n"
    if format != "text":
        golden(f"report/everything/report.{format}", drawn)


@EVERY_FORMAT
def test_hostile_text_is_inert_in_every_field(format: str) -> None:
    drawn = render(hostile_report(HOSTILE), format, SCREEN)
    raw = {c for c in drawn if hidden(ord(c))} - {"\n", "\t"}
    assert not raw
    drawn.encode()


@EVERY_FORMAT
@pytest.mark.parametrize("lead", ["", "  ", "\u00a0\t"])
@pytest.mark.parametrize(
    "command", ["::set-output name=x::y", "##[error]y", "##vso[task.complete]y"]
)
def test_ci_obeys_nothing_that_others_wrote(format: str, command: str, lead: str) -> None:
    """It reads what we print line by line, and takes some of it for commands."""
    for bad in (lead + command, f"a\n{lead}{command}"):
        drawn = render(hostile_report(bad), format, SCREEN)
        ours = ("::error file=", "::warning file=") if format == "github" else ()
        for line in drawn.splitlines():
            assert not line.lstrip().startswith("::") or line.startswith(ours)
            assert not re.search(r"##\w*\[", line)


@EVERY_FORMAT
@given(bad=st.text(st.characters(codec=None, categories=None), max_size=30))
def test_any_text_can_be_rendered(format: str, bad: str) -> None:
    drawn = render(hostile_report(bad), format, Screen(40))
    assert not {c for c in drawn if hidden(ord(c))} - {"\n", "\t"}
    drawn.encode()


@EVERY_FORMAT
@pytest.mark.parametrize(
    "blocks", [(), (Diagnostics((), {}),), (Diagnostics((), {}, files=3),), (Fold("none", ()),)]
)
def test_nothing_to_say(format: str, blocks: tuple[Block, ...]) -> None:
    drawn = render(Report("check", {}, blocks), format, SCREEN)
    assert drawn == "" or drawn.endswith("\n")


@EVERY_FORMAT
def test_ten_thousand_diagnostics(format: str) -> None:
    source = "rules:\n  - text: be careful with the money of our customers\n" * 500
    many = tuple(
        found(f"PO{n % 30}", "error", Span(n % 999 + 1, 11, n % 999 + 1, 21), "vague", "say it")
        for n in range(10_000)
    )
    plain = [{"code": d.code, "line": d.span.line, "message": d.message} for d in many]
    report = Report("check", plain, (diagnostics(*many, source=source),))
    assert "PO29" in render(report, format, SCREEN)


@EVERY_FORMAT
def test_where_it_is_read_changes_text_alone(format: str) -> None:
    report = Report("check", {}, (MIXED,))
    wide = render(report, format, Screen(200, colour=True, links=True, root="/r"))
    assert (wide == render(report, format, Screen(30, unicode=False))) == (format != "text")
